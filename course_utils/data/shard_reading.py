"""Read the row groups of packed notes, but only those that are asked for.

A filter costs only its own columns: they say which row groups hold a wanted
note, and the others, with their sounds, are never read.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.basics.checks import CourseError, check_file
from course_utils.data.note_shards import (
    FORMAT,
    INDEX,
    damaged,
    parquet_module,
    shard_name,
)

BROKEN = (OSError, ValueError, LookupError, TypeError, NotImplementedError)

Wanted = Mapping[str, Collection]  # column -> values


@dataclass(frozen=True)
class Group:
    """A row group that holds at least one wanted note.

    Parameters
    ----------
    shard : int
        Number of the file.
    place : int
        Number of the group in it.
    n_notes : int
        Wanted ones.
    """

    shard: int
    place: int
    n_notes: int


def read_index(folder: Path | str) -> dict:
    """Return what `shards.json` says: `n_notes` a shard, `splits`, `codec`.

    Parameters
    ----------
    folder : Path or str
        Written by `data.note_shards.write_shards`.

    Raises
    ------
    CourseError
        If packing has not ended, or the file is another one.
    """
    path = check_file(Path(folder) / INDEX, "the index of packed notes")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        whole = (
            index["format"] == FORMAT
            and index["codec"]
            and sum(index["n_notes"])
        )
        whole = whole and isinstance(index["splits"], dict)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise CourseError(
            f"the index of shards of format {FORMAT} in {path}",
            "another content",
            "pack the notes again",
        )
    return index


def find_groups(folder: Path, n_shards: int, wanted: Wanted) -> list[Group]:
    """Return the row groups that hold wanted notes, in the shards' order.

    Parameters
    ----------
    folder : Path
        Of the shards.
    n_shards : int
        How many there are.
    wanted : mapping
        Column -> values that are wanted; an empty one wants every note.

    Raises
    ------
    CourseError
        If a shard is missing or damaged.
    """
    groups = []
    for shard in range(n_shards):
        for place, n_notes in enumerate(_counts(folder, shard, wanted)):
            if n_notes:
                groups.append(Group(shard, place, int(n_notes)))
    return groups


def read_group(
    folder: Path, group: Group, columns: Sequence[str], wanted: Wanted
) -> Any:
    """Return the wanted notes of a row group as a pyarrow table.

    Parameters
    ----------
    folder : Path
        Of the shards.
    group : Group
        From `find_groups`.
    columns : sequence of str
        The columns to read; those of `wanted` must be among them.
    wanted : mapping
        As for `find_groups`.

    Raises
    ------
    CourseError
        If the shard is missing or damaged.
    """
    path = folder / shard_name(group.shard)
    with _opened(path) as file:
        try:
            table = file.read_row_group(
                group.place, list(columns), use_threads=False
            )
            return table.filter(_mask(table, wanted)) if wanted else table
        except BROKEN as error:
            raise damaged(path, error) from error


def _opened(path: Path) -> Any:
    """Return an open shard, whose pages are checked as they are read."""
    check_file(path, "a shard of notes")
    try:
        return parquet_module().ParquetFile(
            path, page_checksum_verification=True
        )
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error


def _counts(folder: Path, shard: int, wanted: Wanted) -> list[int]:
    """Return how many wanted notes each row group of a shard has."""
    path = folder / shard_name(shard)
    with _opened(path) as file:
        meta = file.metadata
        sizes = [
            meta.row_group(i).num_rows for i in range(meta.num_row_groups)
        ]
        if not wanted or not sizes:
            return sizes
        try:
            table = file.read(list(wanted), use_threads=False)
        except BROKEN as error:
            raise damaged(path, error) from error
    total = np.concatenate([[0], np.cumsum(_mask(table, wanted))])
    edges = np.concatenate([[0], np.cumsum(sizes)])
    return np.diff(total[edges]).tolist()


def _mask(table: Any, wanted: Wanted) -> np.ndarray:
    """Return which rows of a table are wanted."""
    import pyarrow as pa
    from pyarrow import compute

    mask = np.ones(len(table), bool)
    for name, values in wanted.items():
        column = table[name]
        chosen = pa.array(list(values), column.type)
        found = compute.is_in(column, value_set=chosen)
        mask &= found.to_numpy()
    return mask
