"""How far a sound came back from the original: two measures in decibels.

Axes: waveform (B, N); one number a sound, shape (B,).

Taught in: notebooks/12_spectral_images.ipynb
"""

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.spectral.stft import StftConfig, waveform_to_stft

DB_FLOOR = -80.0  # below the loudest bin; what is softer is not compared


def snr_db(reference: Tensor, estimate: Tensor, *, skip: int = 0) -> Tensor:
    """Signal-to-noise ratio: how much louder the sound is than the error.

    Parameters
    ----------
    reference : Tensor, shape (B, N)
        The sound as it was.
    estimate : Tensor, shape (B, N)
        The sound as it came back.
    skip : int
        Samples left out at both ends, where few frames overlap.

    Returns
    -------
    Tensor, shape (B,), float64
        In dB: 0 when the error is as strong as the sound, 60 when it has a
        thousandth of its amplitude; infinite for equal sounds, NaN for a
        silent reference that came back silent.

    Raises
    ------
    CourseError
        If the shapes differ or nothing is left to compare.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    _check_pair(reference, estimate, skip)
    inside = slice(skip, reference.shape[1] - skip)
    signal = reference[:, inside].double()
    error = signal - estimate[:, inside].double()
    ratio = signal.square().sum(dim=1) / error.square().sum(dim=1)
    return 10 * torch.log10(ratio)


def log_spectral_distance_db(
    reference: Tensor, estimate: Tensor, config: StftConfig
) -> Tensor:
    """How different two sounds look, whatever their phases are.

    Parameters
    ----------
    reference : Tensor, shape (B, N)
        The sound as it was.
    estimate : Tensor, shape (B, N)
        The sound as it came back.
    config : StftConfig
        Resolution of the comparison.

    Returns
    -------
    Tensor, shape (B,)
        Root mean square difference of the levels of all bins, in dB. Levels
        lower than 80 dB below the reference's loudest bin count as that.

    Raises
    ------
    CourseError
        If the shapes differ.

    References
    ----------
    Gray and Markel (1976), Distance measures for speech processing.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    _check_pair(reference, estimate, 0)
    magnitude = waveform_to_stft(reference, config).abs()
    other = waveform_to_stft(estimate, config).abs()
    loudest = magnitude.amax(dim=(1, 2), keepdim=True)
    floor = (loudest * 10 ** (DB_FLOOR / 20)).clamp_min(1e-12)
    levels = [torch.maximum(m, floor).log10() for m in (magnitude, other)]
    difference = 20 * (levels[0] - levels[1])
    return difference.square().mean(dim=(1, 2)).sqrt()


def _check_pair(reference: Tensor, estimate: Tensor, skip: int) -> None:
    """Raise `CourseError` unless both can be compared sample by sample."""
    if reference.shape != estimate.shape:
        raise CourseError(
            "two waveforms of one shape",
            f"{tuple(reference.shape)} and {tuple(estimate.shape)}",
            "crop the longer one",
        )
    if reference.ndim != 2 or reference.shape[1] <= 2 * skip:
        raise CourseError(
            f"waveforms (B, N) longer than the {2 * skip} samples skipped",
            f"shape {tuple(reference.shape)}",
            "skip less",
        )
