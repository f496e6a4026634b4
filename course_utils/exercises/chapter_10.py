"""Exercises of chapter 10: aliasing, window length, a filter.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.check import Wrong, exercise

HZ_ATOL = 1e-6


@exercise(
    "10.1",
    hints=(
        "A tone at exactly the sample rate gives the same number at every "
        "sample: it sounds like 0 Hz.",
        "Subtract the nearest multiple of the sample rate.",
        "abs(f0_hz - sample_rate * round(f0_hz / sample_rate))",
    ),
)
def alias(answer: Callable[[float, int], float]) -> None:
    """Take a function of (frequency, rate) giving what is heard, in Hz."""
    for f0_hz, sample_rate, heard_hz in (
        (440.0, 8_000, 440.0),
        (5_000.0, 8_000, 3_000.0),
        (8_000.0, 8_000, 0.0),
        (9_000.0, 8_000, 1_000.0),
        (15_500.0, 8_000, 500.0),
        (21_000.0, 16_000, 5_000.0),
    ):
        got = answer(f0_hz, sample_rate)
        if abs(got - heard_hz) > HZ_ATOL:
            raise Wrong(
                f"{f0_hz:.0f} Hz, sampled at {sample_rate} Hz, sounds like "
                f"{heard_hz:.0f} Hz; your function says {got}."
            )


@exercise(
    "10.2",
    hints=(
        "Bins lie sample_rate / n_fft Hz apart.",
        "You need n_fft >= 4 * sample_rate / (high_hz - low_hz).",
        "math.log2 and math.ceil lead to the next power of two.",
    ),
)
def window_length(answer: Callable[[float, float, int], int]) -> None:
    """Take a function of (low, high, rate) giving the least n_fft."""
    for low_hz, high_hz, sample_rate, expected in (
        (100.0, 200.0, 16_000, 1024),
        (1000.0, 1062.5, 16_000, 1024),
        (130.81, 138.59, 16_000, 16_384),
        (440.0, 880.0, 44_100, 512),
    ):
        got = answer(low_hz, high_hz, sample_rate)
        if got == expected:
            continue
        distance = (high_hz - low_hz) * got / sample_rate
        if distance < 4:
            reason = f"they are {distance:.1f} bins apart, not four"
        elif not math.log2(got).is_integer():
            reason = "it is no power of two"
        else:
            reason = "a smaller power of two is enough"
        raise Wrong(f"{low_hz} and {high_hz} Hz with n_fft={got}: {reason}.")


@exercise(
    "10.3",
    hints=(
        "Make a list of the bins' frequencies with torch.arange.",
        "Comparing it with cutoff_hz gives True and False, that is 1 and 0.",
        "The bins are on axis 1: add an axis for the frames with [:, None].",
    ),
)
def lowpass(answer: Callable[[Tensor, float, int, int], Tensor]) -> None:
    """Take a function that zeroes the bins above a cutoff."""
    stft = torch.ones(2, 33, 5, dtype=torch.complex64)
    got = answer(stft.clone(), 1_000.0, 64, 16_000)  # bins 250 Hz apart
    if tuple(got.shape) != tuple(stft.shape):
        raise Wrong("The result must have the same shape as the STFT.")
    if (got[:, 5:] != 0).any():
        raise Wrong("Bin 5 is 1,250 Hz; with a cutoff of 1,000 Hz it is 0.")
    if (got[:, :5] != stft[:, :5]).any():
        raise Wrong("The bins from 0 to 1,000 Hz (0 to 4) must stay.")
