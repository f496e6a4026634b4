"""Exercises of chapter 52: parallels, versions that count, bars that return.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.exercises.check import Wrong, exercise

MELODIES = (
    # high, low, parallel fifths, what is special
    ([67, 69], [60, 62], 1, "two fifths in a row, both voices up"),
    ([67, 67], [60, 60], 0, "one chord that is held"),
    ([67, 69, 71], [60, 62, 64], 2, "three fifths in a row"),
    ([79, 81], [60, 62], 1, "fifths with an octave between"),
    ([67, 60], [60, 53], 1, "two fifths downwards"),
    ([67, 69], [60, 64], 0, "a fifth, then a fourth"),
    ([67, 74], [60, 55], 0, "two fifths in contrary motion"),
    ([72, 74], [60, 62], 0, "two octaves, which are no fifths"),
)


@exercise(
    "52.1",
    hints=(
        "Walk over pairs of neighbours: zip(high, high[1:]) and the same for "
        "the low voice.",
        "(high - low) % 12 == 7 is a fifth, with or without octaves between.",
        "The product of two steps is above 0 when both go the same way.",
    ),
)
def parallel_fifths(
    answer: Callable[[list[int], list[int]], int],
) -> None:
    """Take a function of (high, low) pitches giving a count."""
    for high, low, expected, name in MELODIES:
        got = int(answer(list(high), list(low)))
        if got != expected:
            raise Wrong(
                f"High {high} over low {low} ({name}) has {expected} parallel "
                f"fifths; your function says {got}."
            )


@exercise(
    "52.2",
    hints=(
        "Subtract the largest logarithm first, then np.exp cannot overflow.",
        "Shares: the exponentials, divided by their sum.",
        "1 divided by the sum of the squared shares.",
    ),
)
def versions_that_count(answer: Callable[[np.ndarray], float]) -> None:
    """Take a function of log weights giving an effective number."""
    cases = (
        (np.zeros(8), 8.0, "eight equal weights"),
        (np.array([0.0, -1e4, -1e4]), 1.0, "one weight that counts alone"),
        (np.log([1.0, 3.0]), 1.6, "weights of 1 and 3"),
        (np.full(4, -2000.0), 4.0, "four equal weights, very small"),
    )
    for weights, expected, name in cases:
        with np.errstate(all="ignore"):
            got = float(answer(weights.copy()))
        if not np.isclose(got, expected, atol=1e-6):
            raise Wrong(
                f"For {name} the effective number is {expected:.1f}; your "
                f"function says {got:.3g}."
            )


@exercise(
    "52.3",
    hints=(
        "For two sets a and b: a & b is what both have, a | b what either "
        "has.",
        "For each bar, take the maximum over the bars at least two before "
        "it; the first two bars have none.",
        "max(..., default=0.0) of a generator expression over bars[: i - 1].",
    ),
)
def bars_that_return(
    answer: Callable[[Sequence[frozenset]], Sequence[float]],
) -> None:
    """Take a function of bars (sets) giving one likeness a bar."""
    a, b, c = frozenset({1, 2}), frozenset({2, 3}), frozenset({5})
    cases = (
        ([a, b, a], [0.0, 0.0, 1.0], "bar 3 is bar 1 again"),
        ([a, a, c], [0.0, 0.0, 0.0], "bar 2 is too near to bar 1"),
        ([a, c, b], [0.0, 0.0, 1 / 3], "bars 1 and 3 share one of three"),
        ([a, b, c, b, a], [0, 0, 0, 1, 1], "bars 1 and 2 come back"),
    )
    for bars, expected, name in cases:
        got = np.asarray(list(answer(list(bars))), dtype=float)
        if got.shape != (len(bars),):
            raise Wrong(
                f"{len(bars)} bars need {len(bars)} numbers; your function "
                f"gives the shape {got.shape}."
            )
        if not np.allclose(got, expected):
            raise Wrong(
                f"Where {name}, the numbers are {np.round(expected, 2)}; "
                f"your function says {np.round(got, 2)}."
            )
