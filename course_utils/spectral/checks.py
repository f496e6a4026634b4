"""What a sound, an STFT and an image must be before anything is computed.

Axes: B batch, N samples, F bins, T frames.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError

FLOATS = (torch.float32, torch.float64)


def check_waveform(waveform: Tensor, n_samples: int | None = None) -> None:
    """Raise `CourseError` unless this is a finite batch of sounds.

    Parameters
    ----------
    waveform : Tensor, shape (B, N)
        float32 or float64, finite, not empty.
    n_samples : int, optional
        N, if it must have this very length.
    """
    if not isinstance(waveform, Tensor) or waveform.ndim != 2:
        raise CourseError(
            "waveforms as a torch tensor of shape (B, N)",
            _describe(waveform),
            "write torch.as_tensor(x)[None] for one sound of shape (N,)",
        )
    if waveform.dtype not in FLOATS:
        raise CourseError(
            "samples in float32, 1 being full scale",
            waveform.dtype,
            "divide 16-bit integers by 32768, or call .float()",
        )
    if waveform.numel() == 0:
        raise CourseError(
            "waveforms with samples in them",
            _describe(waveform),
            "leave empty sounds out",
        )
    if n_samples is not None and waveform.shape[1] != n_samples:
        raise CourseError(
            f"{n_samples} samples",
            f"{waveform.shape[1]} samples",
            "crop it or append zeros with spectral.stft.fit_length",
        )
    _check_finite(waveform, "samples", "a broken file or a division by zero")


def check_stft(stft: Tensor, n_bins: int) -> None:
    """Raise `CourseError` unless this is complex, of shape (B, n_bins, T)."""
    is_complex = isinstance(stft, Tensor) and stft.is_complex()
    if not is_complex or stft.ndim != 3 or stft.shape[1] != n_bins:
        raise CourseError(
            f"a complex STFT of shape (B, {n_bins}, T)",
            _describe(stft),
            "use the StftConfig that the STFT was made with",
        )
    if stft.shape[2] == 0:
        raise CourseError(
            "an STFT with frames in it",
            _describe(stft),
            "look for a sound shorter than n_fft",
        )


def check_image(image: Tensor, shape: tuple[int, int, int]) -> None:
    """Raise `CourseError` unless these are finite images.

    Parameters
    ----------
    image : Tensor, shape (B, 2, F, T)
        float32 or float64, finite.
    shape : tuple of int
        (2, F, T) of one image.
    """
    is_float = isinstance(image, Tensor) and image.dtype in FLOATS
    if not is_float or image.ndim != 4 or tuple(image.shape[1:]) != shape:
        raise CourseError(
            f"float images of shape (B, {', '.join(map(str, shape))})",
            _describe(image),
            "use the ImageConfig that the images were made with",
        )
    _check_finite(image, "images", "a diverged training")


def _check_finite(value: Tensor, what: str, cause: str) -> None:
    """Raise `CourseError` if a number is NaN or infinite."""
    if not torch.isfinite(value).all():
        raise CourseError(
            f"finite {what}", "NaN or infinity", f"look for {cause}"
        )


def _describe(value: object) -> str:
    """Return shape and dtype of a tensor, or the type of anything else."""
    kind = type(value).__name__
    if not hasattr(value, "shape"):
        return kind
    return f"{kind} of shape {tuple(value.shape)} and dtype {value.dtype}"
