"""The layers of a progressive GAN, each a few lines.

Axes: B batch, C channels, F rows (frequency), T frames.

Sources: Karras et al. (2018), Progressive growing of GANs, arXiv:1710.10196,
sections 3 and 4; Engel et al. (2019), GANSynth, arXiv:1902.08710.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

import math
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2  # of the leaky ReLU
TINY = 1e-8


def leaky_relu(x: Tensor) -> Tensor:
    """Return x where positive, a fifth of it where negative."""
    return functional.leaky_relu(x, SLOPE)


def pixel_norm(x: Tensor) -> Tensor:
    """Give the channels of every pixel a mean square of 1.

    So no pixel can grow without end while two networks race each other.

    Parameters
    ----------
    x : Tensor, shape (B, C, ...)
        Channels on axis 1.

    Returns
    -------
    Tensor, same shape

    References
    ----------
    Karras et al. (2018), section 4.2.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """
    mean_square = x.square().mean(dim=1, keepdim=True)
    return x * torch.rsqrt(mean_square + TINY)


def he_scale(fan_in: int) -> float:
    """Return the factor that keeps the size of a signal: sqrt(2 / fan-in)."""
    return math.sqrt(2 / fan_in)


class EqualConv2d(nn.Module):
    """A convolution whose weights are stored as N(0, 1) and scaled when used.

    Adam changes every stored weight by about the learning rate a step,
    whatever its size. So layers with many inputs, whose weights must be
    small, learn as fast as the others: the learning rate is equalised.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    kernel : pair of int
        Rows and frames of the kernel; odd. The size of the image stays.

    References
    ----------
    Karras et al. (2018), section 4.1.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """

    def __init__(
        self, n_in: int, n_out: int, kernel: tuple[int, int] = (3, 3)
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *kernel))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.scale = he_scale(n_in * kernel[0] * kernel[1])

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out, F, T) for x of shape (B, n_in, F, T)."""
        weight = self.weight * self.scale
        padding = [size // 2 for size in weight.shape[2:]]
        return functional.conv2d(x, weight, self.bias, padding=padding)


class EqualLinear(nn.Module):
    """A dense layer with an equalised learning rate; see `EqualConv2d`."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_in))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.scale = he_scale(n_in)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out) for x of shape (B, n_in)."""
        return functional.linear(x, self.weight * self.scale, self.bias)


class VectorToImage(nn.Module):
    """The first layer of a generator: from a vector to the smallest image.

    The same as a convolution with a kernel of the image's size over the
    vector padded with zeros, as GANSynth does it, without the zeros: every
    row and frame has weights of its own, a channel shares one bias.

    Parameters
    ----------
    n_in : int
        Length of the vector.
    n_out : int
        Channels of the image.
    n_rows, n_frames : int
        F and T of the image.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """

    def __init__(
        self, n_in: int, n_out: int, n_rows: int, n_frames: int
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out, n_rows, n_frames))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.scale = he_scale(n_in)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out, F, T) for x of shape (B, n_in)."""
        # A matrix product; a transposed convolution does the same, slower.
        image = x @ (self.weight.flatten(1) * self.scale)
        image = image.unflatten(1, self.weight.shape[1:])
        return image + self.bias[:, None, None]


class ImageToVector(nn.Module):
    """The mirror of `VectorToImage`: a convolution that covers the image."""

    def __init__(
        self, n_in: int, n_out: int, n_rows: int, n_frames: int
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_out, n_in, n_rows, n_frames))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.scale = he_scale(n_in * n_rows * n_frames)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out) for x of shape (B, n_in, F, T)."""
        weight = self.weight.flatten(1) * self.scale
        return functional.linear(x.flatten(1), weight, self.bias)


def upsample(x: Tensor, factors: tuple[int, int]) -> Tensor:
    """Repeat every pixel: nearest neighbour, so that no pattern is added.

    Parameters
    ----------
    x : Tensor, shape (B, C, F, T)
        Image.
    factors : pair of int
        How often rows and frames are repeated.

    Returns
    -------
    Tensor, shape (B, C, F * factors[0], T * factors[1])

    Taught in: notebooks/21_gansynth_layers.ipynb
    """
    return functional.interpolate(x, scale_factor=factors, mode="nearest")


def downsample(x: Tensor, factors: tuple[int, int]) -> Tensor:
    """Average neighbouring pixels: the mirror of `upsample`."""
    return functional.avg_pool2d(x, factors)


def batch_variance(x: Tensor) -> Tensor:
    """Return the variance over a batch, shape (C, F, T)."""
    return x.var(dim=0, correction=0)


def add_minibatch_std(
    x: Tensor, variance_of: Callable[[Tensor], Tensor] = batch_variance
) -> Tensor:
    """Append a channel that says how different the items of a batch are.

    A generator that always draws the same note gives itself away: the
    number in this channel is then smaller than for real notes.

    Parameters
    ----------
    x : Tensor, shape (B, C, F, T)
        Features.
    variance_of : callable
        Measures the variance; another one if `x` is a part of a batch.

    Returns
    -------
    Tensor, shape (B, C + 1, F, T)
        The new channel holds one number: the standard deviation over the
        batch, averaged over all channels and pixels.

    References
    ----------
    Karras et al. (2018), section 3; Salimans et al. (2016).

    Taught in: notebooks/21_gansynth_layers.ipynb
    """
    std = torch.sqrt(variance_of(x) + TINY).mean()
    return torch.cat([x, std.expand_as(x[:, :1])], dim=1)


def fold(x: Tensor, factors: tuple[int, int]) -> Tensor:
    """Put blocks of pixels into channels: smaller images, nothing lost.

    Convolutions at the full size of an image cost most; on the folded image
    they see the same numbers at a fraction of the cost.

    Parameters
    ----------
    x : Tensor, shape (B, C, F, T)
        Image.
    factors : pair of int
        Rows and frames of a block.

    Returns
    -------
    Tensor, shape (B, C * factors[0] * factors[1], F / ..., T / ...)

    Taught in: notebooks/21_gansynth_layers.ipynb
    """
    rows, frames = factors
    return rearrange(x, "b c (f r) (t s) -> b (c r s) f t", r=rows, s=frames)


def unfold(x: Tensor, factors: tuple[int, int]) -> Tensor:
    """Put channels back into blocks of pixels: the inverse of `fold`."""
    rows, frames = factors
    return rearrange(x, "b (c r s) f t -> b c (f r) (t s)", r=rows, s=frames)


def init_equalised(model: nn.Module, rng: torch.Generator) -> None:
    """Draw all weights from N(0, 1), and set biases to zero.

    Parameters
    ----------
    model : nn.Module
        Made of the layers of this file; changed in place.
    rng : torch.Generator
        The same seed gives the same network.
    """
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim < 2:
                weight.zero_()
            else:
                weight.normal_(generator=rng)
