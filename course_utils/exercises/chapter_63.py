"""Exercises of chapter 63: an interval, shared pitch classes, a sign test.

Taught in: notebooks/63_case_study.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.basics.runtime import numpy_rng
from course_utils.exercises.check import Wrong, exercise


@exercise(
    "63.1",
    hints=(
        "One mean a draw: the mean of the values at its places.",
        "np.asarray(values)[places] takes values with repeats.",
        "np.quantile(means, [0.025, 0.975]) gives both ends.",
    ),
)
def interval(
    answer: Callable[[Sequence[float], Sequence], Sequence[float]],
) -> None:
    """Take a function of (values, draws) giving (low, high)."""
    rng = numpy_rng(0)
    for n in (4, 12):
        values = rng.normal(size=n).round(2).tolist()
        draws = rng.integers(0, n, (200, n)).tolist()
        means = np.asarray(values)[np.array(draws)].mean(axis=1)
        expected = np.quantile(means, [0.025, 0.975])
        ends = list(answer(list(values), list(draws)))
        if len(ends) != 2:
            raise Wrong(f"An interval has two ends; yours has {len(ends)}.")
        got = np.asarray(ends, dtype=float)
        if not np.allclose(got, expected, atol=1e-6):
            raise Wrong(
                f"For {n} values and 200 draws the interval is "
                f"{expected.round(3)}; your function says {got.round(3)}."
            )


@exercise(
    "63.2",
    hints=(
        "Divide each profile by its sum.",
        "np.minimum(a, b) takes the smaller one of each pair.",
        "Look first whether one of the sums is 0.",
    ),
)
def shared(answer: Callable[[np.ndarray, np.ndarray], float]) -> None:
    """Take a function of two profiles giving a share."""
    up = np.arange(12.0)
    cases = (
        (up, 5 * up, 1.0, "a profile and the same one five times as long"),
        ([1.0] + [0.0] * 11, [0.0, 2.0] + [0.0] * 10, 0.0, "C and C sharp"),
        ([1.0, 1.0] + [0.0] * 10, [3.0] + [0.0] * 11, 0.5, "half of it"),
        (np.zeros(12), up, 0.0, "silence and a profile"),
    )
    for one, other, expected, name in cases:
        with np.errstate(all="ignore"):
            got = float(answer(np.array(one), np.array(other)))
        if not np.isclose(got, expected, atol=1e-6):
            raise Wrong(
                f"For {name} the share is {expected}; your function says "
                f"{got:.3g}."
            )


@exercise(
    "63.3",
    hints=(
        "Count the places where the first is larger, and where it is smaller.",
        "Of n coins, k or more heads have probability "
        "sum(comb(n, i) for i in range(k, n + 1)) / 2**n.",
        "Take k as the larger count, double the probability, and do not "
        "pass 1.",
    ),
)
def sign_test(
    answer: Callable[[Sequence[float], Sequence[float]], Sequence[float]],
) -> None:
    """Take a function of two lists giving (wins, losses, p)."""
    cases = (
        ([1, 1, 1, 1, 1], [0, 0, 0, 0, 0], (5, 0, 0.0625)),
        ([1, 0, 2, 2], [0, 1, 2, 2], (1, 1, 1.0)),
        ([0, 0, 0, 1], [1, 1, 1, 0], (1, 3, 0.625)),
        ([3, 3], [3, 3], (0, 0, 1.0)),
    )
    for one, other, expected in cases:
        got = tuple(map(float, answer(list(one), list(other))))
        if len(got) != 3 or not np.allclose(got, expected):
            raise Wrong(
                f"For {one} and {other} the answer is {expected}; your "
                f"function says {got}."
            )
