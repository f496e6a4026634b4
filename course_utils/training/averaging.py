"""The running average of the weights, which predicts better than the last.

Each step moves the weights a little too far in some direction. The average
over the last thousand steps has less of this noise, and costs nothing but a
copy. The training itself does not notice it.

Source: Polyak and Juditsky (1992), Acceleration of stochastic approximation
by averaging.

Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

DECAY = 0.999  # of the average, a step


def averaged(model: nn.Module) -> AveragedModel:
    """Return a running average of a model; call `update_parameters`.

    In the first steps it forgets faster, so that it is not held back by
    weights that knew nothing: after n steps it keeps (1 + n) / (10 + n).
    """
    return AveragedModel(model, multi_avg_fn=_move)


@torch.no_grad()
def _move(
    average: list[Tensor], weights: list[Tensor], n_averaged: Tensor | int
) -> None:
    """Bring the averages nearer to the weights, in place."""
    n = float(n_averaged)
    keep = min(DECAY, (1 + n) / (10 + n))
    torch._foreach_lerp_(average, weights, 1 - keep)
