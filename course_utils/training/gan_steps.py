"""One update of the discriminator, one of the generator, one of the average.

A step returns the numbers worth plotting. Random numbers come from the
generator `rng` alone.

Axes: B batch, F rows, T frames; images (B, 2, F, T).

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import Labels
from course_utils.models.generator import Generator
from course_utils.training.gan_losses import (
    Batch,
    NonSaturatingR1,
    WassersteinGp,
)
from course_utils.training.gan_schedules import Place
from course_utils.training.gan_variety import VarietyTerm, paired
from course_utils.training.processes import ALONE, Processes

Listen = Callable[[Tensor], Tensor]
BETAS = (0.0, 0.99)  # Adam without momentum, as in the paper


def as_drawn(images: Tensor) -> Tensor:
    """Return the images as they are: what a discriminator sees by default."""
    return images


@dataclass
class GanNets:
    """Both networks, the generator's running average, and their optimisers.

    Parameters
    ----------
    generator, average : Generator
        The one that learns, and the smoothed one that plays.
    discriminator : Discriminator
    """

    generator: Generator
    discriminator: Discriminator
    average: Generator

    def __post_init__(self) -> None:
        self.average.requires_grad_(False).eval()
        self.generator_optimizer = Adam(
            self.generator.parameters(), betas=BETAS
        )
        self.discriminator_optimizer = Adam(
            self.discriminator.parameters(), betas=BETAS
        )


@dataclass(frozen=True)
class GanRules:
    """What both steps share.

    Parameters
    ----------
    loss : WassersteinGp or NonSaturatingR1
    listen : callable
        What becomes of a drawn image before it is judged.
    bfloat16 : bool
        Multiply in bfloat16 where that is safe.
    variety : VarietyTerm, optional
        Added to the generator's loss; its notes are then drawn in pairs.
    processes : Processes
        Who shares the batches.
    """

    loss: WassersteinGp | NonSaturatingR1
    listen: Listen = as_drawn
    bfloat16: bool = False
    variety: VarietyTerm | None = None
    processes: Processes = ALONE

    def autocast(self, device: torch.device) -> torch.autocast:
        """Return the context in which the networks run."""
        return torch.autocast(
            device.type, torch.bfloat16, enabled=self.bfloat16
        )


def draw(
    nets: GanNets,
    rules: GanRules,
    labels: Labels,
    place: Place,
    rng: torch.Generator,
) -> Tensor:
    """Draw images of notes, (B, 2, F, T), not heard yet."""
    generator = nets.generator
    device = labels.pitch.device
    z = torch.randn(len(labels), generator.config.n_latent, generator=rng)
    with rules.autocast(device):
        images = generator(z.to(device), labels, place.block, place.alpha)
    return images.float()


def discriminator_step(
    nets: GanNets,
    rules: GanRules,
    real: Batch,
    labels: Labels,
    place: Place,
    step: int,
    rng: torch.Generator,
) -> dict[str, float]:
    """Update the discriminator once.

    Parameters
    ----------
    nets, rules
        Networks, loss and precision.
    real : Batch
        Real images at the size of `place`, and their labels: the rows of
        this process.
    labels : Labels
        Which notes to draw beside them, of the whole batch.
    place : Place
        Block and fade.
    step : int
        For losses that do not penalise at every step.
    rng : torch.Generator
        Source of all noise.

    Returns
    -------
    dict
        `discriminator_loss` and what the loss reports.
    """
    processes = rules.processes
    with processes.part(len(labels)) as part:
        labels = labels.rows(part.rows)
        with torch.no_grad():
            drawn = draw(nets, rules, labels, place, rng)
            fake = Batch(rules.listen(drawn), labels)
        judge = _judge(nets, place)
        with rules.autocast(fake.images.device):
            loss, numbers = rules.loss.discriminator_loss(
                judge, real, fake, rng, step
            )
        _update(nets.discriminator_optimizer, loss * part.share, processes)
    return processes.plain(numbers | {"discriminator_loss": loss})


def generator_step(
    nets: GanNets,
    rules: GanRules,
    labels: Labels,
    place: Place,
    rng: torch.Generator,
) -> dict[str, float]:
    """Update the generator once; see `discriminator_step`."""
    processes, variety = rules.processes, rules.variety
    labels = labels if variety is None else paired(labels)
    with processes.part(len(labels), 2 if variety else 1) as part:
        labels = labels.rows(part.rows)
        drawn = draw(nets, rules, labels, place, rng)
        fake = Batch(rules.listen(drawn), labels)
        nets.discriminator.requires_grad_(False)  # saves its gradients
        judge = _judge(nets, place)
        with rules.autocast(fake.images.device):
            loss, numbers = rules.loss.generator_loss(judge, fake)
        if variety is not None:
            missing = variety.loss(drawn, processes.mean)
            numbers["missing_variety"] = missing
            loss = loss + variety.weight * missing
        _update(nets.generator_optimizer, loss * part.share, processes)
        nets.discriminator.requires_grad_(True)
    return processes.plain(numbers)


@torch.no_grad()
def average_step(
    nets: GanNets, n_images: int, batch_size: int, half_life: int
) -> None:
    """Move the average towards the generator.

    Parameters
    ----------
    nets : GanNets
        Its average is changed in place.
    n_images : int
        Shown so far. At the start the average is short, a twentieth of
        them, so that it forgets the first, random weights.
    batch_size : int
        Images of this step.
    half_life : int
        After so many images an old weight counts half.

    References
    ----------
    Karras et al. (2018), section 4; the ramp is from Karras et al. (2020).
    """
    half_life = max(min(half_life, n_images / 20), 1e-6)
    share = 1 - 0.5 ** (batch_size / half_life)
    for mean, new in zip(
        nets.average.parameters(), nets.generator.parameters(), strict=True
    ):
        mean.lerp_(new, share)


def _judge(nets: GanNets, place: Place) -> Callable:
    """Return the discriminator at the size of `place`."""
    return partial(nets.discriminator, block=place.block, alpha=place.alpha)


def _update(optimizer: Optimizer, loss: Tensor, processes: Processes) -> None:
    """Change the weights of one network."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    (group,) = optimizer.param_groups
    processes.add_gradients(group["params"])
    optimizer.step()


def count_weights(net: nn.Module) -> int:
    """Return the number of weights of a network."""
    return sum(weight.numel() for weight in net.parameters())
