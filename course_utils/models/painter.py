"""A small 2-D convolutional net that paints an angle into a spectral image.

It is made to compare what can be learnt about a sound's phase: the same net
is trained once on raw phase and once on instantaneous frequency. An angle is
painted as its cosine and sine, so that no jump from pi to -pi is asked of
the net in either case.

Axes: B batch, F bins, T frames.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_utils.basics.checks import CourseError, check_range


@dataclass(frozen=True)
class PainterConfig:
    """Sizes of the net. Plain numbers are counts."""

    in_channels: int = 5  # planes of the input image
    channels: int = 24
    n_layers: int = 3  # convolutions of 3 x 3, before a last one of 1 x 1
    clock_frames: int = 0  # T, if each frame learns values of its own

    def __post_init__(self) -> None:
        check_range("in_channels", self.in_channels, 1, 1024)
        check_range("channels", self.channels, 1, 1024)
        check_range("n_layers", self.n_layers, 1, 32)
        check_range("clock_frames", self.clock_frames, 0, 100_000, "frames")

    @property
    def reach(self) -> int:
        """Frames that an output sees to its left, and to its right."""
        return self.n_layers


class PhasePainter(nn.Module):
    """Map the planes of a spectral image to one angle per pixel.

    Without a clock the net treats all frames alike: an input moved by some
    frames gives the output moved as far, except near the edges.

    Parameters
    ----------
    config : PainterConfig
        Sizes.
    """

    def __init__(self, config: PainterConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.in_channels] + [config.channels] * config.n_layers
        self.layers = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1)
            for n_in, n_out in pairwise(widths)
        )
        self.last = nn.Conv2d(config.channels, 2, 1)
        self.clock = None
        if config.clock_frames:
            shape = (1, config.channels, 1, config.clock_frames)
            self.clock = nn.Parameter(torch.zeros(shape))

    def forward(self, planes: Tensor) -> Tensor:
        """Paint the cosine and sine of an angle.

        Parameters
        ----------
        planes : Tensor, shape (B, in_channels, F, T)
            What is known about the sound.

        Returns
        -------
        Tensor, shape (B, 2, F, T)
            Not normalised: `pair_to_angle` reads the angle; the length tells
            how sure the net is, if it was trained on squared error.

        Raises
        ------
        CourseError
            If the number of planes, or of frames for the clock, is wrong.
        """
        self._check(planes)
        x = self.layers[0](planes)
        if self.clock is not None:
            x = x + self.clock
        for layer in self.layers[1:]:
            x = layer(F.leaky_relu(x, 0.2))
        return self.last(F.leaky_relu(x, 0.2))

    def _check(self, planes: Tensor) -> None:
        """Refuse an input that the first layer or the clock cannot take."""
        n_planes, n_frames = self.config.in_channels, self.config.clock_frames
        wrong = planes.ndim != 4 or planes.shape[1] != n_planes
        if wrong or (n_frames and planes.shape[3] != n_frames):
            raise CourseError(
                f"planes of shape (B, {n_planes}, F, {n_frames or 'T'})",
                f"shape {tuple(planes.shape)}",
                "stack the planes on axis 1; a clock fixes the frames",
            )


def angle_to_pair(angle: Tensor) -> Tensor:
    """Write angles (B, F, T) in radians as cosine and sine, (B, 2, F, T)."""
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)


def pair_to_angle(pair: Tensor) -> Tensor:
    """Read the angles (B, F, T), in radians, from (B, 2, F, T)."""
    return torch.atan2(pair[:, 1], pair[:, 0])


def painting_loss(painted: Tensor, angle: Tensor, weight: Tensor) -> Tensor:
    """Return the mean squared error of the painted cosines and sines.

    Parameters
    ----------
    painted : Tensor, shape (B, 2, F, T)
        From the net.
    angle : Tensor, shape (B, F, T)
        The target, in radians; whole turns do not matter.
    weight : Tensor, shape (B, F, T)
        How much each pixel counts; magnitude, so that silence does not.

    Returns
    -------
    Tensor, shape ()
        0 if all is right; 1 for a net that paints zeros, that is, for one
        that knows nothing; 2 for a confident guess at random.
    """
    error = (painted - angle_to_pair(angle)).square().sum(dim=1)
    return (error * weight).sum() / weight.sum()
