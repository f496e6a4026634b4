"""First weights drawn from a generator, so that a seed gives one network.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import torch
from torch import nn


def init_weights(model: nn.Module, rng: torch.Generator) -> None:
    """Draw all weights from `rng`, so that a seed gives the same network.

    Matrices and kernels are uniform in plus or minus sqrt(1 / fan-in), the
    fan-in counted as inputs times kernel size; biases are zero.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    rng : torch.Generator
        Source of the numbers, on the device of the weights.
    """
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim < 2:
                weight.zero_()
                continue
            bound = weight[0].numel() ** -0.5
            weight.uniform_(-bound, bound, generator=rng)
