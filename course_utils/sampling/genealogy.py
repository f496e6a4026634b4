"""Whose descendants are the versions that a particle filter has left?

Axes: B versions, T sixteenths.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import torch
from torch import Tensor


def effective_number(weights: Tensor) -> Tensor:
    """Return how many versions count: 1 over the sum of squared shares.

    Parameters
    ----------
    weights : Tensor, shape (..., B)
        Logarithms of how much each version counts.

    Returns
    -------
    Tensor, shape (...)
        B if all count the same, 1 if one counts alone.

    References
    ----------
    Kong, Liu and Wong (1994), Sequential imputations and Bayesian missing
    data problems.
    """
    return 1 / weights.softmax(dim=-1).square().sum(dim=-1)


def ancestors(parents: Tensor) -> Tensor:
    """Return the line that leads to each version of today.

    Parameters
    ----------
    parents : Tensor of int64, shape (T, B)
        Entry (t, b): which version, as it was in sixteenth t, place b goes
        on from after it. A row 0, 1, 2, ... says that nobody was replaced.

    Returns
    -------
    Tensor of int64, shape (T, B)
        Entry (t, b): the place in sixteenth t of the ancestor of the last
        version b. A row of equal numbers: all have one ancestor there.
    """
    line = torch.arange(parents.shape[1], device=parents.device)
    lines = []
    for row in parents.flip(0):
        line = row[line]
        lines.append(line)
    return torch.stack(lines[::-1])
