"""A term that asks for variety: two notes of one name must differ.

A generator that is asked for a pitch and a timbre may answer with one note
only, whatever the noise, and be right. So two notes of each name are drawn
at once, and as long as they differ less than two real ones do, the generator
pays. How they may differ, only the discriminator knows.

Axes: B batch, M notes, F rows, T frames; images (B, 2, F, T).

Sources: Yang et al. (2019), Diversity-sensitive conditional generative
adversarial networks, arXiv:1901.09024, whose bound is set by hand; ours is
measured on the real notes.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.models.gansynth import Labels

COARSE = (8, 4)  # rows and frames of a patch: a hiss is no variety


@dataclass(frozen=True)
class VarietyTerm:
    """Pay while drawn notes of one name are more alike than real ones.

    Parameters
    ----------
    weight : float
        Of the term in the generator's loss.
    target : float
        What `real_variety` found.
    """

    weight: float
    target: float

    def loss(
        self, images: Tensor, mean: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Return the share of the target that is missing, 0 to 1.

        Parameters
        ----------
        images : Tensor, shape (2 P, 2, F, T)
            P notes, then the same P pitches and timbres with other noise.
        mean : callable, optional
            Makes the mean over the batch of that over these images; needed
            if there are others.
        """
        first, second = coarse_levels(images).chunk(2)
        apart = (first - second).abs().mean()
        apart = apart if mean is None else mean(apart)
        return functional.relu(1 - apart / self.target)


def coarse_levels(images: Tensor) -> Tensor:
    """Return the mean log-magnitude of every patch, (B, D)."""
    return functional.avg_pool2d(images[:, :1], COARSE).flatten(1)


def paired(labels: Labels) -> Labels:
    """Return the first half of the labels, twice: what `loss` asks for."""
    half = len(labels) // 2
    return Labels(*(part[:half].repeat(2) for part in labels))


def real_variety(levels: Tensor, labels: Labels) -> float:
    """Return how far two random notes of one pitch and timbre are apart.

    Parameters
    ----------
    levels : Tensor, shape (M, D)
        `coarse_levels` of real notes.
    labels : Labels
        Theirs.

    Returns
    -------
    float
        Mean absolute difference over all pairs of one name; a note and
        itself count, because chance may draw an instrument twice.

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """
    names = torch.stack(list(labels), dim=1)
    total = 0.0
    for name in names.unique(dim=0):
        same = levels[(names == name).all(dim=1)]
        apart = torch.cdist(same, same, p=1) / levels.shape[1]
        total += len(same) * apart.mean().item()
    return total / len(levels)
