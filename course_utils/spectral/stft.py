"""Short-time Fourier transform and its inverse, for whole batches at once.

Axes: B batch, N samples, F = n_fft // 2 + 1 bins, T frames. Frame t sees
the samples from t * hop_length on; nothing is padded and nothing centred,
so that every frame can be checked by hand.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.basics.checks import CourseError
from course_utils.spectral.checks import check_stft, check_waveform

# At the very ends the sum of the squared windows goes to 0, and dividing by
# it would blow up rounding errors. It is kept above this share of its largest
# value; the samples concerned (the first and last milliseconds) fade.
WINDOW_SUM_FLOOR = 0.01


@dataclass(frozen=True)
class StftConfig:
    """Sizes of the transform, both in samples.

    Parameters
    ----------
    n_fft : int
        Length of the Hann window and of the Fourier transform; even.
    hop_length : int
        Step from one frame to the next, at most `n_fft`.

    Raises
    ------
    CourseError
        If a size is impossible.
    """

    n_fft: int
    hop_length: int

    def __post_init__(self) -> None:
        if self.n_fft < 4 or self.n_fft % 2:
            raise CourseError(
                "an even n_fft of at least 4 samples",
                self.n_fft,
                "a power of two such as 512 is the usual choice",
            )
        if not 1 <= self.hop_length <= self.n_fft:
            raise CourseError(
                f"a hop_length from 1 to n_fft={self.n_fft} samples",
                self.hop_length,
                "with a longer hop, samples between two frames are lost",
            )

    @property
    def n_bins(self) -> int:
        """F, from 0 Hz up to half the sample rate, both included."""
        return self.n_fft // 2 + 1

    def n_frames(self, n_samples: int) -> int:
        """T, the frames that fit whole into `n_samples`."""
        return max(0, 1 + (n_samples - self.n_fft) // self.hop_length)

    def n_covered(self, n_frames: int) -> int:
        """Samples from the start of the first to the end of the last frame."""
        return self.hop_length * (n_frames - 1) + self.n_fft


def waveform_to_stft(waveform: Tensor, config: StftConfig) -> Tensor:
    """Cut a sound into windowed frames and find the frequencies of each.

    Parameters
    ----------
    waveform : Tensor, shape (B, N), N >= n_fft
        float32 or float64; 1 is full scale.
    config : StftConfig
        Window (Hann, periodic) and hop.

    Returns
    -------
    Tensor, shape (B, F, T), complex
        Samples after the last whole frame are not seen.

    Raises
    ------
    CourseError
        If the waveform is not a finite batch of at least `n_fft` samples.

    References
    ----------
    Same as `torch.stft` and `librosa.stft` without centring.

    Taught in: notebooks/10_sound_as_numbers.ipynb
    """
    check_waveform(waveform)
    if waveform.shape[1] < config.n_fft:
        raise CourseError(
            f"at least n_fft={config.n_fft} samples",
            f"{waveform.shape[1]} samples",
            "append zeros or choose a smaller n_fft",
        )
    return torch.stft(
        waveform,
        config.n_fft,
        config.hop_length,
        window=hann_window(config, waveform),
        center=False,
        return_complex=True,
    )


def stft_to_waveform(
    stft: Tensor,
    config: StftConfig,
    n_samples: int,
    *,
    floor: float = WINDOW_SUM_FLOOR,
) -> Tensor:
    """Add the frames up again: the inverse of `waveform_to_stft`.

    Parameters
    ----------
    stft : Tensor, shape (B, F, T), complex
        It need not be the transform of any sound; then the result is the
        sound whose transform is nearest.
    config : StftConfig
        As it was for `waveform_to_stft`.
    n_samples : int
        N, the length wanted; longer than the frames reach gives zeros.
    floor : float
        Least sum of squared windows that is divided by, as a share of the
        largest. Raise it for an STFT that is not the transform of a sound:
        its frames disagree, and at the ends, where one frame is alone, a
        low floor would make that a click.

    Returns
    -------
    Tensor, shape (B, N)
        Exact, but for the first and last samples, which few frames see:
        there it fades.

    Raises
    ------
    CourseError
        If `stft` is not complex or has another number of bins.

    References
    ----------
    Griffin and Lim (1984), eq. 6: overlap-add, divided by the sum of the
    squared windows.

    Taught in: notebooks/10_sound_as_numbers.ipynb
    """
    check_stft(stft, config.n_bins)
    total = window_square_sum(config, stft.shape[-1], stft.real)
    total = total.clamp_min(floor * total.max())
    waveform = overlap_add(stft, config) / total
    missing = n_samples - waveform.shape[1]
    return functional.pad(waveform, (0, missing))  # a negative pad crops


def overlap_add(stft: Tensor, config: StftConfig) -> Tensor:
    """Transform back, window again, and add the frames where they lay.

    Parameters
    ----------
    stft : Tensor, shape (B, F, T), complex
        All bins from 0 Hz on.
    config : StftConfig
        With which it was made.

    Returns
    -------
    Tensor, shape (B, hop_length * (T - 1) + n_fft)
        Not yet divided by `window_square_sum`.
    """
    frames = torch.fft.irfft(stft.mT, n=config.n_fft)  # (B, T, n_fft)
    return _add_shifted(frames * hann_window(config, frames), config)


def window_square_sum(
    config: StftConfig, n_frames: int, like: Tensor
) -> Tensor:
    """Return the sum over all frames of the squared window.

    Returns
    -------
    Tensor, shape (hop_length * (n_frames - 1) + n_fft,)
        With the dtype and device of `like`. Flat in the middle.
    """
    squared = hann_window(config, like).square()
    frames = squared.expand(1, n_frames, -1)
    return _add_shifted(frames, config)[0]


def hann_window(config: StftConfig, like: Tensor) -> Tensor:
    """Return the periodic Hann window, shape (n_fft,), as `like` is stored."""
    # Computed in float64: near its ends float32 loses the small values.
    window = torch.hann_window(config.n_fft, dtype=torch.float64)
    return window.to(dtype=like.dtype, device=like.device)


def fit_length(waveform: Tensor, n_samples: int) -> Tensor:
    """Crop sounds, or append zeros, to exactly `n_samples` samples.

    Parameters
    ----------
    waveform : Tensor, shape (B, N)
        float32 or float64.
    n_samples : int
        The length wanted.

    Returns
    -------
    Tensor, shape (B, n_samples)

    Raises
    ------
    CourseError
        If the waveform is not a finite float batch.
    """
    check_waveform(waveform)
    return functional.pad(waveform, (0, n_samples - waveform.shape[1]))


def _add_shifted(frames: Tensor, config: StftConfig) -> Tensor:
    """Add frames (B, T, n_fft), each `hop_length` later than the last."""
    hop = config.hop_length
    n_parts = -(-config.n_fft // hop)  # of a hop's length; the last is filled
    filled = functional.pad(frames, (0, n_parts * hop - config.n_fft))
    parts = filled.unflatten(-1, (n_parts, hop))  # (B, T, parts, hop)
    n_frames = frames.shape[1]
    n_hops = n_frames + n_parts - 1
    summed = frames.new_zeros(len(frames), n_hops, hop)
    for late in range(n_parts):
        summed[:, late : late + n_frames] += parts[:, :, late]
    return summed.flatten(1)[:, : config.n_covered(n_frames)]
