"""Put notes and token lists into batches; every order comes from a seed.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from course_utils.basics.checks import CourseError, check_range


def note_batches(
    notes: Dataset, batch_size: int, rng: torch.Generator
) -> DataLoader:
    """Shuffle notes into batches of waveforms, one epoch an iteration.

    Parameters
    ----------
    notes : NSynthNotes
        Or any data set whose items are dicts of equal shapes.
    batch_size : int
        B. The last notes that do not fill a batch wait for another epoch.
    rng : torch.Generator
        Gives the order, a new one for every epoch.

    Returns
    -------
    DataLoader
        Its items are dicts: `waveform` (B, 64000) float32; `pitch`,
        `velocity`, `family`, `instrument` (B,) int64; `family_name` and
        `note_str` lists of B str.

    Raises
    ------
    CourseError
        If there are fewer notes than one batch needs.
    """
    check_range("batch size", batch_size, 1, len(notes), "notes")
    return DataLoader(
        notes, batch_size, shuffle=True, drop_last=True, generator=rng
    )


def token_batches(
    pieces: Sequence[Sequence[int]],
    batch_size: int,
    length: int,
    rng: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut shuffled pieces into B parallel streams, so that state is carried.

    The pieces are shuffled and joined to one line of N tokens. Stream b
    reads a stretch of it from left to right, L tokens a batch, so row b of
    one batch goes on where row b of the batch before ended. The targets are
    the inputs moved on by one token:

    >>> rng = torch.Generator()
    >>> batches = list(token_batches([[0, 1, 2, 3, 4]], 2, 2, rng))
    >>> batches[0]
    (tensor([[0, 1],
            [2, 3]]), tensor([[1, 2],
            [3, 4]]))

    Parameters
    ----------
    pieces : sequence of list of int
        Tokens of each piece, with its START and END tokens inside.
    batch_size, length : int
        B and L.
    rng : torch.Generator
        Gives the order of the pieces.

    Yields
    ------
    inputs, targets : Tensor, shape (B, L), int64
        The last batch may be shorter than L. Every token but the line's
        first is a target: none is lost, and at most B - 1 come twice.

    Raises
    ------
    CourseError
        If B or L is below 1, or there are too few tokens for B streams.

    Taught in: notebooks/40_lstm_training.ipynb
    """
    line = _joined(pieces, rng)
    n_targets = len(line) - 1
    check_range("length", length, 1, 2**20, "tokens")
    if not 1 <= batch_size <= n_targets:
        raise CourseError(
            f"at least {batch_size + 1} tokens for {batch_size} streams, "
            "and at least one stream",
            f"{len(line)} tokens",
            "give more pieces, or a smaller batch size",
        )
    per_stream = -(-n_targets // batch_size)  # rounded up
    # Streams overlap by a few tokens, for the last must end with the line.
    streams = torch.arange(batch_size)
    starts = streams * (n_targets - per_stream) // max(batch_size - 1, 1)
    steps = torch.arange(per_stream)
    for chunk in steps.split(length):
        place = starts[:, None] + chunk[None, :]  # (B, L)
        yield line[place], line[place + 1]


def _joined(pieces: Sequence[Sequence[int]], rng: torch.Generator) -> Tensor:
    """Return all tokens in one line, (N,), the pieces in random order."""
    order = torch.randperm(len(pieces), generator=rng).tolist()
    line = [torch.as_tensor(pieces[i]) for i in order]
    return torch.cat([torch.zeros(0, dtype=torch.int64), *line])
