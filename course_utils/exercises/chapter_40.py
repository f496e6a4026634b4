"""Exercises of chapter 40: perplexity and top-p by hand.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
from collections.abc import Callable, Sequence

from course_utils.exercises.check import Wrong, exercise


@exercise(
    "40.1",
    hints=(
        "Take the logarithms first, then their mean.",
        "Minus the mean of the logarithms is the price in nats.",
        "np.exp(-np.mean(np.log(probabilities)))",
    ),
)
def perplexity(answer: Callable[[Sequence[float]], float]) -> None:
    """Take a function of the probabilities that the right events got."""
    for probabilities, expected in (
        ([0.5, 0.5, 0.5], 2.0),
        ([1.0, 1.0], 1.0),
        ([1.0, 0.25], 2.0),
        ([0.1, 0.01], math.sqrt(1000)),
    ):
        got = answer(probabilities)
        if not math.isclose(got, expected, rel_tol=1e-6):
            raise Wrong(
                f"Probabilities {probabilities} have the perplexity "
                f"{expected:.4g}; your function says {got:.4g}."
            )


@exercise(
    "40.2",
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
