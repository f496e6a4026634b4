"""The mel scale of the paper: as many bands as bins, more of them low.

Axes: (B, 2, F, T) for images, F bins or F bands; a matrix has shape
(F bands, F bins) so that it multiplies from the left. Going to mel and back
is NOT exact: neighbouring bins share a band at the top of the scale.

Source: the GANSynth code that came with Engel et al. (2019),
arXiv:1902.08710; its scale is 1127 ln(1 + f / 700), as in HTK.

Taught in: notebooks/12_spectral_images.ipynb
"""

from functools import lru_cache

import torch
from torch import Tensor

from course_utils.spectral.phase import wrap_half_turns

MEL_FACTOR = 1127.0  # mel
MEL_BREAK_HZ = 700.0  # below it the scale is nearly linear
MIN_WIDTH_BINS = 1.5  # a narrower band could fall between two bins
TINY = 1e-14  # of power; keeps the gradient of the square root finite


def hz_to_mel(frequency_hz: Tensor) -> Tensor:
    """Return mel for frequencies in Hz; equal steps of mel sound equal."""
    return MEL_FACTOR * torch.log1p(frequency_hz / MEL_BREAK_HZ)


def mel_to_hz(mel: Tensor) -> Tensor:
    """Return frequencies in Hz: the inverse of `hz_to_mel`."""
    return MEL_BREAK_HZ * torch.expm1(mel / MEL_FACTOR)


def mel_centres_hz(n_bins: int, sample_rate: int) -> Tensor:
    """Return the middle of each band in Hz, shape (n_bins,), float64."""
    top = hz_to_mel(torch.tensor(sample_rate / 2, dtype=torch.float64))
    edges = torch.linspace(0, top.item(), n_bins + 2, dtype=torch.float64)
    return mel_to_hz(edges[1:-1])


@lru_cache(maxsize=8)
def mel_matrix(n_bins: int, sample_rate: int) -> Tensor:
    """Return the triangular bands that mix bins into mel.

    Parameters
    ----------
    n_bins : int
        Number of bins, and of bands. The bins spread evenly from 0 Hz to
        half the sample rate.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor, shape (n_bins bands, n_bins), float64, non-negative
        Row = band. A triangle peaks at 1 and is at least 1.5 bins wide.
        Columns 0 and n_bins - 1 are empty: the code of the paper takes the
        lowest row for 0 Hz, although that bin was dropped before, and the
        highest band ends where the highest bin lies. We keep both as they
        are, so that images agree.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    nyquist_hz = sample_rate / 2
    bins_hz = torch.linspace(0, nyquist_hz, n_bins, dtype=torch.float64)
    lower_hz, centre_hz, upper_hz = _band_edges_hz(n_bins, sample_rate)
    rising = (bins_hz - lower_hz) / (centre_hz - lower_hz)
    falling = (upper_hz - bins_hz) / (upper_hz - centre_hz)
    matrix = torch.minimum(rising, falling).clamp_min(0)
    matrix[:, 0] = 0
    return matrix


@lru_cache(maxsize=8)
def mel_inverse_matrix(n_bins: int, sample_rate: int) -> Tensor:
    """Return the matrix that spreads mel bands over bins again.

    Returns
    -------
    Tensor, shape (n_bins, n_bins bands), float64
        The transpose of `mel_matrix`, scaled so that a flat spectrum comes
        back flat. It is an approximate inverse: it blurs.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    matrix = mel_matrix(n_bins, sample_rate)
    reached = (matrix.T @ matrix).sum(dim=1)  # (n_bins,)
    scale = torch.where(reached > 1e-8, 1 / reached, reached)
    return scale[:, None] * matrix.T


def linear_to_mel(
    image: Tensor, sample_rate: int, log_offset: float
) -> Tensor:
    """Give low notes more rows: mel power and mel phase advance.

    Parameters
    ----------
    image : Tensor, shape (B, 2, F, T)
        Log-magnitude ln(|S| + log_offset) and a phase advance per hop.
    sample_rate : int
        In Hz.
    log_offset : float
        Keeps silence away from ln(0).

    Returns
    -------
    Tensor, shape (B, 2, F, T)
        ln(mel power + log_offset), and the advance of the mel phase.

    Notes
    -----
    The paper multiplies the unwrapped phase by the matrix and differentiates
    the product. Both are linear, so the advances can be multiplied instead;
    no long sum is needed.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    matrix = mel_matrix(image.shape[2], sample_rate).to(image)
    magnitude = (torch.exp(image[:, 0]) - log_offset).clamp_min(0)
    log_power = torch.log(matrix @ magnitude.square() + log_offset)
    advance = wrap_half_turns(matrix @ image[:, 1])
    return torch.stack([log_power, advance], dim=1)


def mel_to_linear(
    image: Tensor, sample_rate: int, log_offset: float
) -> Tensor:
    """Spread mel rows over the bins: the rough inverse of `linear_to_mel`.

    Parameters and shapes as there, the other way round.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    matrix = mel_inverse_matrix(image.shape[2], sample_rate).to(image)
    mel_power = (torch.exp(image[:, 0]) - log_offset).clamp_min(0)
    magnitude = torch.sqrt(matrix @ mel_power + TINY)
    advance = wrap_half_turns(matrix @ image[:, 1])
    log_magnitude = torch.log(magnitude + log_offset)
    return torch.stack([log_magnitude, advance], dim=1)


def _band_edges_hz(
    n_bins: int, sample_rate: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return lower edge, centre and upper edge, each (n_bins, 1), in Hz."""
    nyquist = torch.tensor(sample_rate / 2, dtype=torch.float64)
    top = hz_to_mel(nyquist).item()
    mel = torch.linspace(0, top, n_bins + 2, dtype=torch.float64)
    centre_hz = mel_to_hz(mel[1:-1])
    # Half the least width in mel, about the centre (a symmetric band in mel
    # of half-width d spans 2 (centre + 700) sinh(d / 1127) Hz).
    least_hz = MIN_WIDTH_BINS * sample_rate / (2 * n_bins)
    half = MEL_FACTOR * torch.asinh(
        0.5 * least_hz / (centre_hz + MEL_BREAK_HZ)
    )
    width_hz = mel_to_hz(mel[2:]) - mel_to_hz(mel[:-2])
    narrow = width_hz < least_hz
    lower = torch.where(narrow, mel[1:-1] - half, mel[:-2])
    upper = torch.where(narrow, mel[1:-1] + half, mel[2:])
    edges = (mel_to_hz(lower), centre_hz, mel_to_hz(upper))
    return tuple(edge[:, None] for edge in edges)
