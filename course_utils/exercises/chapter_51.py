"""Exercises of chapter 51: masked means, and a learning rate.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.exercises.check import Wrong, exercise
from course_utils.training.rates import warm_up_and_decay

Means = tuple[float, float]


@exercise(
    "51.1",
    hints=(
        "np.arange(T) < length is True for the real notes of one row.",
        "With lengths as a column, (B, 1), all rows are done at once.",
        "An array can be indexed with a mask of its own shape.",
    ),
)
def mean_without_padding(
    answer: Callable[[np.ndarray, Sequence[int]], float],
) -> None:
    """Take a function of (prices, lengths) giving their mean."""
    prices = np.array([[1.0, 2.0, 3.0, 9.0], [5.0, 9.0, 9.0, 9.0]])
    got = answer(prices.copy(), [3, 1])
    if got is None or np.size(got) != 1:
        raise Wrong(f"One number is asked for; yours is {got}.")
    if np.isclose(got, prices.mean()):
        raise Wrong("This is the mean with the padding (the nines) counted.")
    if np.isclose(got, (2.0 + 5.0) / 2):
        raise Wrong("This is the mean over rows; each note counts the same.")
    if not np.isclose(got, 2.75):
        raise Wrong(f"(1 + 2 + 3 + 5) / 4 is 2.75; yours is {got}.")


@exercise(
    "51.2",
    hints=(
        "np.concatenate joins the arrays of all pieces.",
        "The second mean is a mean of means.",
        "np.mean([np.mean(prices) for prices in pieces]) is the second one.",
    ),
)
def two_means(answer: Callable[[list[np.ndarray]], Means]) -> None:
    """Take a function of a list of arrays giving both means."""
    pieces = [np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), np.array([3.0, 5.0])]
    got = answer([piece.copy() for piece in pieces])
    if got is None or len(got) != 2:
        raise Wrong(f"Two numbers are asked for; yours is {got}.")
    if np.allclose(got, (2.5, 1.75)):
        raise Wrong("Both are right but in the other order: notes first.")
    if not np.isclose(got[0], 1.75):
        raise Wrong(f"Over all 8 notes the mean is 1.75, not {got[0]}.")
    if not np.isclose(got[1], 2.5):
        raise Wrong(f"The mean of the two means is 2.5, not {got[1]}.")


@exercise(
    "51.3",
    hints=(
        "min(1, (step + 1) / warm_up) rises in a straight line to 1.",
        "The cosine goes from 1 to -1; half of (1 + cosine) from 1 to 0.",
        "Multiply both; the cosine is np.cos(np.pi * step / n_steps).",
    ),
)
def rate_of_a_step(answer: Callable[[int, int, int], float]) -> None:
    """Take a function of (step, n_steps, warm_up) giving a share."""
    for case in ((0, 100, 10), (9, 100, 10), (50, 100, 10), (99, 100, 1)):
        got, expected = answer(*case), warm_up_and_decay(*case)
        if got is None or not np.isclose(got, expected):
            raise Wrong(
                "Step {} of {} with {} of warm-up: expected {:.4f}, "
                "got {}.".format(*case, expected, got)
            )
