"""How a piece comes back to itself: every bar beside every other bar.

Two bars are alike when the same pitch classes sound at the same places. What
sounds is compared, not what is struck, because some encodings lose whether a
note was repeated or held (see `symbolic.chorale`). A repeated part draws a
line beside the diagonal of the picture, a bar that is played again and again
a dark square.

Source: Foote (1999), Visualizing music and audio using self-similarity, ACM
Multimedia. Deviation: bars of notes are compared, not frames of sound.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation.meter_heard import pitch_class_roll
from course_utils.symbolic.meter import step_positions
from course_utils.symbolic.polyphony import sequence_to_roll

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


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
        Its written bars are used; drums are not read.

    Returns
    -------
    np.ndarray, shape (n_bars, n_bars), float64
        `overlap` of what sounds in two bars, as (sixteenth of the bar, pitch
        class); symmetric, 1 on the diagonal. Bars in which nothing sounds
        are like no other bar.

    Raises
    ------
    CourseError
        If there is no pitched note.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    bars = bars_sounding(sequence)
    likeness = np.array([[overlap(a, b) for b in bars] for a in bars])
    np.fill_diagonal(likeness, 1.0)
    return likeness


def bars_sounding(sequence: "NoteSequence") -> list[frozenset]:
    """Return what sounds in each bar: (sixteenth of the bar, pitch class)."""
    classes = pitch_class_roll(sequence_to_roll(sequence)[1])  # (T, 12)
    positions = step_positions(sequence, len(classes))
    bars: list[set] = [set() for _ in range(int(positions[-1, 0]) + 1)]
    for step, pitch_class in np.argwhere(classes):
        bar, _, place = positions[step]
        bars[bar].add((int(place), int(pitch_class)))
    return [frozenset(bar) for bar in bars]


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
