"""Endless streams of batches whose place can be saved and found.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_utils.basics.checks import check_range
from course_utils.basics.runtime import torch_rng
from course_utils.data.batches import token_batches

EPOCH_STRIDE = 1_000_003  # a prime: epochs of different seeds differ
N_ORDERS = 2**53  # seeds of an epoch

Augment = Callable[[Tensor, torch.Generator], Tensor]


class TokenStream:
    """Epoch after epoch of token batches, each in its own seeded order.

    The order of an epoch, and how its pieces are changed, depend on the seed
    and the epoch's number alone. So the place in the stream is two numbers,
    and resuming is exact.

    Parameters
    ----------
    pieces : sequence of list of int
        One list of events a piece, START and END included.
    batch_size, length : int
        B parallel streams, L events a batch.
    seed : int
    augment : callable, optional
        Takes the events of a piece, (n,), and an rng; returns them as this
        epoch has them, such as in another key.
    """

    def __init__(
        self,
        pieces: Sequence[list[int]],
        batch_size: int,
        length: int,
        seed: int,
        augment: Augment | None = None,
    ) -> None:
        self.pieces = [torch.as_tensor(piece) for piece in pieces]
        self.augment = augment
        self.batch_size = batch_size
        self.length = length
        self.seed = seed
        self.epoch = 0
        self.index = 0
        self._batches = self._open()

    def __iter__(self) -> "TokenStream":
        return self

    def __next__(self) -> tuple[Tensor, Tensor, bool]:
        """Return (inputs (B, L), targets (B, L), first batch of an epoch)."""
        batch = next(self._batches, None)
        if batch is None:
            self.epoch, self.index = self.epoch + 1, 0
            self._batches = self._open()
            batch = next(self._batches)
        inputs, targets = batch
        self.index += 1
        return inputs, targets, self.index == 1

    def place(self) -> dict[str, int]:
        """Return the place in the stream, for a checkpoint."""
        return {"epoch": self.epoch, "index": self.index}

    def seek(self, place: dict[str, int]) -> None:
        """Go on from a place that `place` returned."""
        self.epoch, self.index = place["epoch"], place["index"]
        self._batches = self._open()
        for _ in range(self.index):
            next(self._batches)

    def _open(self):  # noqa: ANN202 - a generator of (inputs, targets)
        order = (self.seed * EPOCH_STRIDE + self.epoch) % N_ORDERS
        rng = torch_rng(order)
        pieces = self.pieces
        if self.augment:
            pieces = [self.augment(piece, rng) for piece in pieces]
        return iter(token_batches(pieces, self.batch_size, self.length, rng))


class ShuffledPlaces:
    """Places of a data set in random order, epoch after epoch.

    The order of an epoch depends on the seed and the epoch's number alone,
    so the place in the stream is two numbers, whatever the batch sizes.

    Parameters
    ----------
    n_items : int
        Size of the data set.
    seed : int
    """

    def __init__(self, n_items: int, seed: int) -> None:
        self.n_items = n_items
        self.seed = seed
        self.epoch = 0
        self.index = 0
        self._order = self._shuffled()

    def take(self, batch_size: int) -> Tensor:
        """Return the next places, shape (B,), int64.

        The items at the end of an epoch that do not fill a batch are left
        for another epoch.

        Raises
        ------
        CourseError
            If a batch needs more items than there are.
        """
        check_range("batch size", batch_size, 1, self.n_items, "items")
        if self.index + batch_size > self.n_items:
            self.seek({"epoch": self.epoch + 1, "index": 0})
        self.index += batch_size
        return self._order[self.index - batch_size : self.index]

    def place(self) -> dict[str, int]:
        """Return the place in the stream, for a checkpoint."""
        return {"epoch": self.epoch, "index": self.index}

    def seek(self, place: dict[str, int]) -> None:
        """Go on from a place that `place` returned."""
        self.epoch, self.index = place["epoch"], place["index"]
        self._order = self._shuffled()

    def _shuffled(self) -> Tensor:
        """Return the order of this epoch."""
        order = (self.seed * EPOCH_STRIDE + self.epoch) % N_ORDERS
        return torch.randperm(self.n_items, generator=torch_rng(order))
