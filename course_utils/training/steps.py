"""One update of the weights; returns the numbers worth plotting.

Axes: B batch, L tokens, V vocabulary.

Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from course_utils.training.processes import ALONE, Processes

State = tuple[Tensor, Tensor]


def sequence_step(
    model: nn.Module,
    optimizer: Optimizer,
    inputs: Tensor,
    targets: Tensor,
    state: State | None,
    clip_norm: float,
    bfloat16: bool = False,
    processes: Processes = ALONE,
) -> tuple[dict[str, float], State]:
    """Learn to predict `targets` from `inputs`; carry the state on.

    Parameters
    ----------
    model : nn.Module
        Takes (tokens, state), returns (logits, state).
    optimizer : Optimizer
        Holds the model's weights.
    inputs, targets : Tensor of int64, shape (B, L)
        Events, and the events one place later.
    state : pair of Tensor, or None
        What the last step returned, for the rows of this process. Gradients
        do not cross the border between steps (truncated back-propagation
        through time).
    clip_norm : float
        Longest gradient allowed; longer ones are scaled down.
    bfloat16 : bool
        Multiply in bfloat16 where that is safe; twice as fast on processors
        that have it.
    processes : Processes
        Who shares the rows of the batch.

    Returns
    -------
    numbers : dict
        `nll` in nats per event, and `gradient_norm` before clipping.
    state : pair of Tensor
        Detached, ready for the next step.
    """
    device = inputs.device.type
    autocast = torch.autocast(device, torch.bfloat16, enabled=bfloat16)
    with processes.part(len(inputs)) as part, autocast:
        logits, (hidden, cell) = model(inputs[part.rows], state)
    asked = targets[part.rows].flatten()
    nll = cross_entropy(logits.float().flatten(0, 1), asked)
    optimizer.zero_grad()
    (nll * part.share).backward()
    processes.add_gradients(model.parameters())
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimizer.step()
    numbers = processes.plain({"nll": nll}) | {"gradient_norm": norm.item()}
    return numbers, (hidden.detach(), cell.detach())
