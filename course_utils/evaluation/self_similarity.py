"""How a piece comes back to itself: every bar beside every other bar.

Two bars are alike when they strike the same pitch classes at the same places.
A repeated part draws a line beside the diagonal of the picture, a bar that is
played again and again a dark square.

Source: Foote (1999), Visualizing music and audio using self-similarity, ACM
Multimedia. Deviation: bars of notes are compared, not frames of sound.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation.kept import bars_of

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_PITCH_CLASSES = 12


def overlap(first: frozenset, second: frozenset) -> float:
    """Return the share of two sets that both have, 0 to 1.

    The size of what they share over the size of all that is in either
    (Jaccard); 0 if both are empty.
    """
    either = len(first | second)
    return len(first & second) / either if either else 0.0


def self_similarity(sequence: "NoteSequence") -> np.ndarray:
    """Compare every bar of a piece with every bar.

    Parameters
    ----------
    sequence : NoteSequence
        Its written bars are used. Drums count as notes.

    Returns
    -------
    np.ndarray, shape (n_bars, n_bars), float64
        `overlap` of what two bars strike, as (sixteenth of the bar, pitch
        class); symmetric, 1 on the diagonal. Bars in which nothing is
        struck are like no other bar.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    bars = [
        frozenset((place, pitch % N_PITCH_CLASSES) for place, pitch in bar)
        for bar in bars_of(sequence)
    ]
    likeness = np.array([[overlap(a, b) for b in bars] for a in bars])
    np.fill_diagonal(likeness, 1.0)
    return likeness


def returning(likeness: np.ndarray, apart: int = 2) -> float:
    """Return how much of a piece has been heard before.

    Parameters
    ----------
    likeness : np.ndarray, shape (n_bars, n_bars)
        From `self_similarity`. The more bars, the more can be alike: compare
        pieces of the same number of bars.
    apart : int
        Bars nearer than this do not count: a bar that only goes on is no
        return.

    Returns
    -------
    float
        Each bar's likeness to the earlier bar that is most like it; the
        mean over the bars that have an earlier one so far away.

    Raises
    ------
    CourseError
        If no two bars are so far apart.
    """
    n_bars = len(likeness)
    if not 1 <= apart < n_bars:
        raise CourseError(
            f"bars that are {apart} apart, 1 or more",
            f"{n_bars} bars",
            "take a longer piece, or a smaller distance",
        )
    best = [likeness[i, : i - apart + 1].max() for i in range(apart, n_bars)]
    return float(np.mean(best))
