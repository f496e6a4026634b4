"""Exercises of chapter 50: attention, skewing and caches, by hand.

Taught in: notebooks/50_attention.ipynb
"""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.exercises.check import Wrong, exercise


@exercise(
    "50.1",
    hints=(
        "The products of all queries and keys are one matrix product.",
        "np.triu_indices(L, 1) are the places right of the diagonal; put "
        "minus infinity there before the softmax.",
        "Softmax: exponentials, divided by their sum along each row.",
    ),
)
def attention_by_hand(
    answer: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> None:
    """Take a function of (queries, keys, values) giving the outputs."""
    q, k, v = np.random.default_rng(5).normal(size=(3, 6, 4))
    got = np.asarray(answer(q.copy(), k.copy(), v.copy()))
    tensors = [torch.from_numpy(part)[None] for part in (q, k, v)]
    expected = scaled_dot_product_attention(*tensors, is_causal=True)[0]
    if got.shape != v.shape:
        raise Wrong(f"The shape must be {v.shape}; yours is {got.shape}.")
    if not np.allclose(got[0], v[0]):
        raise Wrong(
            "The first event can look at itself alone, so its output is its "
            "own value; yours is another. Is the future hidden?"
        )
    if not np.allclose(got, expected):
        raise Wrong(
            "The first output is right, later ones are not. Is the product "
            "divided by the square root of D, and does each row of weights "
            "add up to 1?"
        )


@exercise(
    "50.2",
    hints=(
        "Add one column on the left; what stands in it does not matter.",
        "reshape reads the numbers row by row into another shape.",
        "(L, L + 1) holds as many numbers as (L + 1, L); drop a row of it.",
    ),
)
def skew_by_hand(answer: Callable[[np.ndarray], np.ndarray]) -> None:
    """Take a function of a square table giving a square table."""
    for n in (2, 5):
        rows = 10.0 * np.arange(n)[:, None]
        table = rows + np.arange(n - 1, -1, -1)  # 10 x query + distance
        got = np.asarray(answer(table.copy()))
        if got.shape != (n, n):
            raise Wrong(f"The shape must be {(n, n)}; yours is {got.shape}.")
        for i in range(n):
            for j in range(i + 1):
                expected = 10.0 * i + (i - j)
                if got[i, j] != expected:
                    raise Wrong(
                        f"In a table of {n}, query {i} and key {j} are "
                        f"{i - j} apart: {expected:.0f} belongs there, not "
                        f"{got[i, j]:.0f}."
                    )


@exercise(
    "50.3",
    hints=(
        "Each layer keeps two vectors of each event.",
        "A vector has `width` numbers, all heads together.",
        "return 2 * n_layers * n_events * width * bytes_each",
    ),
)
def cache_by_hand(answer: Callable[[int, int, int, int], int]) -> None:
    """Take a function of (layers, width, events, bytes) giving bytes."""
    for case in ((1, 1, 1, 1), (5, 256, 2048, 4), (3, 64, 100, 2)):
        layers, width, events, each = case
        expected = 2 * layers * width * events * each
        got = answer(*case)
        if got != expected:
            raise Wrong(
                f"{layers} layers of width {width}, {events} events and "
                f"{each} bytes a number need {expected} bytes; your function "
                f"says {got}."
            )
