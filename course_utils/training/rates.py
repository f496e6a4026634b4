"""Learning rates over the steps of a training: up, then slowly down.

Sources: warm-up: Vaswani et al. (2017), arXiv:1706.03762; cosine: Loshchilov
and Hutter (2017), SGDR, arXiv:1608.03983.

Taught in: notebooks/51_transformer_training.ipynb
"""

import math

from torch.optim import Optimizer


def warm_up_and_decay(
    step: int, n_steps: int, warm_up: int, last_share: float = 0.0
) -> float:
    """Return the share of the learning rate that a step uses.

    Parameters
    ----------
    step : int
        From 0.
    n_steps : int
        Of the whole training.
    warm_up : int
        Steps over which the rate rises in a straight line.
    last_share : float
        What half a cosine has fallen to after the last step.

    Returns
    -------
    float
        From 0 to 1.
    """
    rise = min(1.0, (step + 1) / max(warm_up, 1))
    way = min(step / max(n_steps, 1), 1.0)
    fall = 0.5 * (1.0 + math.cos(math.pi * way))
    return rise * (last_share + (1.0 - last_share) * fall)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Give all weights of an optimizer one learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
