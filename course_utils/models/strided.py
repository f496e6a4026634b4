"""What a layer that makes `stride` samples per frame can and cannot do.

A transposed convolution lays one piece of waveform per frame and channel,
`stride` samples after the last, scaled by that frame's code. These are its
parts, each alone: laying the pieces, finding the best ones by least squares,
and a deep decoder made of several such layers.

Axes: B batch, N samples, K pieces (channels of the code), T frames, W width
of a piece in samples.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_utils.basics.checks import CourseError, check_choice, check_range

UPSAMPLERS = ("transposed", "nearest")


def lay_pieces(codes: Tensor, pieces: Tensor, stride: int) -> Tensor:
    """Lay every frame's pieces into one waveform: a transposed convolution.

    Parameters
    ----------
    codes : Tensor, shape (B, K, T)
        How loud, and with which sign, each piece is in each frame.
    pieces : Tensor, shape (K, W)
        The waveform of each piece.
    stride : int
        Samples from the start of one frame to the start of the next.

    Returns
    -------
    Tensor, shape (B, (T - 1) * stride + W)
        Where pieces overlap they are added.

    Raises
    ------
    CourseError
        If codes and pieces do not have the same K.
    """
    if codes.ndim != 3 or pieces.ndim != 2 or codes.shape[1] != len(pieces):
        raise CourseError(
            "codes (B, K, T) and pieces (K, W) with one K",
            f"{tuple(codes.shape)} and {tuple(pieces.shape)}",
            "give each piece its own row of codes",
        )
    return F.conv_transpose1d(codes, pieces[:, None], stride=stride)[:, 0]


def cut_frames(waveform: Tensor, stride: int) -> Tensor:
    """Cut a sound into frames that touch; a last part frame is left out.

    Parameters
    ----------
    waveform : Tensor, shape (N,)
        A sound.
    stride : int
        Samples in each frame.

    Returns
    -------
    Tensor, shape (N // stride, stride)
        One frame a row: what a layer of this stride has to reproduce.

    Raises
    ------
    CourseError
        If there is not one whole frame.
    """
    if waveform.ndim != 1 or len(waveform) < stride:
        raise CourseError(
            f"one sound (N,) of at least stride={stride} samples",
            f"shape {tuple(waveform.shape)}",
            "use a longer sound or a shorter stride",
        )
    return waveform.unfold(0, stride, stride)


def best_pieces(frames: Tensor, n_pieces: int) -> Tensor:
    """Find the K pieces that lose least if every frame may mix them freely.

    Parameters
    ----------
    frames : Tensor, shape (T, W)
        From `cut_frames`, of one sound or of many.
    n_pieces : int
        K, at most the smaller of T and W.

    Returns
    -------
    Tensor, shape (K, W)
        Orthonormal pieces, the most useful first; the best codes are
        `frames @ pieces.T`. No strided layer with K pieces as wide as its
        stride can reproduce these frames better.

    Raises
    ------
    CourseError
        If `n_pieces` is out of range.

    References
    ----------
    Eckart and Young (1936): truncating the singular value decomposition
    gives the nearest matrix of rank K.
    """
    check_range("n_pieces", n_pieces, 1, min(frames.shape), "pieces")
    return torch.linalg.svd(frames, full_matrices=False).Vh[:n_pieces]


def share_lost(frames: Tensor, pieces: Tensor) -> float:
    """Return the share of the energy that orthonormal pieces leave out.

    Parameters
    ----------
    frames : Tensor, shape (T, W)
        What is to be reproduced.
    pieces : Tensor, shape (K, W)
        Orthonormal, as `best_pieces` gives them.

    Returns
    -------
    float
        0 for a perfect copy, 1 where silence does as well.
    """
    missed = frames - (frames @ pieces.T) @ pieces
    return float(missed.square().sum() / frames.square().sum())


@dataclass(frozen=True)
class StridedDecoderConfig:
    """Sizes of the decoder. Plain numbers are counts."""

    code_channels: int = 8  # K
    channels: int = 16
    strides: tuple[int, ...] = (4, 4, 8)  # even; multiplied: samples a frame
    upsampler: str = "transposed"  # or "nearest": repeat, then convolve

    def __post_init__(self) -> None:
        check_choice("upsampler", self.upsampler, UPSAMPLERS)
        check_range("code_channels", self.code_channels, 1, 4096)
        check_range("channels", self.channels, 1, 4096)
        if not self.strides or any(s < 2 or s % 2 for s in self.strides):
            raise CourseError(
                "strides that are even numbers, 2 or more",
                self.strides,
                "use for example (4, 4, 8)",
            )

    @property
    def stride(self) -> int:
        """Samples that one frame of the code becomes."""
        return math.prod(self.strides)

    @property
    def border(self) -> int:
        """Samples at each end that may feel the zeros beyond the edges."""
        reach = 0
        for stride in self.strides:
            reach = reach * stride + 2 * stride + 1
        return reach


class StridedDecoder(nn.Module):
    """A waveform decoder as in WaveGAN: upsample, convolve, and again.

    Whatever the weights, a code that is the same in every frame becomes a
    sound that repeats each `stride` samples, but for the `border`; with the
    upsampler "nearest" it becomes a constant, which is silence.

    Parameters
    ----------
    config : StridedDecoderConfig
        Sizes.

    References
    ----------
    Donahue et al. (2019), Adversarial audio synthesis, arXiv:1802.04208.
    Deviation: kernels are two strides wide, and leaky ReLU is used.
    """

    def __init__(self, config: StridedDecoderConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels] * (len(config.strides) - 1) + [1]
        layers, n_in = [], config.code_channels
        for stride, n_out in zip(config.strides, widths, strict=True):
            layers += [_upsampler(config, n_in, n_out, stride)]
            layers += [nn.LeakyReLU(0.2)]
            n_in = n_out
        self.layers = nn.Sequential(*layers[:-1], nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        """Turn codes (B, K, T) into a waveform (B, T * stride)."""
        return self.layers(codes)[:, 0]


def _upsampler(
    config: StridedDecoderConfig, n_in: int, n_out: int, stride: int
) -> nn.Module:
    """Return a layer that makes `stride` samples of one."""
    if config.upsampler == "transposed":
        return nn.ConvTranspose1d(
            n_in, n_out, 2 * stride, stride, padding=stride // 2
        )
    return nn.Sequential(
        nn.Upsample(scale_factor=stride, mode="nearest"),
        nn.Conv1d(n_in, n_out, 2 * stride + 1, padding=stride),
    )
