"""Two losses for a GAN, behind one interface.

A loss has two methods. Both take the discriminator as a function that turns
images into a `Judgement`, and return the loss with the numbers worth
plotting. None of them changes a weight.

Axes: B batch, F rows, T frames; images (B, 2, F, T).

Sources: Gulrajani et al. (2017), Improved training of Wasserstein GANs,
arXiv:1704.00028; Odena et al. (2017), arXiv:1610.09585; Mescheder et al.
(2018), arXiv:1801.04406; Karras et al. (2020), arXiv:1912.04958.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.models.gansynth import Judgement, Labels

Judge = Callable[[Tensor], Judgement]
Numbers = dict[str, Tensor]


class Batch(NamedTuple):
    """Images (B, 2, F, T) and which notes they are, or are meant to be."""

    images: Tensor
    labels: Labels


@dataclass(frozen=True)
class WassersteinGp:
    """WGAN-GP with drift and an auxiliary classifier: the paper's loss.

    Parameters
    ----------
    penalty_weight : float
        Of the gradient penalty.
    drift_weight : float
        Of the mean squared score of real images, which else may wander.
    class_weight : float
        Of the cross-entropy of pitch and of timbre: for the discriminator
        on real images, for the generator on its own.
    """

    penalty_weight: float = 10.0
    drift_weight: float = 0.001
    class_weight: float = 10.0

    def discriminator_loss(
        self,
        judge: Judge,
        real: Batch,
        fake: Batch,
        rng: torch.Generator,
        step: int,
    ) -> tuple[Tensor, Numbers]:
        """Score real images high and drawn ones low, with slope 1 between.

        Parameters
        ----------
        judge : callable
            Images -> `Judgement`.
        real, fake : Batch
            The drawn images without a gradient into the generator.
        rng : torch.Generator
            Where between real and drawn the slope is measured.
        step : int
            Not used here; other losses do not penalise at every step.

        Returns
        -------
        loss : Tensor, scalar
        numbers : dict of Tensor
            `real_score`, `fake_score`, `penalty`, `real_class`.
        """
        on_real, on_fake = judge(real.images), judge(fake.images)
        gap = on_real.score.mean() - on_fake.score.mean()
        penalty = gradient_penalty(judge, real.images, fake.images, rng)
        drift = on_real.score.square().mean()
        class_loss = classification_loss(on_real, real.labels)
        loss = (
            self.penalty_weight * penalty
            + self.drift_weight * drift
            + self.class_weight * class_loss
            - gap
        )
        return loss, {
            "real_score": on_real.score.mean(),
            "fake_score": on_fake.score.mean(),
            "penalty": penalty,
            "real_class": class_loss,
        }

    def generator_loss(
        self, judge: Judge, fake: Batch
    ) -> tuple[Tensor, Numbers]:
        """Be scored high, and be heard as the note that was asked for."""
        on_fake = judge(fake.images)
        class_loss = classification_loss(on_fake, fake.labels)
        loss = self.class_weight * class_loss - on_fake.score.mean()
        return loss, {"generator_loss": loss, "fake_class": class_loss}


@dataclass(frozen=True)
class NonSaturatingR1:
    """Logistic loss, penalised slope at real images, projection on labels.

    Parameters
    ----------
    penalty_weight : float
        Gamma of R1.
    penalty_every : int
        Steps from one penalty to the next; it then counts as often.
    class_weight : float
        Of the cross-entropy of pitch and of timbre, as in `WassersteinGp`:
        the logits then serve twice, for projection and for naming notes.
        0 leaves projection alone.
    """

    penalty_weight: float = 2.0
    penalty_every: int = 8
    class_weight: float = 0.0

    def discriminator_loss(
        self,
        judge: Judge,
        real: Batch,
        fake: Batch,
        rng: torch.Generator,
        step: int,
    ) -> tuple[Tensor, Numbers]:
        """Tell real images from drawn ones; see `WassersteinGp`.

        Returns
        -------
        loss : Tensor, scalar
        numbers : dict of Tensor
            `real_score`, `fake_score`, `penalty` when it was measured, and
            `real_class` where it counts.
        """
        lazy = step % self.penalty_every == 0
        images = real.images.detach().requires_grad_(lazy)
        on_real = judge(images)
        real_score = on_real.of(real.labels)
        fake_score = judge(fake.images).of(fake.labels)
        loss = (
            functional.softplus(-real_score).mean()
            + functional.softplus(fake_score).mean()
        )
        numbers = {
            "real_score": real_score.mean(),
            "fake_score": fake_score.mean(),
        }
        if self.class_weight:
            numbers["real_class"] = classification_loss(on_real, real.labels)
            loss = loss + self.class_weight * numbers["real_class"]
        if lazy:
            penalty = squared_slope(real_score, images).mean()
            weight = self.penalty_weight / 2 * self.penalty_every
            loss = loss + weight * penalty
            numbers["penalty"] = penalty
        return loss, numbers

    def generator_loss(
        self, judge: Judge, fake: Batch
    ) -> tuple[Tensor, Numbers]:
        """Be taken for a real image of the note that was asked for."""
        on_fake = judge(fake.images)
        loss = functional.softplus(-on_fake.of(fake.labels)).mean()
        numbers = {}
        if self.class_weight:
            numbers["fake_class"] = classification_loss(on_fake, fake.labels)
            loss = loss + self.class_weight * numbers["fake_class"]
        return loss, {"generator_loss": loss} | numbers


def gradient_penalty(
    judge: Judge, real: Tensor, fake: Tensor, rng: torch.Generator
) -> Tensor:
    """Return how far the score's slope is from 1, between real and drawn.

    Parameters
    ----------
    judge : callable
        Images -> `Judgement`.
    real, fake : Tensor, shape (B, 2, F, T)
        Pairs; each is mixed in a random proportion.
    rng : torch.Generator
        Draws the proportions.

    Returns
    -------
    Tensor, scalar
        Mean of (slope - 1)^2.

    References
    ----------
    Gulrajani et al. (2017), equation 3.

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """
    share = torch.rand(len(real), 1, 1, 1, generator=rng).to(real.device)
    mixed = torch.lerp(real, fake, share).requires_grad_(True)
    slope = squared_slope(judge(mixed).score, mixed).clamp_min(1e-12).sqrt()
    return (slope - 1).square().mean()


def squared_slope(score: Tensor, images: Tensor) -> Tensor:
    """Return the squared length of d score / d image, shape (B,).

    Parameters
    ----------
    score : Tensor, shape (B,)
        Computed from `images`.
    images : Tensor, shape (B, 2, F, T)
        With `requires_grad`.
    """
    (slope,) = torch.autograd.grad(score.sum(), images, create_graph=True)
    return slope.float().square().sum(dim=(1, 2, 3))


def classification_loss(judgement: Judgement, labels: Labels) -> Tensor:
    """Return the cross-entropy (nats) of pitch, plus that of timbre."""
    loss = functional.cross_entropy(judgement.pitch, labels.pitch)
    if judgement.timbre.shape[1]:
        loss = loss + functional.cross_entropy(judgement.timbre, labels.timbre)
    return loss


LOSSES = {"wasserstein": WassersteinGp, "non_saturating": NonSaturatingR1}
