"""Sets of MIDI files on this machine: any folder, MAESTRO, POP909, JSB.

Each comes with the split that the papers use, where there is one; the others
are split by the hash of the file's name.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import csv
import json
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import (
    BAD_CONTENT,
    CourseError,
    check_file,
    check_folder,
)
from course_utils.data.beats import follow, read_beats
from course_utils.data.corpora import CHORALE_QPM, Corpus, Piece
from course_utils.data.midi_files import read_midi_files
from course_utils.data.report import Skipped, skipped_line
from course_utils.data.splits import SPLITS, split_names
from course_utils.data.stuck_pedals import drop_stuck_pedals
from course_utils.symbolic.chorale import grid_to_sequence
from course_utils.symbolic.sequences import midi_to_sequence

MAESTRO_FIELDS = ("split", "midi_filename")
JSB_SPLITS = {"train": "train", "valid": "validation", "test": "test"}
BEATS_FILE = "beat_midi.txt"
MAX_BEATS_BYTES = 2**20  # a song has a few thousand
BAD_TAR = (tarfile.TarError, zlib.error, EOFError, OSError)


def midi_folder(path: Path | str) -> Corpus:
    """Read a folder or a zip of MIDI files as a set of pieces.

    Parameters
    ----------
    path : Path or str
        Subfolders are searched too. Copies of a file are taken once.

    Returns
    -------
    Corpus
        Split 80/10/10 by the hash of the file's name; with three pieces or
        more no split is empty. `skipped` says which files were left out.

    Raises
    ------
    CourseError
        If there is nothing at `path`, or no MIDI file in it can be read.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    skipped: list[Skipped] = []
    found = dict(read_midi_files(path, skipped))
    sides = split_names(found)
    pieces = [Piece(name, sides[name], found[name]) for name in found]
    return _not_empty(Corpus(pieces, skipped), path)


def maestro(folder: Path | str, splits: Iterable[str] = SPLITS) -> Corpus:
    """Read MAESTRO, or a fraction of it, with its own splits.

    Parameters
    ----------
    folder : Path or str
        Holds `maestro-*.csv`, or the `.json` with the same columns, and the
        MIDI files that it names; files that are absent are reported.
    splits : iterable of str
        Read only these; a whole MAESTRO takes a while.

    Returns
    -------
    Corpus
        Pieces named as the file, such as 2004/NAME. A piece that was played
        by several pianists has all its performances in one split.

    Raises
    ------
    CourseError
        If the table is missing or lacks a column, or no piece can be read.

    References
    ----------
    Hawthorne et al. (2019), arXiv:1810.12247.
    """
    folder = check_folder(folder, "MAESTRO")
    wanted = set(splits)
    rows = [row for row in _maestro_rows(folder) if row["split"] in wanted]
    pieces, skipped = [], []
    for row in tqdm(rows, desc="reading MAESTRO", unit="piece"):
        name = row["midi_filename"]
        try:
            path = _inside(folder, name)
            sequence = midi_to_sequence(path)
        except CourseError as error:
            skipped.append(Skipped(name, str(error)))
        else:
            stem = name.removesuffix(path.suffix)
            pieces.append(Piece(stem, row["split"], sequence))
    pieces.sort(key=lambda piece: piece.name)
    return _not_empty(Corpus(pieces, skipped), folder)


def _maestro_rows(folder: Path) -> list[dict[str, str]]:
    """Return one dict a piece, from the csv or from the json by columns."""
    tables = sorted(folder.glob("maestro*.csv"))
    tables += sorted(folder.glob("maestro*.json"))
    if not tables:
        raise CourseError(
            f"a table maestro-*.csv or .json in {folder}",
            "none",
            "give the folder that holds it and the years' folders",
        )
    try:
        text = tables[0].read_text(encoding="utf-8")
        if tables[0].suffix == ".csv":
            rows = list(csv.DictReader(text.splitlines()))
        else:
            rows = _columns_to_rows(json.loads(text))
        return [
            {name: row[name] + "" for name in MAESTRO_FIELDS} for row in rows
        ]  # + "": a number or nothing in place of a text fails here
    except (csv.Error, *BAD_CONTENT) as error:
        raise CourseError(
            f"the columns {', '.join(MAESTRO_FIELDS)} in {tables[0]}",
            f"another table ({error})",
            "fetch it again",
        ) from error


def _columns_to_rows(columns: dict[str, dict]) -> list[dict]:
    """Turn {column: {row: value}} into one dict a row."""
    return [
        {name: columns[name][row] for name in MAESTRO_FIELDS}
        for row in columns["split"]
    ]


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file that a table names, inside the folder."""
    path = folder / name
    try:
        if path.resolve().is_relative_to(folder.resolve()):
            return path
    except (ValueError, OSError):  # no name that a file can have
        pass
    raise CourseError(f"a file inside {folder}", name, "fetch the table again")


def jsb(path: Path | str, qpm: float = CHORALE_QPM) -> Corpus:
    """Read the JSB chorales with the split that the papers report on.

    Parameters
    ----------
    path : Path or str
        `Jsb16thSeparated.json`, or the folder that holds it. The .npz beside
        it is not read: it holds pickled objects.
    qpm : float
        Quarters per minute to write; the set knows no tempo and no meter.

    Returns
    -------
    Corpus
        229, 76 and 77 pieces named like train-000. Equal neighbours on the
        16th grid are one held note, for the set does not tell them apart.

    Raises
    ------
    CourseError
        If there is no such file, or it has another form.

    References
    ----------
    Boulanger-Lewandowski et al. (2012), arXiv:1206.6392.
    """
    path = Path(path)
    path = path / "Jsb16thSeparated.json" if path.is_dir() else path
    check_file(path, "the JSB chorales as JSON")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        grids = [
            (f"{theirs}-{i:03d}", ours, np.array(grid))
            for theirs, ours in JSB_SPLITS.items()
            for i, grid in enumerate(content[theirs])
        ]
        pieces = [
            Piece(name, split, grid_to_sequence(grid, qpm))
            for name, split, grid in grids
        ]
    except BAD_CONTENT as error:
        raise CourseError(
            f"chorales under train, valid and test in {path}",
            f"another content ({error})",
            "take Jsb16thSeparated.json, not its .npz or .pkl",
        ) from error
    return Corpus(sorted(pieces, key=lambda piece: piece.name))


def pop909(folder: Path | str) -> Corpus:
    """Read POP909 with the meter that its annotations give.

    The MIDI files carry a wrong time signature; `beat_midi.txt` marks the
    beats and bar lines instead (see `data.beats`). Songs of four beats a bar
    become 4/4, of three 3/4, and each beat is a quarter note. Pedals that
    are never lifted are left out (see `data.stuck_pedals`).

    Parameters
    ----------
    folder : Path or str
        MIDI files in any subfolders, and `annotations.tar.gz` or a folder a
        song with `beat_midi.txt`. A song without it keeps what its MIDI says.

    Returns
    -------
    Corpus
        Pieces named 001 to 909, split by the hash of that number, for the
        set has no split. Other versions of a song are not taken: they
        would carry it into two splits.

    Raises
    ------
    CourseError
        If there is no MIDI file that can be read.

    References
    ----------
    Wang et al. (2020), arXiv:2008.07142.
    """
    folder = check_folder(folder, "POP909")
    found = midi_folder(folder)
    songs = {
        piece.name.rsplit("/", 1)[-1]: piece.sequence
        for piece in found
        if "versions" not in piece.name.split("/")
    }
    beats = _pop909_beats(folder, found.skipped)
    for song, sequence in songs.items():
        drop_stuck_pedals(sequence)
        if song in beats:
            follow(sequence, beats[song])
    sides = split_names(songs)
    pieces = [Piece(song, sides[song], songs[song]) for song in songs]
    return _not_empty(Corpus(pieces, found.skipped), folder)


def _pop909_beats(
    folder: Path, skipped: list[Skipped]
) -> dict[str, np.ndarray]:
    """Return song -> its beats; what cannot be read is reported."""
    texts = {path.parent.name: path for path in folder.rglob(BEATS_FILE)}
    texts = {song: path.read_bytes() for song, path in texts.items()}
    packed = folder / "annotations.tar.gz"
    if packed.is_file():
        texts |= _packed_beats(packed)
    beats = {}
    for song, text in texts.items():
        try:
            beats[song] = read_beats(text.decode("utf-8", "replace"))
        except CourseError as error:
            skipped.append(Skipped(f"{song}/{BEATS_FILE}", str(error)))
    return beats


def _packed_beats(packed: Path) -> dict[str, bytes]:
    """Return song -> its `beat_midi.txt`; nothing is written anywhere."""
    texts = {}
    try:
        with tarfile.open(packed) as archive:
            for member in archive:
                song, _, name = member.name.rpartition("/")
                if name == BEATS_FILE and member.isfile():
                    data = archive.extractfile(member).read(MAX_BEATS_BYTES)
                    texts[song.rsplit("/", 1)[-1]] = data
    except (*BAD_TAR, *BAD_CONTENT) as error:
        raise CourseError(
            f"a whole tar of annotations at {packed}",
            error,
            "fetch it again, or delete it to go without beats",
        ) from error
    return texts


def _not_empty(corpus: Corpus, path: Path | str) -> Corpus:
    """Refuse a set without pieces; say why each one was left out."""
    if not corpus:
        raise CourseError(
            f"at least one MIDI file that can be read in {path}",
            skipped_line(corpus.skipped),
            "check the path, and that the files end in .mid or .midi",
        )
    return corpus
