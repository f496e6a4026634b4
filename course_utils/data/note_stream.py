"""Stream notes out of shards: filtered, shuffled, resumed, never all at once.

Row groups come in a random order; a window of them is in memory, and the
notes of a window come in a random order. Who reads which groups depends on
the number of readers alone: each process, and in it each worker of a
`DataLoader`, takes every n-th group of the epoch's order.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Collection, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.utils.data import IterableDataset, get_worker_info

from course_utils.basics.checks import (
    CourseError,
    check_choice,
    check_range,
)
from course_utils.basics.runtime import torch_rng
from course_utils.data.instruments import FAMILIES, SOURCES
from course_utils.data.note_shards import (
    NAMES,
    NUMBERS,
    TEXT,
    damaged,
)
from course_utils.data.nsynth import N_SAMPLES, NOTE_SPLITS, check_choices
from course_utils.data.packed_sound import unpack_sound
from course_utils.data.shard_reading import (
    Group,
    Wanted,
    find_groups,
    read_group,
    read_index,
)
from course_utils.data.streams import EPOCH_STRIDE, N_ORDERS


class NoteStream(IterableDataset):
    """Notes of a folder of shards, as `NSynthNotes` gives them.

    Parameters
    ----------
    folder : Path or str
        Written by `data.note_shards.write_shards`.
    split : str, optional
        "train" or "validation", by instrument; None takes all.
    families, sources : collection of str, optional
        Keep only these.
    pitches : collection of int, optional
        Keep only these MIDI pitches.
    seed : int, optional
        Of the order; None keeps the order of the shards.
    n_epochs : int or None
        How often all notes come; None never ends, as a training wants it.
    n_window : int
        Row groups that are shuffled together: 16 of 64 notes are about
        60 MB.
    reader : (int, int)
        Rank of this process, and number of processes.
    with_sound : bool
        False leaves the sounds unread: an item has no `waveform`.

    Raises
    ------
    CourseError
        If pyarrow or a shard is missing, a choice is unknown, or there is no
        note left; while reading, if a shard is damaged.

    Examples
    --------
    A training that is stopped after some batches goes on with the next::

        stream = NoteStream(folder, split="train", seed=0, n_epochs=None)
        loader = DataLoader(stream, batch_size=8, num_workers=2)
        place = stream.place_after(n_batches, batch_size=8, n_workers=2)
        ...
        stream.seek(place)  # then make the same loader again

    Taught in: notebooks/20_notes_dataset.ipynb
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        split: str | None = None,
        families: Collection[str] | None = None,
        pitches: Collection[int] | None = None,
        sources: Collection[str] | None = None,
        seed: int | None = None,
        n_epochs: int | None = 1,
        n_window: int = 16,
        reader: tuple[int, int] = (0, 1),
        with_sound: bool = True,
    ) -> None:
        check_choice("split", split, (None, *NOTE_SPLITS))
        check_choices("families", families, FAMILIES)
        check_choices("sources", sources, SOURCES)
        check_range("rank", reader[0], 0, reader[1] - 1)
        check_range("n_window", n_window, 1, 2**20, "row groups")
        self.folder = Path(folder)
        self.index = read_index(folder)
        self.wanted = _wanted(self.index, split, families, sources, pitches)
        self.seed, self.n_epochs, self.n_window = seed, n_epochs, n_window
        self.reader, self.with_sound = reader, with_sound
        self.start, self.turn, self.taken = [0], 0, 0
        n_notes = self.index["n_notes"]
        self.groups = find_groups(self.folder, len(n_notes), self.wanted)
        self.n_notes = sum(group.n_notes for group in self.groups)
        if not self.n_notes:
            raise CourseError(
                f"at least one of the {sum(n_notes)} notes of {self.folder}",
                "none that is wanted",
                "ask for other families, pitches or another split",
            )

    def __iter__(self) -> Iterator[dict[str, Tensor | int | str]]:
        worker = get_worker_info()
        number, n_workers = (
            (worker.id, worker.num_workers) if worker else (0, 1)
        )
        if any(self.start) and len(self.start) != n_workers:
            raise CourseError(
                f"{len(self.start)} workers, as when the place was saved",
                n_workers,
                "make the DataLoader with as many workers",
            )
        # A DataLoader begins with its first worker, whoever's turn it was.
        number = (number + self.turn) % n_workers
        rank, n_ranks = self.reader
        share = (rank * n_workers + number, n_ranks * n_workers)
        taken = self.start[number] if any(self.start) else 0
        for n_given, item in enumerate(self._notes(share, taken), start=1):
            self.taken = taken + n_given
            yield item

    def place(self) -> dict[str, list[int] | int]:
        """Return the place of the last iteration, if it had no workers."""
        return {"taken": [self.taken], "turn": 0}

    def place_after(
        self, n_batches: int, batch_size: int, n_workers: int = 0
    ) -> dict[str, list[int] | int]:
        """Return the place after some batches of a `DataLoader`.

        It takes one batch from each worker in turn, so the number of batches
        says what each has given; what was read ahead does not count. A
        stream that ends must not have come to its last batches.

        Parameters
        ----------
        n_batches : int
            Batches since the stream's beginning.
        batch_size, n_workers : int
            Those of the `DataLoader`.
        """
        n_workers = max(n_workers, 1)
        rounds, rest = divmod(n_batches, n_workers)
        turns = [rounds + (number < rest) for number in range(n_workers)]
        return {"taken": [turn * batch_size for turn in turns], "turn": rest}

    def seek(self, place: dict[str, list[int] | int]) -> None:
        """Let every iteration from now on begin at a place."""
        self.start = [int(number) for number in place["taken"]]
        self.turn = place["turn"]

    def _notes(self, share: tuple[int, int], taken: int) -> Iterator[dict]:
        """Yield the notes of one reader, but for the first `taken`."""
        epochs = count() if self.n_epochs is None else range(self.n_epochs)
        for epoch in epochs:
            mine, mixed = self._order(share, epoch)
            for start in range(0, len(mine), self.n_window):
                window = mine[start : start + self.n_window]
                size = sum(group.n_notes for group in window)
                if taken < size:
                    rng = mixed and torch_rng(_seed(mixed, start + share[0]))
                    yield from self._window(window, rng, taken)
                taken = max(taken - size, 0)

    def _order(
        self, share: tuple[int, int], epoch: int
    ) -> tuple[list[Group], int | None]:
        """Return a reader's groups in order, and what seeds their windows."""
        number, n_shares = share
        if len(self.groups) < n_shares:
            raise CourseError(
                f"a row group with notes for each of {n_shares} readers",
                f"{len(self.groups)} such groups",
                "use fewer workers or processes, or smaller row groups",
            )
        if self.seed is None:
            return self.groups[number::n_shares], None
        mixed = _seed(self.seed, epoch)
        rng = torch_rng(mixed)
        order = torch.randperm(len(self.groups), generator=rng).tolist()
        return [self.groups[i] for i in order[number::n_shares]], mixed + 1

    def _window(
        self, window: list[Group], rng: torch.Generator | None, taken: int
    ) -> Iterator[dict]:
        """Read some groups and yield their notes, but for the first ones."""
        import pyarrow as pa

        names = [*TEXT, *NAMES, *NUMBERS]
        read = names + ["audio"] * self.with_sound
        table = pa.concat_tables(
            read_group(self.folder, group, read, self.wanted)
            for group in window
        )
        facts = table.select(names).to_pylist()
        order = range(len(facts))
        if rng is not None:
            order = torch.randperm(len(facts), generator=rng).tolist()
        for row in order[taken:]:
            item = _item(facts[row])
            if self.with_sound:
                packed = table["audio"][row].as_py()
                item["waveform"] = self._sound(packed, item["note_str"])
            yield item

    def _sound(self, packed: bytes, name: str) -> Tensor:
        """Return N samples: a shorter sound gets zeros, a longer is cut."""
        try:
            samples = unpack_sound(packed, self.index["codec"])
        except (RuntimeError, ValueError, TypeError) as error:
            raise damaged(
                self.folder, ValueError(f"{name}: {error}")
            ) from None
        waveform = torch.from_numpy(np.ascontiguousarray(samples[:N_SAMPLES]))
        return pad(waveform, (0, N_SAMPLES - len(waveform)))


def _item(fact: dict) -> dict[str, int | str]:
    """Return what `NSynthNotes` says about a note."""
    return {
        "pitch": fact["pitch"],
        "velocity": fact["velocity"],
        "family": fact["instrument_family"],
        "family_name": fact["instrument_family_str"],
        "instrument": fact["instrument"],
        "note_str": fact["note_str"],
    }


def _wanted(
    index: dict,
    split: str | None,
    families: Collection[str] | None,
    sources: Collection[str] | None,
    pitches: Collection[int] | None,
) -> Wanted:
    """Return column -> wanted values, for what is chosen."""
    instruments = None
    if split is not None:
        sides = index["splits"].items()
        instruments = [name for name, side in sides if side == split]
    chosen = {
        "instrument_str": instruments,
        "instrument_family_str": families,
        "instrument_source_str": sources,
        "pitch": pitches,
    }
    return {
        name: list(values)
        for name, values in chosen.items()
        if values is not None
    }


def _seed(first: int, second: int) -> int:
    """Return one seed for two numbers."""
    return (first * EPOCH_STRIDE + second) % N_ORDERS
