"""Exercises of chapter 12: phase advance, its inverse, sizes of an image.

Taught in: notebooks/12_spectral_images.ipynb
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.basics.runtime import torch_rng
from course_utils.exercises.check import Wrong, exercise
from course_utils.spectral.phase import wrap_half_turns, wrap_phase

ATOL = 1e-4  # of pi, and radians: float32 answers pass


@exercise(
    "12.1",
    hints=(
        "In one hop the tone makes f0_hz * hop_length / sample_rate turns.",
        "A turn is 2 in units of pi.",
        "Take away the nearest multiple of 2 to come into [-1, 1].",
    ),
)
def advance(answer: Callable[[float, int, int], float]) -> None:
    """Take a function of (frequency, hop, rate) giving the IF of a tone."""
    for f0_hz, hop_length, sample_rate, expected in (
        (0.0, 512, 16_000, 0.0),
        (10.0, 512, 16_000, 0.64),
        (25.0, 512, 16_000, -0.4),
        (440.0, 512, 16_000, 0.16),
        (1_000.0, 100, 8_000, 1.0),
    ):
        got = float(answer(f0_hz, hop_length, sample_rate))
        where = f"{f0_hz:g} Hz, hop {hop_length}, {sample_rate} Hz"
        if abs(got) > 1 + ATOL:
            raise Wrong(f"{where}: {got:g} is not in [-1, 1]; wrap it.")
        if abs(wrap_half_turns(torch.tensor(got - expected))) > ATOL:
            raise Wrong(f"{where}: expected {expected:g}, got {got:g}.")


@exercise(
    "12.2",
    hints=(
        "Add the centre's advance to every frame but the first.",
        "Then sum along the last axis with torch.cumsum, and multiply by pi.",
    ),
)
def phase_back(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Take a function of (deviation, centre) giving phase in radians."""
    rng = torch_rng(12)
    phase = math.pi * (2 * torch.rand(5, 40, generator=rng) - 1)
    centre = 2 * torch.rand(5, 1, generator=rng) - 1
    deviation = torch.diff(phase, dim=-1) / math.pi - centre
    deviation = torch.cat([phase[:, :1] / math.pi, deviation], dim=1)
    got = answer(wrap_half_turns(deviation), centre)
    if tuple(got.shape) != tuple(phase.shape):
        raise Wrong(f"The phase must have shape (F, T), got {got.shape}.")
    error = wrap_phase(got - phase).abs()
    if error[:, 0].max() > ATOL:
        raise Wrong("Frame 0 must keep its phase (times pi, no centre added).")
    if error.max() > ATOL:
        frame = int((error.amax(dim=0) > ATOL).nonzero()[0])
        raise Wrong(f"The phase is wrong from frame {frame} on.")


@exercise(
    "12.3",
    hints=(
        "T frames reach over hop_length * (T - 1) + n_fft samples.",
        "Double T, starting from 1, until that is at least n_samples.",
        "The zeros are what is reached beyond n_samples.",
    ),
)
def frames(answer: Callable[[int, int], tuple[int, int]]) -> None:
    """Take a function of (n_samples, n_fft) giving (frames, zeros)."""
    for n_samples, n_fft, expected in (
        (64_000, 2048, (128, 3072)),
        (64_000, 1024, (256, 2304)),
        (16_000, 512, (128, 768)),
        (4_288, 256, (64, 0)),
        (4_289, 256, (128, 4095)),
    ):
        got = tuple(answer(n_samples, n_fft))
        if got != expected:
            raise Wrong(
                f"{n_samples} samples with n_fft={n_fft}: expected "
                f"{expected[0]} frames and {expected[1]} zeros, got {got}."
            )
