"""Exercises of chapter 00: samples, seeds and a first tune.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.check import NO_ANSWER, Wrong, exercise


@exercise(
    "00.1",
    hints=(
        "One second has as many samples as the sample rate says.",
        "Multiply the duration by the sample rate.",
        "return round(duration_s * sample_rate)",
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


@exercise(
    "00.3",
    hints=(
        "Silence is samples too: np.zeros(n) gives n of them.",
        "Make a list: clip, gap, clip, gap, and so on. Which part is too "
        "much?",
        "np.concatenate(parts[:-1]) joins all parts but the last gap.",
    ),
)
def in_a_row(answer: Callable[[list, float, int], np.ndarray]) -> None:
    """Take a function of (clips, gap in s, rate in Hz) giving samples."""
    clips = [np.full(5, 0.1), np.full(3, 0.2), np.full(4, 0.3)]
    for gap_s, n_gap in ((0.25, 2), (0.0, 0)):
        got = answer([clip.copy() for clip in clips], gap_s, 8)
        if got is None:
            raise Wrong(NO_ANSWER)
        silence = np.zeros(n_gap)
        first, second, third = clips
        expected = np.concatenate([first, silence, second, silence, third])
        if np.shape(got) != expected.shape:
            raise Wrong(
                f"Clips of 5, 3 and 4 samples and two gaps of {n_gap} are "
                f"{len(expected)} samples; got shape {np.shape(got)}."
            )
        if not np.allclose(got, expected):
            raise Wrong(
                "The length is right, but the samples are not: they should "
                f"be {expected.tolist()}."
            )
