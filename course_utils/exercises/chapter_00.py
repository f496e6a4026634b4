"""Exercises of chapter 00: samples and seeds.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.check import Wrong, exercise


@exercise(
    "00.1",
    hints=(
        "One second has as many samples as the sample rate says.",
        "Multiply the duration by the sample rate, and round.",
    ),
)
def number_of_samples(answer: Callable[[float, int], int]) -> None:
    """Take a function of (duration in s, rate in Hz) giving a count."""
    for duration_s, sample_rate in ((2.0, 16_000), (0.25, 44_100), (4, 8000)):
        expected = round(duration_s * sample_rate)
        got = answer(duration_s, sample_rate)
        if got != expected:
            raise Wrong(
                f"{duration_s} s at {sample_rate} Hz are {expected} samples; "
                f"your function says {got}."
            )


@exercise(
    "00.2",
    hints=(
        "A generator made from the same seed gives the same numbers.",
        "Make the generator inside the function, not outside.",
        "return runtime.numpy_rng(seed).standard_normal(n)",
    ),
)
def seeded_noise(answer: Callable[[int, int], np.ndarray]) -> None:
    """Take a function of (n, seed) giving n random numbers."""
    first, again, other = answer(100, 3), answer(100, 3), answer(100, 4)
    if np.shape(first) != (100,):
        raise Wrong(f"100 numbers were asked, got shape {np.shape(first)}.")
    if not np.array_equal(first, again):
        raise Wrong("Two calls with seed 3 gave different numbers.")
    if np.array_equal(first, other) or np.ptp(first) == 0:
        raise Wrong("Seeds 3 and 4 gave the same numbers.")
