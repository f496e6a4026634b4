"""Shape a distribution before drawing: temperature, top-k, top-p.

Axes: V vocabulary, last. Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range

NEVER = float("-inf")  # the logit of an event that must not be drawn


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Divide logits (..., V) by the temperature: low is safe, high is bold.

    Raises
    ------
    CourseError
        If the temperature is not in [0.01, 10].
    """
    check_range("temperature", temperature, 0.01, 10.0)
    return logits / temperature


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Forbid all but the k likeliest events of logits (..., V)."""
    check_range("top_k", k, 1, logits.shape[-1], "events")
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, NEVER)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Forbid the unlikely tail of logits (..., V).

    The smallest set of events whose probabilities add up to at least `p`
    stays; the likeliest event always does. p = 1 keeps all.

    References
    ----------
    Holtzman et al. (2020), The curious case of neural text degeneration.
    """
    check_range("top_p", p, 0.0, 1.0)
    ranked, order = logits.sort(dim=-1, descending=True)
    probabilities = ranked.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    tail = before >= p
    tail[..., 0] = False
    return logits.masked_fill(tail.scatter(-1, order, tail), NEVER)


def draw(logits: Tensor, rng: torch.Generator) -> Tensor:
    """Draw one event per row of logits (B, V); returns int64 (B,).

    Raises
    ------
    CourseError
        If a row forbids every event or holds NaN.
    """
    probabilities = logits.softmax(dim=-1)
    if not torch.isfinite(probabilities).all():
        raise CourseError(
            "at least one possible event and finite logits",
            "a row without any",
            "loosen the filters, or check that the training did not diverge",
        )
    return torch.multinomial(probabilities, 1, generator=rng)[..., 0]
