"""How well a sequence model predicts held-out pieces, in nats.

The task: give every event of a piece a probability before seeing it.
Conventions: NLL is the mean of -ln p over all events of all pieces (the
token mean); the first event of a piece is given, not predicted. Padding is
never counted: it is easy to predict and would flatter the model.
Metrics: nll (nats per event), perplexity = exp(nll), nll per note.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

PADDING = -100  # target that cross_entropy ignores
MOST_NATS = 700.0  # exp of more is no number any more


def perplexity(nll: float) -> float:
    """Return exp(nll); of a training that blew up, a very large number."""
    return math.exp(min(nll, MOST_NATS))


@torch.no_grad()
def sequence_nll(
    predict: Callable[[Tensor], Tensor],
    pieces: Sequence[list[int]],
    batch_size: int = 32,
) -> Tensor:
    """Return the summed NLL of each piece, whole, with no padding counted.

    Parameters
    ----------
    predict : callable
        Takes tokens (B, L), returns logits (B, L, V); causal.
    pieces : sequence of list of int
        Events, at least two a piece.
    batch_size : int
        Pieces read at once; changes speed and memory, not the result.

    Returns
    -------
    Tensor of float64, shape (number of pieces,)
        Nats, in the order of `pieces`.
    """
    totals = torch.zeros(len(pieces), dtype=torch.float64)
    by_length = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
    for start in range(0, len(by_length), batch_size):
        chosen = by_length[start : start + batch_size]
        rows = [torch.tensor(pieces[i]) for i in chosen]
        tokens = pad_sequence(rows, batch_first=True)
        targets = pad_sequence(rows, batch_first=True, padding_value=PADDING)
        nll = cross_entropy(
            predict(tokens[:, :-1]).transpose(1, 2).float(),
            targets[:, 1:],
            ignore_index=PADDING,
            reduction="none",
        )
        totals[chosen] = nll.double().sum(dim=1)
    return totals
