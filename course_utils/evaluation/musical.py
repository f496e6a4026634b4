"""What a musician asks first: meter, tempo, key, loudness, how many notes.

Thin on purpose: meter and tempo are read where the file writes them, not
heard. A generator that writes "3/4" and plays in four passes here; what the
notes themselves say is heard by `meter_kinds` and `tempo_heard`.

Everything takes a NoteSequence (times in seconds); loudness takes samples.

Taught in: notebooks/61_mir_features.ipynb
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation.tabular import rms

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

# fmt: off
# Krumhansl & Kessler (1982): how well listeners found that each pitch class
# fits after a key was set up, counted from the tonic in semitones.
PROFILES = {
    "major": np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09,
                       2.52, 5.19, 2.39, 3.66, 2.29, 2.88]),
    "minor": np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53,
                       2.54, 4.75, 3.98, 2.69, 3.34, 3.17]),
}
# Albrecht & Shanahan (2013): how much each pitch class sounds in scores of a
# known key, as shares. On chorales that were not used to choose between them
# they name the written key more often than the profiles above
# (`recipes.musical_judges`).
ALBRECHT_SHANAHAN = {
    "major": np.array([0.238, 0.006, 0.111, 0.006, 0.137, 0.094,
                       0.016, 0.214, 0.009, 0.080, 0.008, 0.081]),
    "minor": np.array([0.220, 0.006, 0.104, 0.123, 0.019, 0.103,
                       0.012, 0.214, 0.062, 0.022, 0.061, 0.052]),
}
# The spelling with fewer sharps or flats in the key signature.
TONICS = {
    "major": ("C", "Db", "D", "Eb", "E", "F",
              "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F",
              "F#", "G", "G#", "A", "Bb", "B"),
}
# fmt: on


def meter(sequence: "NoteSequence") -> str | None:
    """Return the time signature written in the file, such as "3/4".

    Returns
    -------
    str or None
        If there are several, the one in force for the longest time. None if
        none is written (MIDI then means 4/4, but nobody said so).

    Taught in: notebooks/61_mir_features.ipynb
    """
    held = Counter()
    for signature, seconds in _spans(sequence, sequence.time_signatures):
        held[f"{signature.numerator}/{signature.denominator}"] += seconds
    return max(held, key=held.get, default=None)


def tempo_bpm(sequence: "NoteSequence") -> float | None:
    """Return the tempo written in the file, in quarter notes per minute.

    Returns
    -------
    float or None
        If it changes, the mean over time: quarter notes in the piece divided
        by its minutes. None if none is written (MIDI then means 120).

    Taught in: notebooks/61_mir_features.ipynb
    """
    spans = _spans(sequence, sequence.tempos)
    if not spans:
        return None
    total = sum(seconds for _, seconds in spans)
    if total == 0:
        return float(spans[-1][0].qpm)
    return sum(tempo.qpm * seconds for tempo, seconds in spans) / total


def pitch_class_profile(sequence: "NoteSequence") -> np.ndarray:
    """Return for how long each pitch class sounds, in seconds.

    Returns
    -------
    np.ndarray, shape (12,)
        C, C sharp, ... B. Two notes at once count twice; drums do not count.

    Taught in: notebooks/61_mir_features.ipynb
    """
    profile = np.zeros(12)
    for note in sequence.notes:
        if not note.is_drum:
            profile[note.pitch % 12] += note.end_time - note.start_time
    return profile


def key_correlations(
    profile: np.ndarray, profiles: Mapping[str, np.ndarray] = PROFILES
) -> dict[str, float]:
    """Correlate a pitch-class profile with those of the 24 keys.

    Parameters
    ----------
    profile : np.ndarray, shape (12,)
        From `pitch_class_profile`.
    profiles : mapping
        "major" and "minor" -> shape (12,), from the tonic up: `PROFILES` or
        `ALBRECHT_SHANAHAN`.

    Returns
    -------
    dict
        Key, such as "Eb major" -> Pearson correlation in [-1, 1]. Empty if
        all pitch classes are equally strong, for then no key stands out.

    References
    ----------
    Krumhansl (1990), Cognitive Foundations of Musical Pitch, chapter 4 (the
    Krumhansl-Schmuckler algorithm). Albrecht & Shanahan (2013), The use of
    large corpora to train a new type of key-finding algorithm, Music
    Perception 31. Deviation: they compare by distance, not correlation.

    Taught in: notebooks/61_mir_features.ipynb
    """
    if np.ptp(profile) == 0:
        return {}
    return {
        f"{TONICS[mode][tonic]} {mode}": float(
            np.corrcoef(profile, np.roll(expected, tonic))[0, 1]
        )
        for mode, expected in profiles.items()
        for tonic in range(12)
    }


def key(
    sequence: "NoteSequence", profiles: Mapping[str, np.ndarray] = PROFILES
) -> str | None:
    """Return the key whose profile fits best, such as "C minor".

    One key for the whole piece. Its errors are typically a fifth away, or
    the relative or parallel key: neighbours that share most notes.
    `profiles` as in `key_correlations`.

    Returns
    -------
    str or None
        None if no key stands out, as without pitched notes.

    Taught in: notebooks/61_mir_features.ipynb
    """
    fits = key_correlations(pitch_class_profile(sequence), profiles)
    return max(fits, key=fits.get, default=None)


def n_notes(sequence: "NoteSequence") -> int:
    """Return how many notes there are, drums included."""
    return len(sequence.notes)


def loudness_db(waveform: np.ndarray) -> float:
    """Return the RMS level of samples of shape (N,), in dB re full scale.

    A square wave between -1 and 1 has 0 dB, a full-scale sine -3.01 dB.
    Deviation: no weighting by the ear's sensitivity, as LUFS has it.

    Raises
    ------
    CourseError
        If the waveform is silent, empty, not mono or not finite.

    Taught in: notebooks/61_mir_features.ipynb
    """
    level = rms(waveform)
    if level == 0:
        raise CourseError(
            "a recording that sounds",
            "silence: every sample is 0",
            "check that it was rendered, and with notes in it",
        )
    return 20 * math.log10(level)


def _spans(
    sequence: "NoteSequence", marks: Sequence
) -> list[tuple[object, float]]:
    """Return each mark with the seconds for which it is in force."""
    end_s = max((note.end_time for note in sequence.notes), default=0.0)
    marks = sorted(marks, key=lambda mark: mark.time)
    times = [min(mark.time, end_s) for mark in marks] + [end_s]
    held = [end - start for start, end in pairwise(times)]
    return list(zip(marks, held, strict=True))
