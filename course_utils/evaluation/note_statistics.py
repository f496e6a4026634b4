"""Statistics of the notes of a piece: pitch, rhythm, texture, loudness.

Descriptions, not marks: none says that a piece is good, and noise can hit
each of them. Compare sets of pieces (`overlapped_area`), real beside
generated, in one feature at a time.

Conventions: drums do not count. Nothing is read from a time signature, and
the pedal is not written into the notes. Steps are those of the 16th grid of
the sequence's tempos; a note lasts one step at least. Histograms are shares
that sum to 1; entropies are in bits. A piece without pitched note is refused.

Sources: Yang and Lerch (2020), On the evaluation of generative models in
music (histograms, range, inter-onset intervals); Wu and Yang (2020), The Jazz
Transformer on the front line (entropy, groove); Mogren (2016), C-RNN-GAN
(scale consistency, polyphony, repetition); Dong et al. (2020), MusPy, whose
figures these equal where a docstring does not say otherwise.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.symbolic.meter import quantise
from course_utils.symbolic.polyphony import sequence_to_roll

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

LEAP = 12  # semitones; wider intervals count as so wide
LONGEST = 16  # steps; longer lengths count as so long
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # major, minor
STEPS_PER_BAR = 16  # of 4/4


def pitch_class_histogram(sequence: "NoteSequence") -> np.ndarray:
    """Return the share of notes of each pitch class, shape (12,), C first.

    Notes are counted, not seconds; `musical.pitch_class_profile` weighs by
    length.
    """
    pitches = _pitches(sequence)
    return np.bincount(pitches % 12, minlength=12) / len(pitches)


def pitch_class_entropy(sequence: "NoteSequence") -> float:
    """Return how evenly pitch classes are used, 0 to log2(12) = 3.58 bits.

    Source: Wu and Yang (2020), equation 1, over the whole piece.
    """
    return entropy_bits(pitch_class_histogram(sequence))


def pitch_entropy(sequence: "NoteSequence") -> float:
    """Return how evenly pitches are used, 0 to 7 bits."""
    pitches = _pitches(sequence)
    return entropy_bits(np.bincount(pitches) / len(pitches))


def entropy_bits(shares: np.ndarray) -> float:
    """Return -sum p log2 p of shares that sum to 1; 0 log 0 is 0."""
    present = shares[shares > 0]
    return abs(float(present @ np.log2(present)))


def pitch_range(sequence: "NoteSequence") -> float:
    """Return the highest pitch minus the lowest, in semitones."""
    return float(np.ptp(_pitches(sequence)))


def n_pitches(sequence: "NoteSequence") -> float:
    """Return how many different pitches are used, 1 to 128."""
    return float(len(np.unique(_pitches(sequence))))


def interval_histogram(sequence: "NoteSequence") -> np.ndarray:
    """Return the share of each step of the upper line.

    Shape (2 * LEAP + 1,), from -12 to 12 semitones, between the highest notes
    of moments that follow each other; a wider leap counts as an octave. Zeros
    if notes begin at one moment only.
    """
    top = [pitch for _, pitch in _upper_line(sequence)]
    steps = np.clip(np.diff(top), -LEAP, LEAP).astype(int) + LEAP
    return _shares(steps, 2 * LEAP + 1)


def polyphony(sequence: "NoteSequence") -> float:
    """Return how many pitches sound at once, where any does, 1 or more."""
    sounding = _sounding(sequence)
    return float(sounding[sounding > 0].mean())


def polyphony_rate(sequence: "NoteSequence") -> float:
    """Return the share of steps in which two pitches or more sound, 0 to 1.

    MusPy counts those with more than its threshold, 2 if it is not told:
    this is its figure at threshold 1.
    """
    return float(np.mean(_sounding(sequence) >= 2))


def note_density(sequence: "NoteSequence") -> float:
    """Return notes per second, from the first onset to the last end."""
    notes = _notes(sequence)
    start_s = min(note.start_time for note in notes)
    end_s = max(note.end_time for note in notes)
    check_range("length of the piece", end_s - start_s, 1e-6, np.inf, "s")
    return len(notes) / (end_s - start_s)


def groove_consistency(
    sequence: "NoteSequence", steps_per_bar: int = STEPS_PER_BAR
) -> float:
    """Return how alike the rhythms of bars that follow each other are.

    A bar's rhythm is a row of 0 and 1: whether anything begins in each step.
    1 minus the share of steps in which two neighbours differ, in the mean.
    Rows that are mostly 0 are alike whatever they hold, so the figure grows
    with the number of steps: at the ticks of a MIDI file it is close to 1
    for any piece. Compare only figures of one grid.

    Parameters
    ----------
    sequence : NoteSequence
        Bars are counted from time 0.
    steps_per_bar : int
        Sixteenths: 16 in 4/4, 12 in 3/4. Deviation: MusPy adds an empty bar
        where a piece ends on a bar line.

    Raises
    ------
    CourseError
        If the piece has fewer than two bars.
    """
    check_range("steps_per_bar", steps_per_bar, 1, 1024)
    starts, ends = _steps(sequence)
    n_bars = -(-int(ends.max()) // steps_per_bar)
    check_range("bars of the piece", n_bars, 2, np.inf)
    bars = np.zeros(n_bars * steps_per_bar, bool)
    bars[starts] = True
    bars = bars.reshape(n_bars, steps_per_bar)
    return 1.0 - float(np.mean(bars[1:] != bars[:-1]))


def scale_consistency(sequence: "NoteSequence") -> float:
    """Return the share of notes in the best of 24 scales, 0 to 1.

    Major and natural minor scales on twelve tonics; seven of the twelve
    pitch classes are in each, so chance gives a little more than 7/12.
    """
    shares = pitch_class_histogram(sequence)
    fits = [
        np.roll(shares, -tonic)[list(scale)].sum()
        for scale in SCALES
        for tonic in range(12)
    ]
    return float(max(fits))


def repetition(sequence: "NoteSequence", n_notes: int = 4) -> float:
    """Return how much of the upper line has come before, 0 to 1.

    All groups of `n_notes` notes of the upper line are taken, as intervals
    and steps between onsets, so that a transposed phrase is the same. The
    share of groups of which an equal one came earlier. Source: Mogren
    (2016), who counts pitches only. A line without a group is refused.
    """
    moves = [
        (pitch - before, step - last)
        for (last, before), (step, pitch) in pairwise(_upper_line(sequence))
    ]
    n_moves = n_notes - 1
    check_range("notes of a group", n_notes, 2, len(moves) + 1)
    groups = [
        tuple(moves[i : i + n_moves]) for i in range(len(moves) - n_moves + 1)
    ]
    return 1 - len(set(groups)) / len(groups)


def inter_onset_histogram(sequence: "NoteSequence") -> np.ndarray:
    """Return the share of steps from one moment with an onset to the next.

    Shape (LONGEST,): 1 to 16 sixteenths; longer counts as 16. Zeros if notes
    begin at one moment only.
    """
    gaps = np.diff(np.unique(_steps(sequence)[0]))
    return _shares(np.minimum(gaps, LONGEST) - 1, LONGEST)


def note_length_histogram(sequence: "NoteSequence") -> np.ndarray:
    """Return the share of notes of 1 to 16 sixteenths and more, (LONGEST,)."""
    starts, ends = _steps(sequence)
    return _shares(np.minimum(ends - starts, LONGEST) - 1, LONGEST)


def loudness(sequence: "NoteSequence") -> float:
    """Return the mean velocity, 1 to 127: how hard keys are struck.

    The level of a sound is another thing: `musical.loudness_db`.
    """
    return float(np.mean([note.velocity for note in _notes(sequence)]))


def loudness_spread(sequence: "NoteSequence") -> float:
    """Return the standard deviation of the velocities; 0: all are equal."""
    return float(np.std([note.velocity for note in _notes(sequence)]))


Statistic = Callable[["NoteSequence"], "float | np.ndarray"]
STATISTICS: MappingProxyType[str, tuple[Statistic, str]] = MappingProxyType(
    {
        "pitch classes": (pitch_class_histogram, "share of notes"),
        "pitch-class entropy": (pitch_class_entropy, "bits"),
        "pitch entropy": (pitch_entropy, "bits"),
        "pitch range": (pitch_range, "semitones"),
        "pitches used": (n_pitches, "pitches"),
        "intervals": (interval_histogram, "share of moves"),
        "polyphony": (polyphony, "pitches at once"),
        "polyphony rate": (polyphony_rate, "share of sixteenths"),
        "note density": (note_density, "notes per second"),
        "groove consistency": (groove_consistency, "share of sixteenths"),
        "scale consistency": (scale_consistency, "share of notes"),
        "repetition": (repetition, "share of groups of notes"),
        "inter-onset intervals": (inter_onset_histogram, "share of gaps"),
        "note lengths": (note_length_histogram, "share of notes"),
        "loudness": (loudness, "velocity"),
        "loudness spread": (loudness_spread, "velocity"),
    }
)


def statistics_of(
    sequences: Iterable["NoteSequence"],
) -> dict[str, np.ndarray]:
    """Return all of `STATISTICS` of a set, for `overlapped_area`.

    Returns
    -------
    dict
        Name -> np.ndarray, shape (pieces,) or, of a histogram, (pieces, D).

    Raises
    ------
    CourseError
        If a piece has no pitched note, or is too short for one of them.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    pieces = list(sequences)
    return {
        name: np.array([compute(piece) for piece in pieces])
        for name, (compute, _) in STATISTICS.items()
    }


def _notes(sequence: "NoteSequence") -> list:
    """Return the pitched notes."""
    notes = [note for note in sequence.notes if not note.is_drum]
    if not notes:
        raise CourseError(
            "at least one pitched note",
            f"{len(sequence.notes)} notes, none of them pitched",
            "choose another piece; drums are not counted",
        )
    return notes


def _pitches(sequence: "NoteSequence") -> np.ndarray:
    """Return the pitch of every note, shape (n,), int64."""
    return np.array([note.pitch for note in _notes(sequence)])


def _steps(sequence: "NoteSequence") -> tuple[np.ndarray, np.ndarray]:
    """Return the first step, and that after the last, of every note."""
    notes = _notes(quantise(sequence))
    starts = [note.quantized_start_step for note in notes]
    return np.array(starts), np.array([n.quantized_end_step for n in notes])


def _upper_line(sequence: "NoteSequence") -> list[tuple[int, int]]:
    """Return step and pitch of the highest note of each moment."""
    starts, pitches = _steps(sequence)[0].tolist(), _pitches(sequence).tolist()
    return list(dict(sorted(zip(starts, pitches, strict=True))).items())


def _sounding(sequence: "NoteSequence") -> np.ndarray:
    """Return how many pitches sound in each step, shape (T,)."""
    end = _steps(sequence)[1].max()
    return sequence_to_roll(sequence, pedal=False)[1][:end].sum(axis=1)


def _shares(places: np.ndarray, n: int) -> np.ndarray:
    """Return the share of each place; zeros if there is none."""
    return np.bincount(places, minlength=n) / max(len(places), 1)
