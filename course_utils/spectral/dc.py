"""The bin at 0 Hz, which a spectral image leaves out and this gives back.

An image has n_fft / 2 rows, a power of two, but the transform has one bin
more; the paper drops the one at 0 Hz. Nothing is lost by it: neighbouring
frames overlap, so every sample is seen several times, and a Hann window
shows even a constant in bin 1 as well. The missing row is the solution of a
small linear system, one equation a frame.

Axes: B batch, F = n_fft // 2 + 1 bins, T frames.

Taught in: notebooks/12_spectral_images.ipynb
"""

from functools import lru_cache

import torch
from torch import Tensor

from course_utils.spectral.stft import (
    StftConfig,
    hann_window,
    overlap_add,
    window_square_sum,
)

TINY = 1e-30  # keeps 0 / 0 out where the window itself is 0


def restore_dc(stft: Tensor, config: StftConfig) -> Tensor:
    """Fill in the bin at 0 Hz that makes all frames agree.

    Parameters
    ----------
    stft : Tensor, shape (B, n_fft // 2, T), complex
        The bins 1 to n_fft / 2.
    config : StftConfig
        With which it was made; the hop at most half the window.

    Returns
    -------
    Tensor, shape (B, n_fft // 2 + 1, T), complex
        With bin 0. Exact for the transform of a sound; else the least
        squares solution.

    Notes
    -----
    Let w_t be the window of frame t, D the sum of all squared windows and y
    the sound that is made with c = 0 in the missing row. The true row obeys
    c_t = sum(w_t x) with x = y + sum_s(w_s c_s) / (D n_fft), that is
    (I - G / n_fft) c = W y with G_ts = sum(w_t w_s / D). Its smallest
    eigenvalue is above 1/8 if windows overlap by half or more and there are
    two frames or more, so that errors grow eight-fold at the most.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    stft = torch.cat([torch.zeros_like(stft[:, :1]), stft], dim=1)
    n_frames = stft.shape[-1]
    total = window_square_sum(config, n_frames, stft.real)
    without = overlap_add(stft, config) / total.clamp_min(TINY)  # y
    frames = without.unfold(1, config.n_fft, config.hop_length)
    seen = frames @ hann_window(config, without)  # W y, shape (B, T)
    row = seen @ _solver(config, n_frames).to(seen)  # symmetric matrix
    return torch.cat([row[:, None].to(stft.dtype), stft[:, 1:]], dim=1)


@lru_cache(maxsize=8)
def _solver(config: StftConfig, n_frames: int) -> Tensor:
    """Return the inverse of I - G / n_fft, shape (T, T), float64."""
    like = torch.zeros(0, dtype=torch.float64)
    total = window_square_sum(config, n_frames, like).clamp_min(TINY)
    window = hann_window(config, like)
    shares = total.unfold(0, config.n_fft, config.hop_length)  # D, (T, n_fft)
    gram = torch.zeros(n_frames, n_frames, dtype=torch.float64)
    overlapping = -(-config.n_fft // config.hop_length)  # frames, rounded up
    for distance in range(min(n_frames, overlapping)):
        shift = distance * config.hop_length
        product = window[shift:] * window[: config.n_fft - shift]
        inverse = 1 / shares[: n_frames - distance, shift:]
        overlap = (product * inverse).sum(dim=1)  # (T - distance,)
        gram += torch.diag(overlap, distance)
        if distance:
            gram += torch.diag(overlap, -distance)
    identity = torch.eye(n_frames, dtype=torch.float64)
    return torch.linalg.inv(identity - gram / config.n_fft)
