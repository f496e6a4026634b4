"""Endless batches of random crops, each varied, whose place can be found.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.runtime import torch_rng
from course_utils.data.streams import (
    EPOCH_STRIDE,
    N_ORDERS,
    ShuffledPlaces,
)

Vary = Callable[[Tensor, torch.Generator], Tensor]
Crop = tuple[Tensor, int]


def crops_of(pieces: Sequence[Tensor], length: int) -> list[int]:
    """Return which piece each crop of an epoch is from; long ones give more.

    Parameters
    ----------
    pieces : sequence of Tensor, each (n, ...)
        The first axis is time.
    length : int
        Longest crop.
    """
    return [
        i
        for i, piece in enumerate(pieces)
        for _ in range(-(-len(piece) // length))
    ]


def pad_rows(
    rows: Sequence[Tensor], length: int = 0, padding: int = 0
) -> Tensor:
    """Return rows of different lengths as one tensor, padded at their ends.

    Parameters
    ----------
    rows : sequence of Tensor, each (n, ...)
        The first axis is padded.
    length : int
        L, at least; a longer row makes it longer.
    padding : int
        What is put after a row.

    Returns
    -------
    Tensor, shape (B, L, ...)
    """
    longest = rows[0].new_zeros(max(length, 0), *rows[0].shape[1:])
    return pad_sequence([*rows, longest], True, padding_value=padding)[:-1]


class CropStream:
    """Batches of crops; a piece twice as long gives twice as many an epoch.

    Which pieces a batch takes, where they are cut and how they are varied
    follows from the seed and the batch's number alone, so the place in the
    stream is a few numbers, and resuming is exact.

    Parameters
    ----------
    pieces : sequence of Tensor, each (n, ...)
        The first axis is time; it is cut along that.
    batch_size : int
        B, in crops.
    length : int
        Longest crop; a shorter piece comes whole.
    seed : int
        Every choice follows from it.
    vary : callable
        Takes a crop and an rng; returns it as it is learnt this time, such
        as in another key.

    Raises
    ------
    CourseError
        If there is no piece, or a size is below 1.
    """

    def __init__(
        self,
        pieces: Sequence[Tensor],
        batch_size: int,
        length: int,
        seed: int,
        vary: Vary,
    ) -> None:
        check_range("length", length, 1, 2**20)
        check_range("batch size", batch_size, 1, 2**16, "crops")
        if not pieces:
            raise CourseError("at least one piece", "none", "give pieces")
        self.pieces = pieces
        self.batch_size = batch_size
        self.length = length
        self.seed = seed
        self.vary = vary
        self.number = 0
        turns = crops_of(pieces, length)
        # So that even the smallest set fills a batch.
        self._turns = turns * -(-batch_size // len(turns))
        self._order = ShuffledPlaces(len(self._turns), seed)

    def __iter__(self) -> "CropStream":
        return self

    def __next__(self) -> list[Crop]:
        """Return B crops, each with where in its piece it begins."""
        chosen = self._order.take(self.batch_size).tolist()
        order = (self.seed * EPOCH_STRIDE + self.number) % N_ORDERS
        rng = torch_rng(order)
        self.number += 1
        return [self._crop(self.pieces[self._turns[i]], rng) for i in chosen]

    def _crop(self, piece: Tensor, rng: torch.Generator) -> Crop:
        """Return a random stretch of a piece, varied, and its start."""
        n_starts = max(len(piece) - self.length, 0) + 1
        start = int(torch.randint(n_starts, (), generator=rng))
        return self.vary(piece[start : start + self.length], rng), start

    def place(self) -> dict[str, int]:
        """Return the place in the stream, for a checkpoint."""
        return self._order.place() | {"number": self.number}

    def seek(self, place: dict[str, int]) -> None:
        """Go on from a place that `place` returned."""
        self.number = place["number"]
        self._order.seek(place)
