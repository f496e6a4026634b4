"""Draw a sequence event by event, each given all before it.

Axes: B batch, V vocabulary. Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from course_utils.sampling.filters import (
    apply_temperature,
    draw,
    keep_top_k,
    keep_top_p,
)

Predict = Callable[[Tensor, object], tuple[Tensor, object]]


@torch.no_grad()
def sample_events(
    predict: Predict,
    primer: list[int],
    *,
    temperature: float,
    top_p: float,
    allow: Callable[[Tensor], Tensor],
    rng: torch.Generator,
    top_k: int | None = None,
) -> Iterator[int]:
    """Continue a primer for ever; the caller stops when it has enough.

    Parameters
    ----------
    predict : callable
        Takes (tokens (1, L), state), returns (logits (1, L, V), state).
    primer : list of int
        Events to go on from, at least one.
    temperature, top_p : float
        See `course_utils.sampling.filters`.
    allow : callable
        Takes the logits (1, V) of the next event and returns them with
        what the grammar forbids at minus infinity.
    rng : torch.Generator
        Source of chance.
    top_k : int, optional
        See `course_utils.sampling.filters`; None keeps all.

    Yields
    ------
    int
        The next event.
    """
    logits, state = predict(torch.tensor([primer]), None)
    while True:
        scores = apply_temperature(allow(logits[:, -1]), temperature)
        if top_k is not None:
            scores = keep_top_k(scores, top_k)
        event = draw(keep_top_p(scores, top_p), rng)
        yield int(event)
        logits, state = predict(event[:, None], state)
