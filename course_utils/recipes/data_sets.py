"""Data sets by name: their pieces for a training, their files for a person.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_folder
from course_utils.basics.paths import cache_dir
from course_utils.basics.workers import HERE, Workers
from course_utils.data import (
    midi_sets,
    note_presets,
    nsynth_tfrecord,
    rendered,
    source_files,
    sources,
)
from course_utils.data.corpora import Corpus, chorales
from course_utils.data.note_shards import write_shards
from course_utils.data.note_sources import folder_source, tfrecord_source
from course_utils.data.note_stream import NoteStream
from course_utils.data.nsynth import NOTE_SPLITS, NSynthNotes
from course_utils.data.report import Skipped
from course_utils.data.shard_reading import read_index
from course_utils.data.splits import SPLITS
from course_utils.symbolic.sequences import sequence_to_midi

SOUNDS = ("notes", "nsynth")
ALIASES = MappingProxyType({"scores": "chorales"})
READERS: MappingProxyType[str, Callable[[Path], Corpus]] = MappingProxyType(
    {
        "maestro": midi_sets.maestro,
        "pop909": midi_sets.pop909,
        "jsb": midi_sets.jsb,
    }
)
MIDI_SUFFIX = re.compile(r"\.midi?$", re.IGNORECASE)
MEBIBYTE = 2**20

Say = Callable[[str], None]


def load_pieces(name: str, preset: str) -> Corpus:
    """Return the pieces of a data set, so that a training can begin.

    Parameters
    ----------
    name : str
        `chorales` (or `scores`), `maestro`, `pop909`, `jsb`, or the path of
        a folder or zip of MIDI files.
    preset : str
        Sets how many of the embedded pieces are taken.

    Raises
    ------
    CourseError
        If the name is unknown, is a set of sounds, or lies nowhere.
    """
    name = ALIASES.get(name, name)
    if name == "chorales":
        return chorales(preset)
    source = sources.SOURCES.get(name)
    if source is not None and source.kind != "pieces":
        raise CourseError(
            "a set of pieces, such as chorales or a folder of MIDI files",
            f"{name}, a set of sounds",
            "choose another --data",
        )
    return READERS.get(name, midi_sets.midi_folder)(sources.find(name))


def prepare(
    name: str,
    preset: str,
    out: Path | str | None,
    *,
    part: str | None = None,
    shards: bool = False,
    say: Say = lambda line: None,
    workers: Workers = HERE,
) -> dict:
    """Build, find or fetch a set, and say where it lies and how big it is.

    Parameters
    ----------
    name : str
        See `load_pieces`; or `notes`, `nsynth`.
    preset : str
        Size of an embedded set.
    out : Path, str or None
        Write the set there: notes in NSynth's format, pieces as MIDI files
        in one folder a split. None: COURSE_DATA_DIR or else the cache.
    part : str, optional
        Of a real set, see `data.source_files`; by default the set that is
        there, whatever its parts, else its first part, which is small.
    shards : bool
        Pack a set of sounds into Parquet shards, for `data.note_stream`.
    say : callable
        Takes lines for the reader, while the set is fetched.
    workers : Workers
        Who renders `notes`.

    Returns
    -------
    dict
        `name`, `path`, `items` (what is counted), `n_items`, `n_by_split`,
        `mebibytes`, `licence`, `skipped` (list of str).

    Raises
    ------
    CourseError
        If the set is unknown or cannot be fetched, or `out` is there.
    """
    name = ALIASES.get(name, name)
    source_files.check_part(name, part)
    _check_wishes(name, out, shards)
    if shards:
        folder = _sounds(name, preset, part, None, say, workers)
        found = _pack(folder, out)
    elif name in SOUNDS:
        folder = _sounds(name, preset, part, out, say, workers)
        found = _count_notes(folder)
    else:
        found = _prepare_pieces(name, preset, out, part, say)
    source = sources.SOURCES.get(name)
    path = Path(found["path"])
    return {
        "name": name,
        **found,
        "mebibytes": round(_bytes(path) / MEBIBYTE, 2),
        "licence": source.licence if source else "yours to know",
    }


def _check_wishes(name: str, out: Path | str | None, shards: bool) -> None:
    """Refuse to write over a folder, and to pack what is no sound."""
    if shards and name not in SOUNDS:
        raise CourseError(
            f"a set of sounds ({', '.join(SOUNDS)}) for --shards",
            f"{name}, a set of pieces",
            "leave out --shards",
        )
    # What is fetched or packed may be there in part, and is continued.
    if out is None or shards or name == "nsynth":
        return
    if Path(out).exists():
        raise CourseError(
            "a folder that is not there yet, for --out",
            f"{out}, which is",
            "choose another name, so that nothing is overwritten",
        )


def _sounds(
    name: str,
    preset: str,
    part: str | None,
    out: Path | str | None,
    say: Say,
    workers: Workers,
) -> Path:
    """Return the folder of a set of sounds; render or fetch it if need be."""
    if name != "notes":
        return _real(name, part, out, say)
    if out is None:
        return rendered.notes_folder(preset, workers)
    return rendered.render_notes(note_presets.CONFIGS[preset], out, workers)


def _pack(folder: Path, out: Path | str | None) -> dict:
    """Pack a folder of sounds into shards; return path and counts."""
    from_json = (folder / "examples.json").is_file()
    read = folder_source if from_json else tfrecord_source
    target = Path(out) if out else cache_dir() / "shards" / folder.name
    write_shards(read(folder), target)
    index = read_index(target)
    sizes = {}
    for side in NOTE_SPLITS:
        with suppress(CourseError):  # a side may be empty
            sizes[side] = NoteStream(target, split=side).n_notes
    return {
        "path": str(target),
        "items": "notes",
        "n_items": sum(index["n_notes"]),
        "n_by_split": sizes,
        "skipped": [": ".join(item) for item in index["skipped"]],
    }


def _real(
    name: str, part: str | None, out: Path | str | None, say: Say
) -> Path:
    """Return the folder of a real set; fetch it where there is none."""
    if out is not None:
        return source_files.fetch_part(name, part, out, say=say)
    if part is None:
        try:
            return sources.find(name)
        except CourseError:
            say(f"{name} is not here yet")
    return source_files.fetch_part(name, part, say=say)


def _count_notes(folder: Path) -> dict:
    """Return path and counts of a set of sounds; each one is read once."""
    if not (folder / "examples.json").is_file():
        has_records = any(folder.rglob(nsynth_tfrecord.PATTERN))
        return (_count_records if has_records else _count_files)(folder)
    notes = NSynthNotes(folder, verify=True)
    sides = Counter(notes.splits[r["instrument_str"]] for r in notes.records)
    return {
        "path": str(folder),
        "items": "notes",
        "n_items": len(notes),
        "n_by_split": {side: sides[side] for side in NOTE_SPLITS},
        "skipped": _lines(notes.skipped),
    }


def _count_records(folder: Path) -> dict:
    """Return path and counts of a folder of TFRecords."""
    skipped: list[Skipped] = []
    notes = nsynth_tfrecord.read_tfrecords(folder, skipped)
    bar = tqdm(notes, desc="checking notes", unit="note")
    n_notes = sum(note is not None for note in bar)
    return {
        "path": str(folder),
        "items": "notes",
        "n_items": n_notes,
        "n_by_split": {},
        "skipped": _lines(skipped),
    }


def _count_files(folder: Path) -> dict:
    """Return path and count of a folder of tables."""
    return {
        "path": str(folder),
        "items": "files",
        "n_items": sum(path.is_file() for path in folder.iterdir()),
        "n_by_split": {},
        "skipped": [],
    }


def _lines(skipped: Sequence[Skipped]) -> list[str]:
    """Return one line for each thing that was left out."""
    return [f"{item.name}: {item.reason}" for item in skipped]


def _prepare_pieces(
    name: str,
    preset: str,
    out: Path | str | None,
    part: str | None,
    say: Say,
) -> dict:
    """Return path and counts of a set of pieces; write MIDI if asked."""
    if name in source_files.PARTS:
        path = _real(name, part, None, say)
        corpus = READERS[name](path)
    else:
        corpus = load_pieces(name, preset)
        embedded = name == "chorales"
        path = cache_dir() / "scores" if embedded else sources.find(name)
    if out is not None:
        _write_midi(corpus, Path(out))
        path = Path(out)
    return {
        "path": str(path),
        "items": "pieces",
        "n_items": len(corpus),
        "n_by_split": {split: len(corpus.of(split)) for split in SPLITS},
        "skipped": _lines(corpus.skipped),
    }


def _write_midi(corpus: Corpus, out: Path) -> None:
    """Write one MIDI file a piece, in a folder a split."""
    with atomic_folder(out) as part:
        for piece in tqdm(corpus, desc="writing MIDI", unit="piece"):
            name = MIDI_SUFFIX.sub("", piece.name).replace("/", "_")
            sequence_to_midi(
                piece.sequence, part / piece.split / f"{name}.mid"
            )


def _bytes(path: Path) -> int:
    """Return the size of a file, or of all files below a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
