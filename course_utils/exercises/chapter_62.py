"""Exercises of chapter 62: nearness of keys, a bar's length, an entropy.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.exercises.check import Wrong, exercise

KEYS = (
    ((0, "major", 0, "major"), 1.0, "C major and C major"),
    ((0, "major", 7, "major"), 0.5, "C major and G major"),
    ((0, "major", 5, "major"), 0.0, "C major and F major, a fifth below"),
    ((9, "minor", 4, "minor"), 0.5, "A minor and E minor"),
    ((0, "major", 9, "minor"), 0.3, "C major and A minor"),
    ((9, "minor", 0, "major"), 0.3, "A minor and C major"),
    ((10, "major", 7, "minor"), 0.3, "B flat major and G minor"),
    ((2, "minor", 2, "major"), 0.2, "D minor and D major"),
    ((0, "major", 6, "minor"), 0.0, "C major and F sharp minor"),
)


@exercise(
    "62.1",
    hints=(
        "(other - tonic) % 12 says how many semitones above the first the "
        "second tonic lies.",
        "A fifth above is 7 semitones; it counts in the same mode only.",
        "The relative minor of a major key lies 9 semitones above it, the "
        "relative major of a minor key 3.",
    ),
)
def mirex(answer: Callable[[int, str, int, str], float]) -> None:
    """Take a function of two keys giving a score."""
    for keys, expected, name in KEYS:
        got = float(answer(*keys))
        if not np.isclose(got, expected):
            raise Wrong(
                f"For {name} the score is {expected}; your function says "
                f"{got}."
            )


@exercise(
    "62.2",
    hints=(
        "Subtract the mean of the row first.",
        "row[lag:] * row[:-lag] pairs each sixteenth with the one lag later.",
        "Take means, not sums: the longer lag has fewer pairs.",
    ),
)
def bar_length(answer: Callable[[Sequence[float]], int]) -> None:
    """Take a function of accents giving 12 or 16."""
    waltz = np.tile([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 8)
    march = np.tile([3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0], 6)
    short = np.tile([4, 0, 1, 0, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0], 2)
    cases = (
        (waltz, 12, "a waltz"),
        (march, 16, "a march"),
        (waltz + 10, 12, "a waltz over a drone"),
        (short, 16, "two bars of a march"),
    )
    for accents, expected, name in cases:
        got = int(answer(accents.astype(float)))
        if got != expected:
            raise Wrong(
                f"For {name} a bar has {expected} sixteenths; your function "
                f"says {got}."
            )


@exercise(
    "62.3",
    hints=(
        "np.bincount(pitches % 12) counts pitch classes.",
        "A class that does not occur adds nothing: leave it out.",
        "Minus the sum of share times log2(share).",
    ),
)
def class_entropy(answer: Callable[[list[int]], float]) -> None:
    """Take a function of pitches giving bits."""
    cases = (
        ([60, 72, 48], 0.0, "one pitch class in three octaves"),
        ([60, 62], 1.0, "two classes"),
        (list(range(60, 72)), np.log2(12), "all twelve"),
        ([60, 60, 62, 64], 1.5, "C twice, D and E"),
    )
    for pitches, expected, name in cases:
        with np.errstate(all="ignore"):
            got = float(answer(list(pitches)))
        if not np.isclose(got, expected):
            raise Wrong(
                f"For {name} the entropy is {expected:.2f} bits; your "
                f"function says {got:.2f}."
            )
