"""Let a part of a batch meet the chance that it meets in the whole batch.

Several processes share the rows of a batch. Noise and dropout are drawn row
after row, so each process draws them for all rows and keeps its own: then
every row meets the same numbers, however many processes there are, and the
random generators stand at the same place everywhere.

Axes: axis 0 holds the rows, B of them in the whole batch.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

State = tuple[Tensor, Tensor]


class WholeChance(TorchFunctionMode):
    """While it is entered, torch draws for all rows and keeps some.

    It sees `torch.rand`, `torch.randn`, dropout, and the dropout inside
    attention and `nn.LSTM`. On a GPU attention is left as it is, for there
    its dropout is a part of the fast kernel: the masks are then others than
    those of one process, and as good.

    Parameters
    ----------
    n_rows : int
        B, of the whole batch.
    rows : Tensor of int64, shape (b,)
        Those that are kept.

    Raises
    ------
    AssertionError
        If something is drawn that has not b rows: other processes could not
        know what it is a part of.
    """

    def __init__(self, n_rows: int, rows: Tensor) -> None:
        super().__init__()
        self.n_rows = n_rows
        self.rows = rows
        self.known = {
            torch.rand: partial(self._drawn, torch.rand),
            torch.randn: partial(self._drawn, torch.randn),
            functional.dropout: self._dropout,
            functional.scaled_dot_product_attention: self._attention,
            torch.lstm: self._lstm,
        }

    def __torch_function__(
        self,
        func: Callable,
        types: Sequence[type],
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        """Call a function of torch, in its form for all rows if it draws."""
        return self.known.get(func, func)(*args, **kwargs or {})

    def _drawn(
        self, func: Callable, *sizes: object, **kwargs: object
    ) -> Tensor:
        """Draw for all rows."""
        shape = sizes if isinstance(sizes[0], int) else sizes[0]
        self._check(shape)
        return func(self.n_rows, *shape[1:], **kwargs)[self.rows]

    def _dropout(
        self,
        x: Tensor,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        """Drop what is dropped of these rows in the whole batch."""
        if not training or p == 0:
            return x
        self._check(x.shape)
        # Chance runs through the memory, so its order must be the same.
        steps = list(zip(x.stride(), x.shape, strict=True))
        order = sorted(range(x.ndim), key=steps.__getitem__, reverse=True)
        shape = (self.n_rows, *x.shape[1:])
        ones = x.new_ones([shape[axis] for axis in order])
        ones = ones.permute(*(order.index(axis) for axis in range(x.ndim)))
        return x * functional.dropout(ones, p)[self.rows.to(x.device)]

    def _attention(
        self,
        queries: Tensor,
        keys: Tensor,
        values: Tensor,
        dropout_p: float = 0.0,
        is_causal: bool = False,
    ) -> Tensor:
        """Attend with dropout drawn for all rows, (B, H, L, D)."""
        if not dropout_p or queries.is_cuda:
            return functional.scaled_dot_product_attention(
                queries,
                keys,
                values,
                dropout_p=dropout_p,
                is_causal=is_causal,
            )
        logits = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
        if is_causal:
            seen = torch.ones_like(logits[0, 0], dtype=torch.bool).tril()
            logits = logits.masked_fill(~seen, float("-inf"))
        return self._dropout(logits.softmax(dim=-1), dropout_p) @ values

    def _lstm(
        self,
        x: Tensor,
        state: State,
        weights: Sequence[Tensor],
        bias: bool,
        n_layers: int,
        drop: float,
        training: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run an LSTM layer by layer, if there is dropout between them."""
        words = (bidirectional, batch_first)
        if not (training and drop):
            words = (bias, n_layers, drop, training, *words)
            return torch.lstm(x, state, weights, *words)
        n_each = len(weights) // n_layers
        last = []
        for i in range(n_layers):
            own = weights[i * n_each : (i + 1) * n_each]
            start = [part[i : i + 1].contiguous() for part in state]
            x = self._dropout(x, drop) if i else x
            x, *end = torch.lstm(x, start, own, bias, 1, 0.0, True, *words)
            last.append(end)
        return x, *(torch.cat(parts) for parts in zip(*last, strict=True))

    def _check(self, shape: Sequence[int]) -> None:
        """Make sure that something has a row for each of ours."""
        assert shape[0] == len(self.rows), f"chance without rows: {shape}"
