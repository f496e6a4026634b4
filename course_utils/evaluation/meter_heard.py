"""Hear the meter of a piece from its notes, whatever its file has written.

The task: does a bar have two or four beats, or three? Nothing but the notes
is read, on the 16th grid: no time signature, and no velocity, for a score has
none. Bars repeat: so several accents (how much begins on a step, how long it
lasts, whether the bass or the harmony changes) are compared with themselves
some sixteenths later. A logistic regression learns from real pieces which
distances speak for three and which for four.
Metric: share of pieces heard right, on pieces that the judge did not learn
from. Print it beside whatever the judge says of generated music.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.symbolic.meter import meters_of, quantise
from course_utils.symbolic.pedal import apply_pedal
from course_utils.symbolic.polyphony import sequence_to_roll

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

LAGS = range(2, 66, 2)  # sixteenths; up to four bars of 4/4
MARGIN = 8  # steps that must be left to compare at the longest lag
N_PITCH_CLASSES = 12
PENALTY = 10.0  # on the squared weights
NEWTON_STEPS = 30
TRIPLE = (3, 6, 9)  # numerators of a bar in threes


def written_triple(sequence: "NoteSequence") -> bool | None:
    """Return whether the written meter goes in threes; None if it changes."""
    kinds = {meter.numerator in TRIPLE for meter in meters_of(sequence)}
    return kinds.pop() if len(kinds) == 1 else None


def accents(sequence: "NoteSequence") -> np.ndarray:
    """Return six accents of every sixteenth step, shape (T, 6), float64.

    Square roots of durations begun, summed; the longest of them; that of the
    lowest note; new pitch classes; whether the bass moves; whether it is
    struck. Each has mean 0 and variance 1 over the piece.
    """
    sequence = apply_pedal(sequence)
    struck, sounding = sequence_to_roll(sequence)
    n_steps = len(struck)
    lowest = np.where(sounding.any(axis=1), sounding.argmax(axis=1), -1)
    begun, longest, bass = np.zeros((3, n_steps))
    for note in quantise(sequence).notes:
        step = note.quantized_start_step
        if note.is_drum:
            continue
        length = np.sqrt(note.quantized_end_step - step)
        begun[step] += length
        longest[step] = max(longest[step], length)
        if note.pitch == lowest[step]:
            bass[step] = max(bass[step], length)
    classes = pitch_class_roll(sounding)
    arrived = np.zeros(n_steps)
    arrived[1:] = np.maximum(classes[1:] - classes[:-1], 0).sum(axis=1)
    moves = np.zeros(n_steps)
    moves[1:] = lowest[1:] != lowest[:-1]
    on_bass = struck[np.arange(n_steps), lowest] & (lowest >= 0)
    rows = np.stack([begun, longest, bass, arrived, moves, on_bass], axis=1)
    return (rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-6)


def pitch_class_roll(sounding: np.ndarray) -> np.ndarray:
    """Fold a roll (T, 128) into pitch classes, shape (T, 12), float64."""
    classes = range(N_PITCH_CLASSES)
    folded = [sounding[:, k::N_PITCH_CLASSES].any(axis=1) for k in classes]
    return np.stack(folded, axis=1).astype(np.float64)


def self_likeness(sequence: "NoteSequence") -> np.ndarray:
    """Return how alike a piece is to itself some sixteenths later.

    Returns
    -------
    np.ndarray, shape (7 * 32,)
        Autocorrelation of each accent, and of the pitch classes, at each of
        `LAGS`; 0 where the piece is too short for it.
    """
    curves = [curve[:, None] for curve in accents(sequence).T]
    classes = pitch_class_roll(sequence_to_roll(sequence)[1])
    classes -= classes.mean(axis=0)
    size = np.sqrt((classes**2).sum(axis=1).mean()) + 1e-9
    return np.concatenate(
        [_autocorrelation(curve) for curve in [*curves, classes / size]]
    )


def _autocorrelation(curve: np.ndarray) -> list[float]:
    """Return the mean product of a curve (T, n) with itself, at each lag."""
    enough = len(curve) - MARGIN
    return [
        float((curve[lag:] * curve[:-lag]).sum(axis=1).mean())
        if lag < enough
        else 0.0
        for lag in LAGS
    ]


@dataclass(frozen=True)
class MeterJudge:
    """A logistic regression that hears whether bars go in threes.

    Parameters
    ----------
    mean, scale : np.ndarray, shape (K,)
        Of what `self_likeness` returns, over the pieces learnt from.
    weights : np.ndarray, shape (K + 1,)
        The last one is added.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    def is_triple(self, sequence: "NoteSequence") -> bool:
        """Return whether the notes sound as if bars had three beats."""
        place = (self_likeness(sequence) - self.mean) / self.scale
        return bool(place @ self.weights[:-1] + self.weights[-1] > 0)


def fit_meter_judge(sequences: Sequence["NoteSequence"]) -> MeterJudge:
    """Learn from pieces whose written meter is right.

    Both kinds of meter weigh the same, however rare one is.

    Parameters
    ----------
    sequences : sequence of NoteSequence
        Pieces whose meter changes between threes and fours are left out.

    Raises
    ------
    CourseError
        If one of the two kinds is missing.
    """
    labelled = [(s, written_triple(s)) for s in sequences]
    labelled = [(s, label) for s, label in labelled if label is not None]
    labels = np.array([label for _, label in labelled], bool)
    if not (labels.any() and not labels.all()):
        raise CourseError(
            "pieces in three and pieces in two or four to learn from",
            f"{int(labels.sum())} in three, {int((~labels).sum())} others",
            "give more pieces",
        )
    rows = np.stack([self_likeness(sequence) for sequence, _ in labelled])
    shares = np.where(labels, labels.mean(), 1 - labels.mean())
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    inputs = np.column_stack([(rows - mean) / scale, np.ones(len(rows))])
    weights = _logistic(inputs, labels.astype(float), 0.5 / shares)
    return MeterJudge(mean, scale, weights)


def _logistic(
    inputs: np.ndarray, labels: np.ndarray, importance: np.ndarray
) -> np.ndarray:
    """Return the weights of a penalised logistic regression (Newton)."""
    weights = np.zeros(inputs.shape[1])
    penalty = np.full(len(weights), PENALTY)
    penalty[-1] = 1e-6  # the last weight is the constant
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (importance * (chance - labels))
        slope += penalty * weights
        bend = inputs * (importance * chance * (1 - chance))[:, None]
        curvature = bend.T @ inputs + np.diag(penalty)
        weights -= np.linalg.solve(curvature, slope)
    return weights
