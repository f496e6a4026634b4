"""Ways to change a piece whose effect everybody knows.

Played softer, in another key, at another tempo, by another instrument, with
its bars, pitches or samples shuffled, or replaced by another piece. For each
change it is said which questions still have the answer yes.

Taught in: notebooks/65_known_answers.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from course_utils.evaluation.feature_distances import (
    extract,
    feature_distances,
)
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.evaluation.tabular import rms
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.meter import bar_lines_s
from course_utils.symbolic.synth import sequence_to_waveform

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

RATE = 16_000  # Hz
TRUMPET = 56
SEMITONES = 3
FASTER = 1.25
SOFTER = 0.5  # of the samples: 6 dB

PIECE, KEY, TEMPO, LOUDNESS, INSTRUMENT = QUESTIONS = (
    "piece",
    "key",
    "tempo",
    "loudness",
    "instrument",
)


@dataclass(frozen=True)
class Example:
    """A piece as notes (None where the sound has none left), and as sound."""

    notes: "NoteSequence | None"
    sound: np.ndarray  # (N,), at `RATE`

    @cached_property
    def features(self) -> dict[str, np.ndarray]:
        """The ten features of the sound."""
        return extract(self.sound, FeatureConfig(RATE))

    @cached_property
    def floor(self) -> dict[str, float]:
        """How far two halves of the sound lie apart, feature by feature."""
        halves = np.array_split(self.sound, 2)
        return feature_distances(
            *(sound_alone(half).features for half in halves)
        )


@dataclass(frozen=True)
class Change:
    """One way to change a piece.

    Parameters
    ----------
    make : callable
        The piece, another piece, and an rng -> the changed example.
    same : frozenset of str
        The questions whose true answer is still yes.
    unknown : frozenset of str
        The questions that have no certain answer.
    """

    make: Callable[[Example, Example, np.random.Generator], Example]
    same: frozenset[str]
    unknown: frozenset[str] = frozenset()

    def truth(self, question: str) -> bool | None:
        """Return the true answer, or None if there is no certain one."""
        return None if question in self.unknown else question in self.same


def sound_alone(sound: np.ndarray) -> Example:
    """Return a sound whose notes nobody knows."""
    return Example(None, sound)


def played(notes: "NoteSequence") -> Example:
    """Return notes with their sound."""
    return Example(notes, sequence_to_waveform(notes, RATE))


def _copied(notes: "NoteSequence") -> "NoteSequence":
    copy = type(notes)()
    copy.CopyFrom(notes)
    return copy


def _identity(one: Example, _: Example, __: np.random.Generator) -> Example:
    return one


def _softer(one: Example, _: Example, __: np.random.Generator) -> Example:
    return replace(one, sound=one.sound * SOFTER)


def _transposed(one: Example, _: Example, __: np.random.Generator) -> Example:
    notes = _copied(one.notes)
    for note in notes.notes:
        note.pitch += SEMITONES
    return played(notes)


def _faster(one: Example, _: Example, __: np.random.Generator) -> Example:
    notes = _copied(one.notes)
    for note in notes.notes:
        note.start_time /= FASTER
        note.end_time /= FASTER
    for mark in notes.tempos:
        mark.time /= FASTER
        mark.qpm *= FASTER
    for mark in notes.time_signatures:
        mark.time /= FASTER
    notes.total_time /= FASTER
    return played(notes)


def _bars_shuffled(
    one: Example, _: Example, rng: np.random.Generator
) -> Example:
    """Play the whole bars in another order; a last short one stays last."""
    lines = [*bar_lines_s(one.notes), one.notes.total_time]
    n_bars = len(lines) - 1
    order = [*rng.permutation(n_bars - 1), n_bars - 1]
    notes = _copied(one.notes)
    del notes.notes[:]
    now = 0.0
    for bar in order:
        part = bars_between(one.notes, int(bar), 1)
        for note in part.notes:
            moved = notes.notes.add()
            moved.CopyFrom(note)
            moved.start_time += now
            moved.end_time += now
        now += lines[bar + 1] - lines[bar]
    return played(notes)


def _pitches_shuffled(
    one: Example, _: Example, rng: np.random.Generator
) -> Example:
    """Give each note the pitch of another one."""
    notes = _copied(one.notes)
    pitches = rng.permutation([note.pitch for note in notes.notes])
    for note, pitch in zip(notes.notes, pitches.tolist(), strict=True):
        note.pitch = pitch
    return played(notes)


def _trumpet(one: Example, _: Example, __: np.random.Generator) -> Example:
    notes = _copied(one.notes)
    for note in notes.notes:
        note.program = TRUMPET
    loud = played(notes)
    level = rms(one.sound) / rms(loud.sound)
    return replace(loud, sound=loud.sound * level)


def _samples_shuffled(
    one: Example, _: Example, rng: np.random.Generator
) -> Example:
    return sound_alone(rng.permutation(one.sound))


def _other(_: Example, other: Example, __: np.random.Generator) -> Example:
    return other


ALL = frozenset(QUESTIONS)
CHANGES: MappingProxyType[str, Change] = MappingProxyType(
    {
        "the same": Change(_identity, ALL),
        "6 dB softer": Change(_softer, ALL - {LOUDNESS}),
        "3 semitones up": Change(
            _transposed, ALL - {KEY}, frozenset({LOUDNESS})
        ),
        "25 % faster": Change(_faster, ALL - {TEMPO}, frozenset({LOUDNESS})),
        "on a trumpet": Change(_trumpet, ALL - {INSTRUMENT}),
        "bars shuffled": Change(_bars_shuffled, ALL - {PIECE}),
        "pitches shuffled": Change(
            _pitches_shuffled, ALL - {PIECE}, frozenset({KEY})
        ),
        "samples shuffled": Change(_samples_shuffled, frozenset({LOUDNESS})),
        "another piece": Change(
            _other,
            frozenset({INSTRUMENT}),
            frozenset({KEY, TEMPO, LOUDNESS}),
        ),
    }
)
