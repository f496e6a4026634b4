"""What the heads of a trained Transformer look at.

Layers return what they heard, not whom they listened to: fast attention never
stores its weights. Here they are computed once more, for pictures.

Axes: B batch, H heads, L events, T sixteenths, R distances.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import torch
from torch import Tensor

from course_utils.basics.checks import check_range
from course_utils.models.attention import (
    CausalAttention,
    future,
    relative_logits,
    rotate,
)
from course_utils.models.chorale_past import past_of
from course_utils.models.chorale_transformer import ChoraleTransformer


def attention_weights(layer: CausalAttention, x: Tensor) -> Tensor:
    """Return how much each event looks at each other one.

    Parameters
    ----------
    layer : CausalAttention
        With positions of any kind.
    x : Tensor, shape (B, L, H * D)
        What the layer is given; there is no cache.

    Returns
    -------
    Tensor, shape (B, H, L, L)
        Rows are those who look; each adds up to 1, and no row looks at a
        later event.
    """
    config = layer.config
    three = layer.project(x).unflatten(-1, (3, config.n_heads, -1))
    queries, keys, _ = three.permute(2, 0, 3, 1, 4)
    if config.positions == "rotary":
        queries, keys = rotate(queries, 0), rotate(keys, 0)
    logits = queries @ keys.transpose(-1, -2)
    n_events = x.shape[1]
    if config.positions == "relative":
        logits = logits + relative_logits(queries, layer.distances, n_events)
    logits = logits * queries.shape[-1] ** -0.5
    later = future(n_events, n_events, x.device)
    return logits.masked_fill(later, float("-inf")).softmax(dim=-1)


@torch.no_grad()
def chorale_gaze(model: ChoraleTransformer, classes: Tensor) -> Tensor:
    """Return whom every head of every layer looks at in one chorale.

    Parameters
    ----------
    model : ChoraleTransformer
        Dropout is switched off.
    classes : Tensor of int64, shape (T, 4)
        The chorale; it begins on the first place of a bar.

    Returns
    -------
    Tensor, shape (layers, H, T, T)
        Entry (layer, head, t, s): what sixteenth t, when it is decided, takes
        from row s, which holds what sounded before sixteenth s.
    """
    gaze = []

    def look(layer: CausalAttention, given: tuple[Tensor, ...]) -> None:
        gaze.append(attention_weights(layer, given[0])[0])

    layers = [block.attention for block in model.eval().blocks]
    hooks = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        first = torch.zeros(1, dtype=torch.int64, device=classes.device)
        model.remember(past_of(classes[None], first, model.config.start))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(gaze)


def distance_shares(weights: Tensor, n_distances: int) -> Tensor:
    """Return how much of its gaze a head sends how far back.

    Parameters
    ----------
    weights : Tensor, shape (..., L, L)
        See `attention_weights`.
    n_distances : int
        R, at most L. The first R - 1 events are left out: they have no past
        so long.

    Returns
    -------
    Tensor, shape (..., R)
        The mean weight at distance 0, 1, ... R - 1. What they leave up to 1
        goes farther back.

    Raises
    ------
    CourseError
        If there are not so many events.
    """
    n_events = weights.shape[-1]
    check_range("distances", n_distances, 1, n_events)
    looking = torch.arange(n_distances - 1, n_events)  # who looks
    shares = [
        weights[..., looking, looking - distance].mean(dim=-1)
        for distance in range(n_distances)
    ]
    return torch.stack(shares, dim=-1)
