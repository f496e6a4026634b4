"""Hear in which of four kinds of meter a piece is, from its notes alone.

The task: which of the four classes that music theory tells apart fits a
piece: beats in twos or fours (2/4, 2/2, 4/4), in threes (3/4, 3/2), in twos
or fours of which each falls in three (6/8, 12/8), in threes of which each
falls in three (9/8). 2/4 and 4/4 are one class on purpose: where a bar line
stands between them is a choice of the writer, not of the ear. So is 3/8
against 6/8; 3/8 and all other meters belong to no class here.

Conventions: notes are read on the 16th grid of the sequence's tempos, as
`meter_heard` does; no time signature and no velocity is read. A file whose
tempos know nothing of its beats (`symbolic.meter.lies_on_grid` is false)
cannot be judged. A logistic regression in several classes learns from pieces
whose written meter is right; each class weighs the same, however rare it is.
Metric: share of pieces heard right, on pieces that the judge did not learn
from, and the table of what was taken for what.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.files import atomic_file
from course_utils.basics.paths import shipped_data_dir
from course_utils.evaluation.meter_heard import self_likeness
from course_utils.symbolic.meter import meters_of

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

KINDS = ("two or four", "three", "six", "nine")
BY_METER = {
    **dict.fromkeys(
        [(2, 2), (2, 4), (4, 2), (4, 4), (2, 8), (4, 8)], KINDS[0]
    ),
    **dict.fromkeys([(3, 2), (3, 4)], KINDS[1]),
    **dict.fromkeys([(6, 8), (12, 8)], KINDS[2]),
    (9, 8): KINDS[3],
}
IN_THREES = KINDS[1:]  # what `meter_heard` calls triple
PENALTY = 1.0  # on the squared weights; chosen on validation pieces
MAX_STEPS = 300
DIGITS = 5  # significant, of a stored number


def written_kind(sequence: "NoteSequence") -> str | None:
    """Return the kind of the written meter.

    Returns
    -------
    str or None
        One of `KINDS`; None if the meter belongs to none, or if the piece
        has meters of several kinds. Without a time signature 4/4 holds.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    kinds = {
        BY_METER.get((meter.numerator, meter.denominator))
        for meter in meters_of(sequence)
    }
    return kinds.pop() if len(kinds) == 1 else None


@dataclass(frozen=True)
class KindJudge:
    """A logistic regression that hears the kind of a meter.

    Parameters
    ----------
    kinds : tuple of str, length n
        Those it learnt.
    mean, scale : np.ndarray, shape (K,)
        Of what `meter_heard.self_likeness` returns, over the pieces learnt
        from.
    weights : np.ndarray, shape (K + 1, n)
        The last row is added.
    """

    kinds: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    def chances(self, sequence: "NoteSequence") -> dict[str, float]:
        """Return kind -> how sure the judge is of it; they sum to 1."""
        return self.chances_of(self_likeness(sequence))

    def chances_of(self, row: np.ndarray) -> dict[str, float]:
        """Return the same from what `self_likeness` says of a piece."""
        place = (row - self.mean) / self.scale
        chance = _softmax(place @ self.weights[:-1] + self.weights[-1])
        return dict(zip(self.kinds, chance.tolist(), strict=True))

    def kind(self, sequence: "NoteSequence") -> str:
        """Return the kind of meter that the notes sound like."""
        chances = self.chances(sequence)
        return max(chances, key=chances.get)

    def is_triple(self, sequence: "NoteSequence") -> bool:
        """Return whether bars or beats go in threes, as `MeterJudge` says."""
        return self.kind(sequence) in IN_THREES


def fit_kind_judge(
    sequences: Sequence["NoteSequence"], penalty: float = PENALTY
) -> KindJudge:
    """Learn from pieces whose written meter is right.

    Pieces without one kind of meter are left out. Else as `learn_kinds`.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    labelled = [(s, written_kind(s)) for s in sequences]
    labelled = [(s, kind) for s, kind in labelled if kind is not None]
    rows = [self_likeness(sequence) for sequence, _ in labelled]
    return learn_kinds(rows, [kind for _, kind in labelled], penalty)


def learn_kinds(
    rows: Sequence[np.ndarray],
    kinds: Sequence[str],
    penalty: float = PENALTY,
) -> KindJudge:
    """Learn from what `meter_heard.self_likeness` says of pieces.

    Parameters
    ----------
    rows : sequence of np.ndarray, shape (K,)
        One a piece.
    kinds : sequence of str
        Of each piece, from `KINDS`.
    penalty : float
        On the squared weights, of standardised inputs.

    Returns
    -------
    KindJudge
        Of the kinds that occur.

    Raises
    ------
    CourseError
        If fewer than two kinds occur.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    counts = Counter(kinds)
    known = tuple(kind for kind in KINDS if kind in counts)
    if len(known) < 2:
        raise CourseError(
            "pieces in at least two kinds of meter to learn from",
            dict(counts),
            "give more pieces",
        )
    table = np.stack(rows)
    mean, scale = table.mean(axis=0), table.std(axis=0) + 1e-6
    inputs = np.column_stack([(table - mean) / scale, np.ones(len(table))])
    labels = np.array([known.index(kind) for kind in kinds])
    weights = _regression(inputs, labels, penalty)
    return KindJudge(known, mean, scale, weights)


def _regression(
    inputs: np.ndarray, labels: np.ndarray, penalty: float
) -> np.ndarray:
    """Return weights (K + 1, n) of a penalised logistic regression."""
    target = np.eye(labels.max() + 1)[labels]
    n_kinds = target.shape[1]
    importance = (1 / (n_kinds * target.mean(axis=0)))[labels]
    strength = np.full((inputs.shape[1], 1), penalty)
    strength[-1] = 1e-6  # the last row is the constant

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(-1, n_kinds)
        chance = _softmax(inputs @ weights)
        right = (chance * target).sum(axis=1)
        value = -(importance * np.log(right + 1e-12)).sum()
        value += (strength * weights**2).sum() / 2
        slope = inputs.T @ (importance[:, None] * (chance - target))
        return value, (slope + strength * weights).ravel()

    start = np.zeros(inputs.shape[1] * n_kinds)
    options = {"maxiter": MAX_STEPS}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(-1, n_kinds)


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Return chances along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)


def save_kind_judge(judge: KindJudge, path: Path | str) -> None:
    """Write a judge as JSON, with `DIGITS` digits a number."""
    content = {
        "kinds": list(judge.kinds),
        "mean": _rounded(judge.mean),
        "scale": _rounded(judge.scale),
        "weights": [_rounded(row) for row in judge.weights],
    }
    with atomic_file(path) as part:
        part.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _rounded(row: np.ndarray) -> list[float]:
    """Return numbers with few digits, for a small file."""
    return [float(f"{number:.{DIGITS}g}") for number in row]


def load_kind_judge(path: Path | str | None = None) -> KindJudge:
    """Read a judge; without a path the one that the course ships.

    Parameters
    ----------
    path : Path or str, optional
        From `save_kind_judge`. The shipped one learnt from the training
        chorales and folk tunes (`recipes.musical_judges`).

    Raises
    ------
    CourseError
        If there is no such file, or it holds something else.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    path = path or shipped_data_dir() / "judges" / "meter.json"
    path = check_file(path, "a judge of meter")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        judge = KindJudge(
            tuple(content["kinds"]),
            *(np.array(content[k], float) for k in ("mean", "scale")),
            np.array(content["weights"], float),
        )
        fits = judge.weights.shape == (len(judge.mean) + 1, len(judge.kinds))
        if not fits or judge.mean.shape != judge.scale.shape:
            raise ValueError("shapes that do not fit")
    except BAD_CONTENT as error:
        raise CourseError(
            "kinds, mean, scale and weights of a judge of meter",
            f"another content in {path} ({error})",
            "write it again with save_kind_judge",
        ) from error
    return judge
