"""Two losses that were used and that fail: for the gallery of failures.

Both have the interface of `training.gan_losses`.

Sources: Goodfellow et al. (2014), Generative adversarial networks,
arXiv:1406.2661, section 3; Mao et al. (2017), Least squares GAN,
arXiv:1611.04076.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.training.gan_losses import (
    Batch,
    Judge,
    NonSaturatingR1,
    Numbers,
)


@dataclass(frozen=True)
class Saturating(NonSaturatingR1):
    """The first loss of GANs: its slope vanishes where drawn notes are caught.

    The generator lowers log(1 - p), where p is how likely the discriminator
    holds its note to be real. Where p is near 0 that is flat: a
    discriminator that wins teaches nothing any more. Without a penalty
    nothing stops it from winning.
    """

    penalty_weight: float = 0.0
    penalty_every: int = 10**9

    def generator_loss(
        self, judge: Judge, fake: Batch
    ) -> tuple[Tensor, Numbers]:
        """Be caught less often: minus softplus, which is flat below 0."""
        loss = -functional.softplus(judge(fake.images).of(fake.labels)).mean()
        return loss, {"generator_loss": loss}


@dataclass(frozen=True)
class SigmoidMse:
    """Squared error of a sigmoid to 1 and 0: flat wherever it is sure."""

    def discriminator_loss(
        self,
        judge: Judge,
        real: Batch,
        fake: Batch,
        rng: torch.Generator,
        step: int,
    ) -> tuple[Tensor, Numbers]:
        """Bring real notes to 1 and drawn ones to 0; no penalty."""
        real_score = judge(real.images).score
        fake_score = judge(fake.images).score
        loss = (
            1 - real_score.sigmoid()
        ).square().mean() + fake_score.sigmoid().square().mean()
        return loss, {
            "real_score": real_score.mean(),
            "fake_score": fake_score.mean(),
        }

    def generator_loss(
        self, judge: Judge, fake: Batch
    ) -> tuple[Tensor, Numbers]:
        """Bring drawn notes to 1."""
        loss = (1 - judge(fake.images).score.sigmoid()).square().mean()
        return loss, {"generator_loss": loss}
