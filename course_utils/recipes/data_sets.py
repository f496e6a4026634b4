"""Data sets by name: their pieces for a training, their files for a person.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import re
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_folder
from course_utils.basics.paths import cache_dir
from course_utils.data import midi_sets, note_presets, rendered, sources
from course_utils.data.corpora import Corpus, chorales
from course_utils.data.nsynth import NOTE_SPLITS, NSynthNotes
from course_utils.data.splits import SPLITS
from course_utils.symbolic.sequences import sequence_to_midi

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


def prepare(name: str, preset: str, out: Path | str | None) -> dict:
    """Build or find a data set, and say where it lies and how big it is.

    Parameters
    ----------
    name : str
        See `load_pieces`; or `notes`, `nsynth`.
    preset : str
        Size of an embedded set.
    out : Path, str or None
        Write the set there: notes as wav files in NSynth's format, pieces
        as MIDI files in one folder a split. None: leave it where it is.

    Returns
    -------
    dict
        `name`, `path`, `items` (what is counted), `n_items`, `n_by_split`,
        `mebibytes`, `licence`, `skipped` (list of str).

    Raises
    ------
    CourseError
        If the set is unknown or absent, or `out` is there already.
    """
    name = ALIASES.get(name, name)
    if out is not None and Path(out).exists():
        raise CourseError(
            "a folder that is not there yet, for --out",
            f"{out}, which is",
            "choose another name, so that nothing is overwritten",
        )
    if name in ("notes", "nsynth"):
        found = _prepare_notes(name, preset, out)
    else:
        found = _prepare_pieces(name, preset, out)
    source = sources.SOURCES.get(name)
    path = Path(found["path"])
    return {
        "name": name,
        **found,
        "mebibytes": round(_bytes(path) / MEBIBYTE, 2),
        "licence": source.licence if source else "yours to know",
    }


def _prepare_notes(name: str, preset: str, out: Path | str | None) -> dict:
    """Return path and counts of a set of sounds."""
    if name == "nsynth":
        folder = sources.find(name)
    elif out is None:
        folder = rendered.notes_folder(preset)
    else:
        folder = rendered.render_notes(note_presets.CONFIGS[preset], out)
    notes = NSynthNotes(folder, verify=name == "nsynth")
    records = notes.records
    return {
        "path": str(folder),
        "items": "notes",
        "n_items": len(notes),
        "n_by_split": {
            side: sum(
                notes.splits[r["instrument_str"]] == side for r in records
            )
            for side in NOTE_SPLITS
        },
        "skipped": [f"{item.name}: {item.reason}" for item in notes.skipped],
    }


def _prepare_pieces(name: str, preset: str, out: Path | str | None) -> dict:
    """Return path and counts of a set of pieces; write MIDI if asked."""
    corpus = load_pieces(name, preset)
    if out is not None:
        _write_midi(corpus, Path(out))
        path = Path(out)
    elif name == "chorales":
        path = cache_dir() / "scores"
    else:
        path = sources.find(name)
    return {
        "path": str(path),
        "items": "pieces",
        "n_items": len(corpus),
        "n_by_split": {split: len(corpus.of(split)) for split in SPLITS},
        "skipped": [f"{item.name}: {item.reason}" for item in corpus.skipped],
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
