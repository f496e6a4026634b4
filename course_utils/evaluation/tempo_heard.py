"""Hear the tempo of a played piece from its notes, whatever its file says.

The task: how many beats a minute a listener would tap, given only when notes
begin and end, how high and how loud they are. Three curves say how much
begins when: velocities; those of low notes; velocities times the root of the
length. If beats are b seconds apart, the curves are like themselves b, 2 b or
4 b seconds later, and unlike 3/4 b later; which multiples speak for b and
which against is learnt. So is how usual a tempo is: a parabola over the
logarithm of the tempo (what others call a log-Gaussian prior), moved by the
pace of the piece, for of two tempos an octave apart the faster one is more
likely when much happens in a second.

Conventions: tempos in beats per minute; one tempo a piece.
Metric: share of pieces heard within 4 % of the annotated tempo (mir_eval and
MIREX allow 8 % and take two answers); half and double are wrong.

Source: Ellis (2007), Beat tracking by dynamic programming, Journal of New
Music Research 36. Deviation: the weights of the multiples and of the prior
are learnt (a conditional logit), not set by hand.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.files import atomic_file
from course_utils.basics.paths import shipped_data_dir

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

FRAMES_PER_SECOND = 50
MAX_LAG = 12 * FRAMES_PER_SECOND
BLUR = np.exp(-(np.arange(-4, 5) ** 2) / 2)  # a frame, 20 ms, wide
LOW_PITCH = 52  # MIDI; what lies below is bass
LONG_S = 2.0  # a longer note gives no more weight
STEP = 0.006  # between two tempos that are tried, as a share
TEMPOS_BPM = np.exp(np.arange(np.log(40), np.log(200), STEP))
OCTAVES = np.log2(TEMPOS_BPM / 80)  # away from a usual tempo
MULTIPLES = np.array(
    [1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8]
)
N_CURVES = 3
PACE_FRAME_S = 0.05  # onsets that fall together make one
RIGHT = 0.015  # a tempo so near the annotated one is an answer to learn
PENALTY = 1.0  # on the squared weights; chosen by cross-validation
MAX_STEPS = 300
DIGITS = 6  # significant, of a stored number


def onset_curves(sequence: "NoteSequence") -> np.ndarray:
    """Return how much begins when, shape (3, T), 50 frames a second.

    Velocities; those of low notes; velocities by the root of the length.
    """
    start_s, length_s, pitch, velocity = _columns(sequence)
    frames = np.rint(start_s * FRAMES_PER_SECOND).astype(int)
    curves = np.zeros((N_CURVES, frames.max() + FRAMES_PER_SECOND))
    lasting = velocity * np.sqrt(np.minimum(length_s, LONG_S))
    for curve, weight in zip(
        curves,
        (velocity, velocity * (pitch < LOW_PITCH), lasting),
        strict=True,
    ):
        np.add.at(curve, frames, weight)
    return np.stack([np.convolve(curve, BLUR, "same") for curve in curves])


def autocorrelation(curve: np.ndarray) -> np.ndarray:
    """Return the mean product of a curve (T,) with itself, by lag.

    Returns
    -------
    np.ndarray, shape (MAX_LAG,)
        1 at lag 0; 0 where the curve is too short or does not vary.
    """
    n = len(curve)
    size = 1 << (n + MAX_LAG).bit_length()
    power = np.abs(np.fft.rfft(curve - curve.mean(), size)) ** 2
    products = np.fft.irfft(power, size)[:MAX_LAG]
    products[n:] = 0
    products /= np.maximum(n - np.arange(MAX_LAG), 1)
    return products / max(products[0], 1e-9)


def pace(sequence: "NoteSequence") -> np.ndarray:
    """Return how fast a piece moves, in seven ways, shape (7,), log2.

    Moments with an onset, with a low onset, and notes, per second; the
    median length of a note; median and both 20 % quantiles of the seconds
    from one moment to the next.
    """
    start_s, length_s, pitch, _ = _columns(sequence)
    total_s = max(float(start_s.max()), PACE_FRAME_S)
    moments = np.unique(np.rint(start_s / PACE_FRAME_S)) * PACE_FRAME_S
    low = np.unique(np.rint(start_s[pitch < LOW_PITCH] / PACE_FRAME_S))
    rates = np.array([len(moments), len(low) + 1, len(start_s)]) / total_s
    gaps_s = np.quantile(np.diff(moments), [0.2, 0.5, 0.8])
    length = max(float(np.median(length_s)), PACE_FRAME_S)
    return np.log2([*rates, length, *gaps_s])


def evidence(sequence: "NoteSequence") -> np.ndarray:
    """Return what speaks for each tempo, shape (C, 36 + 2 + 7).

    For each of `TEMPOS_BPM`: the three autocorrelations at `MULTIPLES` of a
    beat; the octaves from 80 a minute, and their square; the octaves times
    each number of `pace`.

    Raises
    ------
    CourseError
        If notes begin at fewer than two moments.
    """
    lags = 60 / TEMPOS_BPM[:, None] * MULTIPLES * FRAMES_PER_SECOND
    places = np.arange(MAX_LAG)
    likeness = [
        np.interp(lags, places, autocorrelation(curve), right=0)
        for curve in onset_curves(sequence)
    ]
    usual = np.stack([OCTAVES, OCTAVES**2], axis=1)
    return np.hstack([*likeness, usual, np.outer(OCTAVES, pace(sequence))])


def _columns(sequence: "NoteSequence") -> tuple[np.ndarray, ...]:
    """Return start and length in seconds, pitch and velocity of each note."""
    rows = np.array(
        [
            (n.start_time, n.end_time - n.start_time, n.pitch, n.velocity)
            for n in sequence.notes
        ]
    ).reshape(-1, 4)
    if len(rows) < 2 or np.ptp(rows[:, 0]) < 2 * PACE_FRAME_S:
        raise CourseError(
            "notes that begin at different moments, to hear a tempo",
            f"{len(rows)} notes",
            "give a longer piece",
        )
    return tuple(rows.T)


@dataclass(frozen=True)
class TempoJudge:
    """A weighing of the evidence; weights has shape (36 + 2 + 7,)."""

    weights: np.ndarray

    def tempo_bpm(self, sequence: "NoteSequence") -> float:
        """Return the tempo that the notes suggest, in beats per minute.

        Raises
        ------
        CourseError
            If notes begin at fewer than two moments.

        Taught in: notebooks/62_musical_judgement.ipynb
        """
        best = np.argmax(evidence(sequence) @ self.weights)
        return float(TEMPOS_BPM[best])


def fit_tempo_judge(
    sequences: Sequence["NoteSequence"], tempos_bpm: Sequence[float]
) -> TempoJudge:
    """Learn from pieces whose tempo somebody tapped.

    The chance of a tempo is the softmax of its weighed evidence over all
    `TEMPOS_BPM`; the chance of those within 1.5 % of the annotation is made
    as large as possible.

    Parameters
    ----------
    sequences : sequence of NoteSequence
        Times in seconds as played; tempo marks are not read.
    tempos_bpm : sequence of float
        One a piece. Pieces outside 40 to 200 are left out.

    Raises
    ------
    CourseError
        If no piece is left, or the numbers of both differ.

    References
    ----------
    McFadden (1974), Conditional logit analysis of qualitative choice
    behavior.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    pairs = list(zip(sequences, tempos_bpm, strict=False))
    right = [np.abs(TEMPOS_BPM / bpm - 1) <= RIGHT for _, bpm in pairs]
    rows = [
        evidence(s) for (s, _), y in zip(pairs, right, strict=True) if y.any()
    ]
    if not rows or len(sequences) != len(tempos_bpm):
        raise CourseError(
            "as many tempos as pieces, some of them from 40 to 200 a minute",
            f"{len(sequences)} pieces and {len(tempos_bpm)} tempos",
            "give beats per minute",
        )
    answers = np.array([y for y in right if y.any()], float)
    return TempoJudge(_conditional_logit(np.stack(rows), answers))


def _conditional_logit(rows: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return weights (K,), from evidence (N, C, K) and answers (N, C)."""
    scale = rows.reshape(-1, rows.shape[2]).std(axis=0) + 1e-9
    rows = rows / scale

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ weights
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        right = (chance * answers).sum(axis=1) + 1e-12
        wanted = chance * answers / right[:, None]
        slope = np.einsum("nc,nck->k", chance - wanted, rows)
        value = PENALTY * weights @ weights / 2 - np.log(right).sum()
        return value, slope + PENALTY * weights

    start = np.zeros(rows.shape[2])
    options = {"maxiter": MAX_STEPS}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return found.x / scale


def save_tempo_judge(judge: TempoJudge, path: Path | str) -> None:
    """Write a judge as JSON, with `DIGITS` digits a number."""
    weights = [float(f"{weight:.{DIGITS}g}") for weight in judge.weights]
    with atomic_file(path) as part:
        text = json.dumps({"weights": weights})
        part.write_text(text + "\n", encoding="utf-8")


def load_tempo_judge(path: Path | str | None = None) -> TempoJudge:
    """Read a judge; without a path the one that the course ships.

    Parameters
    ----------
    path : Path or str, optional
        From `save_tempo_judge`. The shipped one learnt from the training
        songs of POP909 (`recipes.musical_judges`): piano, velocities, pop.

    Raises
    ------
    CourseError
        If there is no such file, or it holds something else.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    path = path or shipped_data_dir() / "judges" / "tempo.json"
    path = check_file(path, "a judge of tempo")
    n_weights = N_CURVES * len(MULTIPLES) + 9
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array(content["weights"], float)
        if weights.shape != (n_weights,):
            raise ValueError(f"shape {weights.shape}")
    except BAD_CONTENT as error:
        raise CourseError(
            f"{n_weights} weights of a judge of tempo",
            f"another content in {path} ({error})",
            "write it again with save_tempo_judge",
        ) from error
    return TempoJudge(weights)
