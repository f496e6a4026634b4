"""Exercises of chapter 41: top-p, loops and copies, by hand.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Callable, Sequence

from course_utils.exercises.check import Wrong, exercise


@exercise(
    "41.1",
    hints=(
        "Sort the places from the likeliest to the least likely.",
        "Add up the sorted probabilities until the sum reaches p.",
        "The place that makes the sum reach p still belongs to them.",
    ),
)
def top_p_by_hand(
    answer: Callable[[Sequence[float], float], Sequence[int]],
) -> None:
    """Take a function of (probabilities, p) giving the places that stay."""
    probabilities = [0.15, 0.5, 0.1, 0.25]
    for p, expected in ((0.4, {1}), (0.6, {1, 3}), (0.85, {0, 1, 3})):
        got = set(answer(probabilities, p))
        if got != expected:
            raise Wrong(
                f"Of {probabilities}, p = {p} leaves the places "
                f"{sorted(expected)}; your function leaves {sorted(got)}."
            )


@exercise(
    "41.2",
    hints=(
        "Go through the bars and count how often the last one came again.",
        "Where a bar differs from the one before, the count is 1 again.",
        "Keep the largest count that you saw; no bars at all is 0.",
    ),
)
def longest_loop(answer: Callable[[list[str]], int]) -> None:
    """Take a function of a list of bars giving a number of times."""
    for bars, expected in (
        ("abcd", 1),
        ("abbba", 3),
        ("aabbb", 3),
        ("aaaa", 4),
        ("abab", 1),
        ("", 0),
    ):
        got = answer(list(bars))
        if got != expected:
            raise Wrong(
                f"In the bars {list(bars)} the same one comes {expected} "
                f"times in a row at most; your function says {got}."
            )


@exercise(
    "41.3",
    hints=(
        "Try every place of the one and every place of the other list.",
        "From a pair of places, count how many events agree.",
        "Stop at the first that differs, and at the end of either list.",
    ),
)
def longest_shared_run(
    answer: Callable[[Sequence[int], Sequence[int]], int],
) -> None:
    """Take a function of two lists of events giving a length."""
    for first, second, expected in (
        ([1, 2, 3, 4], [9, 2, 3, 9], 2),
        ([1, 2, 3], [1, 2, 3], 3),
        ([1, 2, 1, 2, 3], [1, 2, 3], 3),
        ([5, 5, 5], [5, 5], 2),
        ([1, 3, 5], [2, 4], 0),
        ([], [1], 0),
    ):
        got = answer(list(first), list(second))
        if got != expected:
            raise Wrong(
                f"{first} and {second} share a run of {expected}; your "
                f"function says {got}."
            )
