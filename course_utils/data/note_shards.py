"""Pack notes into Parquet shards, so that 300,000 need 150 files.

A shard holds 2,048 notes in row groups of 64: NSynth's fields as columns,
and the sound as FLAC (about half the size of the wav, and equal to it sample
by sample) or as plain 16-bit integers. Shards are written one after the
other, each whole or not at all; a next run goes on after the last one.
`data.note_stream` reads them.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.basics.files import atomic_file, check_writable
from course_utils.data.instruments import HELD_OUT
from course_utils.data.note_sources import Note, NoteSource
from course_utils.data.packed_sound import CODECS, pack_sound
from course_utils.data.report import Skipped
from course_utils.data.splits import split_stratified

FORMAT = 1  # raise it when older shards can no longer be read
INDEX = "shards.json"  # written last: its presence means that all is there
META_KEY = "course"
TEXT = ("note_str", "instrument_str")
NAMES = ("instrument_family_str", "instrument_source_str")
NUMBERS = (
    "note",
    "instrument",
    "instrument_family",
    "instrument_source",
    "pitch",
    "velocity",
    "sample_rate",
)


@dataclass(frozen=True)
class ShardConfig:
    """Sizes of the shards. Plain numbers are counts.

    Parameters
    ----------
    n_per_shard : int
        Notes in one file.
    n_per_group : int
        Notes that are read at once; shuffling moves whole groups.
    codec : str
        "flac" or "pcm16", one of `CODECS`.
    """

    n_per_shard: int = 2_048
    n_per_group: int = 64
    codec: str = "flac"

    def __post_init__(self) -> None:
        check_choice("codec", self.codec, CODECS)
        check_range("n_per_group", self.n_per_group, 1, self.n_per_shard)


def write_shards(
    source: NoteSource, folder: Path | str, config: ShardConfig | None = None
) -> Path:
    """Pack notes into a folder of shards; go on where a run has stopped.

    Parameters
    ----------
    source : NoteSource
        Which notes.
    folder : Path or str
        Absent, or what an earlier run with the same source and config left.
    config : ShardConfig, optional
        Sizes and codec.

    Returns
    -------
    Path
        The folder: `notes-*.parquet`, and `shards.json` with the number of
        notes, the split of each instrument and what was left out.

    Raises
    ------
    CourseError
        If pyarrow is missing, the folder holds other shards, no note could
        be read, or the disk is full.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    parquet_module()
    folder, config = Path(folder), config or ShardConfig()
    check_writable(folder)
    facts = {"format": FORMAT, "origin": source.origin, **asdict(config)}
    done = _finished(folder, facts)
    if (folder / INDEX).is_file():
        return folder
    skipped: list[Skipped] = []
    start = done * config.n_per_shard
    notes = source.read(start, skipped)
    bar = tqdm(
        total=source.n_notes, initial=start, desc="packing", unit="note"
    )
    with bar:
        for number in count(done):
            chunk = islice(notes, config.n_per_shard)
            first = list(islice(chunk, config.n_per_group))
            if not first:
                break
            path = folder / shard_name(number)
            _write_shard(path, chain(first, chunk), facts, skipped, bar)
            skipped.clear()
    _write_index(folder, facts, source.splits)
    return folder


def parquet_module() -> Any:
    """Return `pyarrow.parquet`, or say how to install it."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise CourseError(
            "the package pyarrow, for shards",
            "no such package",
            'run: pip install "course-utils[data]"',
        ) from error
    return parquet


def shard_name(number: int) -> str:
    """Return the file name of a shard."""
    return f"notes-{number:05d}.parquet"


def _finished(folder: Path, facts: dict) -> int:
    """Return how many shards are there; refuse those of another kind."""
    for number in count():
        path = folder / shard_name(number)
        if not path.is_file():
            return number
        found = shard_facts(path)["facts"]
        if found != facts:
            raise CourseError(
                f"shards of {facts['origin']}, as asked, in {folder}",
                f"{path.name} of {found.get('origin')} with other settings",
                "choose another folder, or delete this one",
            )
    raise AssertionError


def shard_facts(path: Path) -> dict:
    """Return what a shard says about itself: `facts` and `skipped`.

    Parameters
    ----------
    path : Path
        A Parquet file.

    Raises
    ------
    CourseError
        If it is damaged, or no shard of ours.
    """
    try:
        meta = parquet_module().read_metadata(path).metadata
        found = json.loads(meta[META_KEY.encode()])
        return {"facts": found["facts"], "skipped": found["skipped"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> CourseError:
    """Return the error for a shard that cannot be read.

    Parameters
    ----------
    path : Path
        The shard.
    error : Exception
        What its reader raised.
    """
    return CourseError(
        f"a whole shard of notes at {path}",
        " ".join(str(error).split())[:200] or type(error).__name__,
        f"delete it and {INDEX}, and pack the notes again",
    )


def schema() -> Any:
    """Return the columns of a shard."""
    import pyarrow as pa

    return pa.schema(
        [(name, pa.string()) for name in (*TEXT, *NAMES)]
        + [(name, pa.int32()) for name in NUMBERS]
        + [
            ("qualities", pa.list_(pa.int8())),
            ("qualities_str", pa.list_(pa.string())),
            ("audio", pa.binary()),
        ]
    )


def _write_shard(
    path: Path,
    notes: Iterable[Note | None],
    facts: dict,
    skipped: list[Skipped],
    bar: tqdm,
) -> None:
    """Write one shard, a row group at a time."""
    import pyarrow as pa

    columns, notes = schema(), iter(notes)
    packing = {name: "zstd" for name in (*TEXT, *NAMES, *NUMBERS)}
    packing["audio"] = "none" if facts["codec"] == "flac" else "zstd"
    with (
        atomic_file(path) as part,
        parquet_module().ParquetWriter(
            part,
            columns,
            compression=packing,
            use_dictionary=[*TEXT, *NAMES],
            write_page_checksum=True,
        ) as writer,
    ):
        while chunk := list(islice(notes, facts["n_per_group"])):
            rows = [_row(note, facts["codec"]) for note in chunk if note]
            writer.write_table(pa.Table.from_pylist(rows, columns))
            bar.update(len(chunk))
        told = [[item.name, item.reason] for item in skipped]
        meta = json.dumps({"facts": facts, "skipped": told})
        writer.add_key_value_metadata({META_KEY: meta})


def _row(note: Note, codec: str) -> dict:
    """Return the fields of a note, with its sound packed."""
    record, samples = note
    return record | {"audio": pack_sound(samples, codec)}


def _write_index(
    folder: Path, facts: dict, splits: dict[str, str] | None
) -> None:
    """Count what all shards hold, and write it down."""
    paths = sorted(folder.glob(shard_name(0).replace("00000", "*")))
    families: dict[str, str] = {}
    n_notes, skipped = [], []
    for path in paths:
        names = ["instrument_str", "instrument_family_str"]
        table = parquet_module().read_table(path, columns=names)
        families |= dict(zip(*table.to_pydict().values(), strict=True))
        n_notes.append(table.num_rows)
        skipped += shard_facts(path)["skipped"]
    if not sum(n_notes):
        raise CourseError(
            f"at least one note to pack into {folder}",
            f"none, {len(skipped)} left out",
            "look at the source of the notes",
        )
    index = {
        **facts,
        "n_notes": n_notes,
        "splits": splits or split_stratified(families, HELD_OUT),
        "skipped": skipped,
    }
    with atomic_file(folder / INDEX) as path:
        path.write_text(json.dumps(index))
