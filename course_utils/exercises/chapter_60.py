"""Exercises of chapter 60: fool the tables, and count what is independent.

Taught in: notebooks/60_table_evaluation.ipynb
"""

from collections.abc import Callable

import numpy as np

from course_utils.evaluation.tabular import ks_statistic
from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

N = 4_000
RHO = 0.8  # of the series whose size is asked for
SIZE_RTOL = 0.02
LOOSE = 0.2  # a correlation this small counts as gone


def _array(answer: object, shape: tuple[int, ...]) -> np.ndarray:
    """Return the answer as an array of a shape, or say what is wrong."""
    if answer is None:
        raise Wrong(NO_ANSWER)
    got = np.asarray(answer, dtype=float)
    if got.shape != shape:
        raise Wrong(f"Expected shape {shape}; got {got.shape}.")
    return got


@exercise(
    "60.1",
    hints=(
        "The smallest value goes where the order has its smallest value.",
        "np.argsort(order) tells the places from the lowest to the highest.",
        "Make an empty array, and put np.sort(values) at those places.",
    ),
)
def values_in_another_order(
    answer: Callable[[np.ndarray, np.ndarray], object],
) -> None:
    """Take a function of (values, order) giving the values rearranged."""
    rng = np.random.default_rng(60)
    values, order = rng.gamma(2, size=N), rng.normal(size=N)
    got = _array(answer(values.copy(), order.copy()), (N,))
    if not np.array_equal(np.sort(got), np.sort(values)):
        raise Wrong(
            "Each of the values must be there once: D is "
            f"{ks_statistic(values, got):.3f} and should be 0, by the values "
            "themselves and no others."
        )
    if not np.array_equal(np.argsort(got), np.argsort(order)):
        raise Wrong(
            "The values are right, but they do not rise and fall where "
            "`order` does."
        )


@exercise(
    "60.2",
    hints=(
        "Take the mean away. How alike is the series to itself, one later?",
        "r is the sum of x[1:] * x[:-1], divided by the sum of x * x.",
        "The size is N (1 - r) / (1 + r).",
    ),
)
def size_from_the_next_value(answer: Callable[[np.ndarray], object]) -> None:
    """Take a function of a series giving its effective size."""
    rng = np.random.default_rng(61)
    series = [3.0]
    for fresh in rng.normal(size=N - 1):
        series.append(3 + RHO * (series[-1] - 3) + fresh)
    x = np.array(series)
    got = float(_array(answer(x.copy()), ()))
    centred = x - x.mean()
    r = np.sum(centred[1:] * centred[:-1]) / np.sum(centred**2)
    size = N * (1 - r) / (1 + r)
    if abs(got / size - 1) <= SIZE_RTOL:
        return
    if abs(got * size / N**2 - 1) <= SIZE_RTOL:
        raise Wrong("Upside down: values that hang together are worth less.")
    raise Wrong(
        f"{N} values of which each is near the last are worth {size:.0f}; "
        f"you found {got:.0f}."
    )


@exercise(
    "60.3",
    hints=(
        "No single column may change its values, only their order.",
        "What ties two columns together is that they share their rows.",
        "Shuffle each column by itself: rng.permutation(column).",
    ),
)
def a_table_without_ties(
    answer: Callable[[np.ndarray, np.random.Generator], object],
) -> None:
    """Take a function of (table, rng) giving a table that fools the plots."""
    rng = np.random.default_rng(62)
    table = rng.normal(size=(N, 3)) @ np.array(
        [[1.0, 2.0, 0.5], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    )
    got = _array(answer(table.copy(), rng), table.shape)
    gaps = [ks_statistic(x, y) for x, y in zip(table.T, got.T, strict=True)]
    if max(gaps) > 0:
        column = int(np.argmax(gaps))
        raise Wrong(
            f"Column {column} has other values: D is {gaps[column]:.3f} and "
            "should be 0 in every column."
        )
    pairs = np.triu_indices(3, k=1)
    strongest = np.abs(np.corrcoef(got, rowvar=False)[pairs]).max()
    if strongest > LOOSE:
        raise Wrong(
            "Each column is right, but two of them still go together: their "
            f"correlation is {strongest:.2f}."
        )
