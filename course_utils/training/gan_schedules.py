"""Learning rates and sizes that change while a GAN trains.

Everything counts the real images that were shown, so that a schedule means
the same for every batch size, and its place needs no saving of its own.

Sources: Loshchilov and Hutter (2017), SGDR, arXiv:1608.03983; Karras et al.
(2018), arXiv:1710.10196, appendix A.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from course_utils.basics.checks import CourseError, check_range


class Rate(Protocol):
    """A learning rate that may depend on the images shown so far."""

    def at(self, n_images: int) -> float:
        """Return the learning rate after `n_images`."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same rate from the first image to the last."""

    base: float

    def at(self, n_images: int) -> float:
        """Return the learning rate, whatever `n_images` is."""
        return self.base


@dataclass(frozen=True)
class MultiStep:
    """A rate that falls at milestones, for the generator.

    Parameters
    ----------
    base : float
        Rate before the first milestone.
    milestones : tuple of int
        In images; at each the rate is multiplied by `factor`.
    factor : float
        Below 1.
    warm_up : int
        In images; over the first of them the rate rises from 0 in a
        straight line, while the discriminator finds its feet.

    References
    ----------
    Without warm-up the same as `torch.optim.lr_scheduler.MultiStepLR`.

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """

    base: float
    milestones: tuple[int, ...]
    factor: float = 0.5
    warm_up: int = 0

    def at(self, n_images: int) -> float:
        """Return the learning rate after `n_images`."""
        passed = sum(n_images >= milestone for milestone in self.milestones)
        risen = min(n_images / self.warm_up, 1.0) if self.warm_up else 1.0
        return self.base * self.factor**passed * risen


@dataclass(frozen=True)
class CosineRestarts:
    """A rate that falls along a cosine and jumps up again.

    Parameters
    ----------
    base, floor : float
        Rate at the start and just before the end of a period.
    period : int
        Length of the first period, in images.
    growth : int
        Each period is this many times as long as the last.

    References
    ----------
    Loshchilov and Hutter (2017), equation 5; same as
    `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """

    base: float
    period: int
    growth: int = 1
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_range("period", self.period, 1, 10**12, "images")
        check_range("growth", self.growth, 1, 100)

    def at(self, n_images: int) -> float:
        """Return the learning rate after `n_images`."""
        start, length = 0, self.period
        while n_images >= start + length:
            if self.growth == 1:
                start = n_images // length * length
            else:
                start, length = start + length, length * self.growth
        share = (n_images - start) / length
        cosine = (1 + math.cos(math.pi * share)) / 2
        return self.floor + (self.base - self.floor) * cosine


@dataclass(frozen=True)
class Stage:
    """A stretch of training at one image size.

    Parameters
    ----------
    block : int
        The last block in use (see `models.gansynth`).
    n_images : int
        How many real images it lasts.
    batch_size : int
        B.
    fades_in : bool
        True while the block is new: its weight alpha rises from 0 to 1.
    """

    block: int
    n_images: int
    batch_size: int
    fades_in: bool = False

    def __post_init__(self) -> None:
        check_range("block", self.block, 0, 64)
        check_range("images of a stage", self.n_images, 1, 10**12)
        check_range("batch size", self.batch_size, 1, 65_536)


@dataclass(frozen=True)
class Place:
    """Where in the stages a training stands."""

    stage: int
    block: int
    alpha: float
    batch_size: int


def place_at(stages: Sequence[Stage], n_images: int) -> Place:
    """Return the stage after `n_images`; the last stage has no end.

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """
    if not stages:
        raise CourseError("at least one stage", "none", "see RECIPES")
    start = 0
    for index, stage in enumerate(stages):
        end = start + stage.n_images
        if n_images < end or index == len(stages) - 1:
            share = min((n_images - start) / stage.n_images, 1.0)
            alpha = share if stage.fades_in else 1.0
            return Place(index, stage.block, alpha, stage.batch_size)
        start = end
    raise AssertionError("the last stage has no end")


def growing_stages(
    n_blocks: int, n_images: int, batch_sizes: Sequence[int]
) -> tuple[Stage, ...]:
    """Return stable and fading stages by turns, as the paper has them.

    Parameters
    ----------
    n_blocks : int
        Sizes of the image, the smallest first.
    n_images : int
        Length of every stage; the paper's is 800,000.
    batch_sizes : sequence of int
        B of every size.

    Returns
    -------
    tuple of Stage
        2 n_blocks - 1 stages: 13 for the paper's seven sizes.

    Raises
    ------
    CourseError
        If there is not one batch size for every block.
    """
    check_range("blocks", n_blocks, 1, 65)
    if len(batch_sizes) != n_blocks:
        raise CourseError(
            f"a batch size for each of {n_blocks} blocks",
            f"{len(batch_sizes)} batch sizes",
            "name one for every size of the image, the smallest first",
        )
    stages = [Stage(0, n_images, batch_sizes[0])]
    for block in range(1, n_blocks):
        size = batch_sizes[block]
        stages.append(Stage(block, n_images, size, fades_in=True))
        stages.append(Stage(block, n_images, size))
    return tuple(stages)
