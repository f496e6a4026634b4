"""Phase and instantaneous frequency (IF): two ways to write the same thing.

Axes: (..., F, T), the last one is time. Phase is in radians; frequency is a
phase advance per hop in units of pi, so that it lies in [-1, 1].

Taught in: notebooks/12_spectral_images.ipynb
"""

import math

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.spectral.stft import StftConfig


def wrap_phase(phase: Tensor) -> Tensor:
    """Bring phase into [-pi, pi] by whole turns, which no ear can tell.

    Parameters
    ----------
    phase : Tensor, any shape
        In radians.

    Returns
    -------
    Tensor, same shape
        Gradients pass unchanged. Values inside stay as they are, bit by bit.
    """
    turns = torch.round(phase / (2 * math.pi))
    return phase - 2 * math.pi * turns


def unwrap_phase(phase: Tensor) -> Tensor:
    """Add whole turns so that phase never jumps by more than pi in time.

    Parameters
    ----------
    phase : Tensor, shape (..., T)
        In radians, wrapped or not.

    Returns
    -------
    Tensor, shape (..., T)
        It grows without bound; `wrap_phase` leads back.

    References
    ----------
    Same as `numpy.unwrap` along the last axis.
    """
    return math.pi * _cumulate(phase_to_if(phase)).to(phase.dtype)


def phase_to_if(phase: Tensor) -> Tensor:
    """Differentiate phase in time, so that a steady partial is a flat line.

    Parameters
    ----------
    phase : Tensor, shape (..., F, T)
        In radians, wrapped or not.

    Returns
    -------
    Tensor, shape (..., F, T)
        Phase advance per hop in units of pi, in [-1, 1]. Frame 0 keeps its
        phase, which `if_to_phase` needs to invert this function.

    Raises
    ------
    CourseError
        If `phase` has no frame.

    References
    ----------
    Engel et al. (2019), GANSynth, arXiv:1902.08710.
    Deviation: each advance is wrapped, instead of unwrapping the whole track
    first; the result is the same, and float32 stays exact on long sounds.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    _check_frames(phase)
    before = torch.zeros_like(phase[..., :1])  # before the first: phase 0
    return wrap_phase(torch.diff(phase, dim=-1, prepend=before)) / math.pi


def if_to_phase(frequency: Tensor) -> Tensor:
    """Add the advances up again: the inverse of `phase_to_if`.

    Parameters
    ----------
    frequency : Tensor, shape (..., F, T)
        Phase advance per hop in units of pi; frame 0 holds the first phase.

    Returns
    -------
    Tensor, shape (..., F, T)
        Phase in radians, in [-pi, pi].

    Raises
    ------
    CourseError
        If `frequency` has no frame.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    _check_frames(frequency)
    # Whole turns leave while the sum is still float64: a float32 sum over
    # 128 frames reaches 400 radians, where its steps are 0.00003 wide.
    wrapped = wrap_half_turns(_cumulate(frequency))
    return math.pi * wrapped.to(frequency.dtype)


def wrap_half_turns(value: Tensor) -> Tensor:
    """Bring numbers in units of pi into [-1, 1] by whole turns (of 2)."""
    return value - 2 * torch.round(value / 2)


def bin_advance(config: StftConfig, like: Tensor) -> Tensor:
    """Return what the centre frequency of each bin advances in one hop.

    Returns
    -------
    Tensor, shape (F, 1)
        2 k hop_length / n_fft in units of pi, less whole turns, for bins
        k = 0 ... n_fft / 2; with the dtype and device of `like`.
    """
    bins = torch.arange(config.n_bins, dtype=torch.int64)
    turns = (bins * config.hop_length) % config.n_fft  # exact, in 1 / n_fft
    advance = wrap_half_turns(2 * turns.double() / config.n_fft)
    return advance[:, None].to(dtype=like.dtype, device=like.device)


def if_to_deviation(frequency: Tensor, advance: Tensor) -> Tensor:
    """Measure IF from the bin's own centre, so that 0 means "in the middle".

    Parameters
    ----------
    frequency : Tensor, shape (..., F, T)
        As `phase_to_if` gives it.
    advance : Tensor, shape (F, 1)
        As `bin_advance` gives it, for the same bins.

    Returns
    -------
    Tensor, shape (..., F, T)
        In units of pi, in [-1, 1]. Frame 0 keeps its phase.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    later = wrap_half_turns(frequency[..., 1:] - advance)
    return torch.cat([frequency[..., :1], later], dim=-1)


def deviation_to_if(deviation: Tensor, advance: Tensor) -> Tensor:
    """Measure IF from zero again: the inverse of `if_to_deviation`."""
    later = wrap_half_turns(deviation[..., 1:] + advance)
    return torch.cat([deviation[..., :1], later], dim=-1)


def deviation_to_hz(
    deviation: Tensor, config: StftConfig, sample_rate: int
) -> Tensor:
    """Turn deviations into the frequency each bin really hears.

    Parameters
    ----------
    deviation : Tensor, shape (..., n_fft // 2 + 1, T)
        As `if_to_deviation` gives it, all bins from 0 Hz on.
    config : StftConfig
        With which the phases were made.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor, shape (..., n_fft // 2 + 1, T - 1)
        In Hz; frame 0, which holds a phase and no frequency, is left out.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    bins = torch.arange(config.n_bins, device=deviation.device)
    centre_hz = bins[:, None] * (sample_rate / config.n_fft)
    turns_per_hop = deviation[..., 1:] / 2
    return centre_hz + turns_per_hop * (sample_rate / config.hop_length)


def _cumulate(frequency: Tensor) -> Tensor:
    """Return the running sum over the last axis, in float64."""
    return torch.cumsum(frequency, dim=-1, dtype=torch.float64)


def _check_frames(value: Tensor) -> None:
    """Raise `CourseError` if there is no frame."""
    if value.ndim == 0 or value.shape[-1] == 0:
        raise CourseError(
            "at least one frame on the last axis",
            f"shape {tuple(value.shape)}",
            "look for an empty sound",
        )
