"""A GAN of points in the plane: small enough to see all that it does.

A point is written as an image of two channels and one pixel, so that the
losses, steps and schedules of the large GAN work on it unchanged. Real
points lie in round spots on a circle.

Axes: B batch; points (B, 2, 1, 1), channel 0 to the right, channel 1 up.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.gansynth import Judgement, Labels

ON_SPOT = 3.0  # a point this many spreads away still belongs to its spot
REACHED = 0.25  # of its fair share of points; from then on a spot is reached


@dataclass(frozen=True)
class ToyConfig:
    """The spots, and the sizes of both networks. Plain numbers are counts.

    Parameters
    ----------
    n_spots : int
        On a circle of radius 1.
    spread : float
        Standard deviation of a spot, in radii.
    n_labels : int
        1: points carry no label. `n_spots`: each carries its spot's.
    n_latent : int
        Length of the noise.
    width : int
        Of the two hidden layers of both networks.
    """

    n_spots: int = 8
    spread: float = 0.05
    n_labels: int = 1
    n_latent: int = 2
    width: int = 64

    def __post_init__(self) -> None:
        check_range("n_spots", self.n_spots, 1, 64)
        check_range("spread", self.spread, 1e-6, 1.0, "radii")
        check_range("n_latent", self.n_latent, 1, 64)
        check_range("width", self.width, 1, 1024)
        if self.n_labels not in (1, self.n_spots):
            raise CourseError(
                f"1 label, or one for each of the {self.n_spots} spots",
                self.n_labels,
                "set n_labels to 1 or to n_spots",
            )

    @property
    def centres(self) -> Tensor:
        """Middle of every spot, shape (n_spots, 2)."""
        angle = 2 * math.pi * torch.arange(self.n_spots) / self.n_spots
        return torch.stack([angle.cos(), angle.sin()], dim=1)

    def labels(self, spots: Tensor) -> Labels:
        """Return the labels of points that lie in these spots, (B,)."""
        nothing = torch.zeros_like(spots)
        return Labels(spots if self.n_labels > 1 else nothing, nothing)


class ToyGenerator(nn.Module):
    """Move noise to points; called as the large generator is.

    Parameters
    ----------
    config : ToyConfig
        Sizes.
    """

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.config = config
        n_inputs = config.n_latent + config.n_labels
        self.layers = _three_layers(n_inputs, config.width, 2)

    def forward(
        self,
        z: Tensor,
        labels: Labels,
        block: int | None = None,
        alpha: float = 1.0,
    ) -> Tensor:
        """Return points (B, 2, 1, 1); block and alpha change nothing."""
        one_hot = functional.one_hot(labels.pitch, self.config.n_labels)
        points = self.layers(torch.cat([z, one_hot.to(z)], dim=1))
        return points[:, :, None, None]


class ToyDiscriminator(nn.Module):
    """Score points, and guess their spots; called as the large one is.

    Parameters
    ----------
    config : ToyConfig
        Sizes.
    """

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.config = config
        n_outputs = 1 + config.n_labels
        self.layers = _three_layers(2, config.width, n_outputs)

    def forward(
        self, points: Tensor, block: int | None = None, alpha: float = 1.0
    ) -> Judgement:
        """Judge points (B, 2, 1, 1); block and alpha change nothing."""
        outputs = self.layers(points.flatten(1))
        return Judgement(outputs[:, 0], outputs[:, 1:], outputs[:, :0])


def draw_spots(
    n_points: int, config: ToyConfig, rng: torch.Generator
) -> tuple[Tensor, Labels]:
    """Draw real points: any spot, as often as any other.

    Parameters
    ----------
    n_points : int
        B.
    config : ToyConfig
        Where the spots lie.
    rng : torch.Generator
        Source of all chance.

    Returns
    -------
    points : Tensor, shape (B, 2, 1, 1)
    labels : Labels
        Which spot, or 0 for all if points carry no label.
    """
    check_range("n_points", n_points, 1, 10**7)
    spots = torch.randint(config.n_spots, (n_points,), generator=rng)
    noise = config.spread * torch.randn(n_points, 2, generator=rng)
    points = config.centres[spots] + noise
    return points[:, :, None, None], config.labels(spots)


def nearest_spot(points: Tensor, config: ToyConfig) -> tuple[Tensor, Tensor]:
    """Return the nearest spot of each point, and whether the point is on it.

    Parameters
    ----------
    points : Tensor, shape (B, 2, 1, 1)
        Real or drawn.
    config : ToyConfig
        Where the spots lie.

    Returns
    -------
    spot : Tensor of int64, shape (B,)
    on_it : Tensor of bool, shape (B,)
        At most three spreads away.
    """
    distance, spot = torch.cdist(points.flatten(1), config.centres).min(dim=1)
    return spot, distance <= ON_SPOT * config.spread


def n_spots_reached(points: Tensor, config: ToyConfig) -> int:
    """Count the spots that get a quarter of their fair share or more.

    Parameters
    ----------
    points : Tensor, shape (B, 2, 1, 1)
        Drawn points; a hundred for each spot or more.
    config : ToyConfig
        Where the spots lie.
    """
    spot, on_it = nearest_spot(points, config)
    counts = torch.bincount(spot[on_it], minlength=config.n_spots)
    fair = len(points) / config.n_spots
    return int((counts >= REACHED * fair).sum())


def energy_distance(points: Tensor, others: Tensor) -> float:
    """Tell how far two clouds of points are apart; 0 only for equal laws.

    Parameters
    ----------
    points, others : Tensor, shape (B, 2, 1, 1)
        Two clouds, of any sizes of 2 or more.

    Returns
    -------
    float
        Twice the mean distance between the clouds, less the mean distance
        within each. The estimate is unbiased, so it may fall slightly
        below 0 for equal clouds.

    References
    ----------
    Székely and Rizzo (2013), Energy statistics.
    """
    a, b = points.flatten(1).double(), others.flatten(1).double()
    check_range("points of a cloud", min(len(a), len(b)), 2, 10**5)
    between = torch.cdist(a, b).mean()
    return (2 * between - _within(a) - _within(b)).item()


def _within(points: Tensor) -> Tensor:
    """Return the mean distance of two different points of a cloud."""
    n_points = len(points)
    total = torch.cdist(points, points).sum()
    return total / (n_points * (n_points - 1))


def _three_layers(n_in: int, width: int, n_out: int) -> nn.Sequential:
    """Return a network of two hidden layers."""
    return nn.Sequential(
        nn.Linear(n_in, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, n_out),
    )
