"""Sound as a picture of two channels, and back: the GANSynth image.

Axes: waveform (B, N); image (B, 2, F, T) with channel 0 the log-magnitude
and channel 1 phase or instantaneous frequency (IF). F and T are powers of
two, because a network doubles them layer by layer: so the bin at 0 Hz is
left out, and zeros are put in front of the sound until T frames fit.

Source: Engel et al. (2019), GANSynth, arXiv:1902.08710, and its code.

Taught in: notebooks/12_spectral_images.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.basics.checks import CourseError, check_choice
from course_utils.spectral.checks import check_image, check_waveform
from course_utils.spectral.dc import restore_dc
from course_utils.spectral.mel import linear_to_mel, mel_to_linear
from course_utils.spectral.phase import (
    bin_advance,
    deviation_to_if,
    if_to_deviation,
    if_to_phase,
    phase_to_if,
)
from course_utils.spectral.stft import (
    StftConfig,
    stft_to_waveform,
    waveform_to_stft,
)

# A network's image is the transform of no sound: where a single frame is left
# at the end, its error must not be blown up into a click (see `floor` of
# `stft_to_waveform`). Costs the last third of a window, which fades.
END_FLOOR = 0.25
SCALES = ("linear", "mel")
PHASES = ("if", "raw", "if_centred")


@dataclass(frozen=True)
class ImageConfig:
    """Sizes and kind of a spectral image; plain numbers are counts.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    n_samples : int
        N, the length of the sounds.
    n_fft, hop_length : int
        Window and step, in samples; the step is at most half the window.
    n_frames : int
        T. What the frames reach beyond `n_samples` is zeros, in front.
    scale : str
        "linear": F = n_fft / 2 bins, exact inverse. "mel": as many mel
        bands, with a rough inverse.
    phase : str
        "if": advance of the phase per hop in units of pi. "if_centred": the
        same, measured from each bin's centre frequency. "raw": the phase
        in units of pi.
    log_offset : float
        Added to the magnitude before the logarithm.

    Raises
    ------
    CourseError
        If the numbers do not fit together.
    """

    sample_rate: int
    n_samples: int
    n_fft: int
    hop_length: int
    n_frames: int
    scale: str = "linear"
    phase: str = "if"
    log_offset: float = 1e-6

    def __post_init__(self) -> None:
        check_choice("scale", self.scale, SCALES)
        check_choice("phase", self.phase, PHASES)
        if self.scale == "mel" and self.phase == "raw":
            raise CourseError(
                "phase 'if' or 'if_centred' on the mel scale",
                "'raw'",
                "raw phases of neighbouring bins cannot be averaged",
            )
        if not self.log_offset > 0:
            raise CourseError(
                "a log_offset above 0", self.log_offset, "ln(0) is infinite"
            )
        self._check_sizes()

    def _check_sizes(self) -> None:
        """Raise `CourseError` if the sizes do not fit together."""
        if min(self.sample_rate, self.n_samples) < 1 or self.n_frames < 2:
            raise CourseError(
                "a sample_rate and n_samples of 1 or more, 2 frames or more",
                (self.sample_rate, self.n_samples, self.n_frames),
                "start from one of IMAGES",
            )
        if 2 * self.stft.hop_length > self.n_fft:
            raise CourseError(
                f"a hop_length of at most n_fft / 2 = {self.n_fft // 2}",
                self.hop_length,
                "frames must overlap by half, or phase cannot be followed",
            )
        if self.n_padding < 0:
            raise CourseError(
                f"frames that reach over n_samples={self.n_samples}",
                f"{self.n_samples + self.n_padding} samples reached",
                "raise n_frames or hop_length, or shorten the sounds",
            )

    @property
    def stft(self) -> StftConfig:
        """Window and hop."""
        return StftConfig(self.n_fft, self.hop_length)

    @property
    def n_rows(self) -> int:
        """F of the image: n_fft / 2."""
        return self.n_fft // 2

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (2, F, T) of one image."""
        return (2, self.n_rows, self.n_frames)

    @property
    def n_padding(self) -> int:
        """Zeros in front of the sound, in samples."""
        return self.stft.n_covered(self.n_frames) - self.n_samples

    @property
    def duration_s(self) -> float:
        """Length of the sounds in seconds."""
        return self.n_samples / self.sample_rate


# paper: Engel et al. (2019), with the high frequency resolution ("+ H").
IMAGES = {
    "smoke": ImageConfig(16_000, 4_000, 256, 64, 64),
    "cpu": ImageConfig(16_000, 16_000, 1024, 256, 64),
    "colab": ImageConfig(16_000, 32_000, 1024, 256, 128),
    "paper": ImageConfig(16_000, 64_000, 2048, 512, 128),
    "paper_low_resolution": ImageConfig(16_000, 64_000, 1024, 256, 256),
}


def waveform_to_image(waveform: Tensor, config: ImageConfig) -> Tensor:
    """Draw sounds as images that a convolutional network can learn.

    Parameters
    ----------
    waveform : Tensor, shape (B, n_samples)
        float32 or float64; 1 is full scale.
    config : ImageConfig
        Sizes and kind of the images.

    Returns
    -------
    Tensor, shape (B, 2, F, T)
        Channel 0: ln(magnitude + log_offset), for mel ln(power +
        log_offset). Channel 1: as `config.phase` says, in [-1, 1].

    Raises
    ------
    CourseError
        If the waveform is not a finite float batch of `n_samples` samples.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    check_waveform(waveform, config.n_samples)
    padded = functional.pad(waveform, (config.n_padding, 0))
    stft = waveform_to_stft(padded, config.stft)
    return stft_to_image(stft[:, 1:], config)


def image_to_waveform(
    image: Tensor, config: ImageConfig, *, with_dc: bool = True
) -> Tensor:
    """Play images: the inverse of `waveform_to_image`.

    Parameters
    ----------
    image : Tensor, shape (B, 2, F, T)
        Drawn from a sound or by a network.
    config : ImageConfig
        As it was for `waveform_to_image`.
    with_dc : bool
        True gives back the bin at 0 Hz, which the other bins determine;
        False leaves it at zero, as the paper does.

    Returns
    -------
    Tensor, shape (B, n_samples)
        Exact on the linear scale but for the last third of a window, which
        fades. Not clipped to [-1, 1].

    Raises
    ------
    CourseError
        If the image has another shape or holds NaN.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    stft = image_to_stft(image, config)
    if with_dc:
        stft = restore_dc(stft, config.stft)
    else:
        stft = functional.pad(stft, (0, 0, 1, 0))
    n_padded = config.n_padding + config.n_samples
    waveform = stft_to_waveform(stft, config.stft, n_padded, floor=END_FLOOR)
    return waveform[:, config.n_padding :]


def stft_to_image(stft: Tensor, config: ImageConfig) -> Tensor:
    """Write complex numbers as log-magnitude and phase channel.

    Parameters
    ----------
    stft : Tensor, shape (B, F, T), complex
        The bins 1 to n_fft / 2.
    config : ImageConfig
        Kind of the images.

    Returns
    -------
    Tensor, shape (B, 2, F, T)
    """
    log_magnitude = torch.log(stft.abs() + config.log_offset)
    phase = stft.angle()
    raw = config.phase == "raw"
    channel = phase / math.pi if raw else phase_to_if(phase)
    if config.phase == "if_centred":
        channel = if_to_deviation(channel, _advance(config, channel))
    image = torch.stack([log_magnitude, channel], dim=1)
    if config.scale == "mel":
        image = linear_to_mel(image, config.sample_rate, config.log_offset)
    return image


def image_to_stft(image: Tensor, config: ImageConfig) -> Tensor:
    """Read images as complex numbers: the inverse of `stft_to_image`.

    Parameters
    ----------
    image : Tensor, shape (B, 2, F, T)
        Drawn from a sound or by a network.
    config : ImageConfig
        As it was for `stft_to_image`.

    Returns
    -------
    Tensor, shape (B, F, T), complex
        The bins 1 to n_fft / 2.

    Raises
    ------
    CourseError
        If the image has another shape or holds NaN.
    """
    check_image(image, config.shape)
    if config.scale == "mel":
        image = mel_to_linear(image, config.sample_rate, config.log_offset)
    magnitude = (torch.exp(image[:, 0]) - config.log_offset).clamp_min(0)
    channel = image[:, 1]
    if config.phase == "raw":
        return torch.polar(magnitude, math.pi * channel)
    if config.phase == "if_centred":
        channel = deviation_to_if(channel, _advance(config, channel))
    return torch.polar(magnitude, if_to_phase(channel))


def _advance(config: ImageConfig, like: Tensor) -> Tensor:
    """Return the advance of the rows' centres, shape (F, 1)."""
    return bin_advance(config.stft, like)[1:]
