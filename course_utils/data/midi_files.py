"""Find the MIDI files of a folder or a zip, without trusting either.

A zip can name files outside its folder, claim a small size and unpack to a
huge one, or be locked. Nothing is unpacked under a name that it chose.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import hashlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from course_utils.basics.checks import BAD_CONTENT, CourseError
from course_utils.data.report import Skipped
from course_utils.symbolic.sequences import MAX_FILE_BYTES, midi_to_sequence

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

SUFFIXES = (".mid", ".midi")
# zipfile has no one error: damage shows as any of these. RuntimeError stands
# for a password too, and for a way of packing that it does not know.
BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    *BAD_CONTENT,
)

# A name, and a function that returns the file's bytes or raises CourseError
Source = tuple[str, Callable[[], bytes]]


def read_midi_files(
    path: Path | str, skipped: list[Skipped]
) -> Iterator[tuple[str, "NoteSequence"]]:
    """Read every MIDI file of a folder or zip, in the order of names.

    Parameters
    ----------
    path : Path or str
        A folder (searched with its subfolders), a zip, or one MIDI file.
    skipped : list of Skipped
        Grows by each file that cannot be read, and by copies: of files with
        the same bytes only the first is taken, or a piece could stand in
        two splits.

    Yields
    ------
    (str, NoteSequence)
        The name within the set, without suffix, and the piece.

    Raises
    ------
    CourseError
        If there is nothing at `path`, or it is neither of the three.
    """
    sources = list(_sources(Path(path), skipped))
    seen: dict[bytes, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, read in tqdm(sources, desc="reading MIDI", unit="file"):
            copy = Path(folder) / "copy.mid"  # a zip's name may be anything
            try:
                data = read()
                first = seen.setdefault(hashlib.sha256(data).digest(), name)
                if first != name:
                    skipped.append(Skipped(name, f"same bytes as {first}"))
                    continue
                copy.write_bytes(data)
                sequence = midi_to_sequence(copy)
                sequence.filename = PurePosixPath(name).name
            except CourseError as error:
                reason = str(error).replace(str(copy), name)
                skipped.append(Skipped(name, reason))
            else:
                yield str(PurePosixPath(name).with_suffix("")), sequence


def _sources(path: Path, skipped: list[Skipped]) -> Iterator[Source]:
    """Yield name and reader of each MIDI file, sorted by name."""
    if path.is_dir():
        yield from _in_folder(path)
    elif path.is_file() and zipfile.is_zipfile(path):
        yield from _in_zip(path, skipped)
    elif path.is_file() and path.suffix.lower() in SUFFIXES:
        yield path.name, path.read_bytes
    else:
        raise CourseError(
            f"a folder, a zip or a MIDI file at {path}",
            "a file of another kind" if path.exists() else "nothing there",
            "check the path, or the variable COURSE_DATA_DIR",
        )


def _in_folder(folder: Path) -> Iterator[Source]:
    """Yield the MIDI files of a folder and its subfolders."""
    paths = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    for path in sorted(paths):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes


def _in_zip(path: Path, skipped: list[Skipped]) -> Iterator[Source]:
    """Yield the MIDI files of a zip; names that lead out of it are skipped."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda m: m.filename)
    except BAD_ZIP as error:
        raise CourseError(
            f"a readable zip at {path}", str(error), "fetch or pack it again"
        ) from error
    for member in members:
        name = member.filename
        if PurePosixPath(name).suffix.lower() not in SUFFIXES:
            continue
        if name.startswith("/") or ".." in PurePosixPath(name).parts:
            skipped.append(Skipped(name, "its name leads out of the zip"))
        elif not name.startswith("__MACOSX/"):  # not music, but its shadow
            yield name, lambda member=member: _unzip(path, member)


def _unzip(path: Path, member: zipfile.ZipInfo) -> bytes:
    """Return one member's bytes, but never more than a MIDI file may have."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except BAD_ZIP as error:
        raise CourseError(
            f"a readable file {member.filename} in {path}",
            str(error),
            "pack the zip again, without a password",
        ) from error
    if len(data) > MAX_FILE_BYTES:
        raise CourseError(
            f"at most {MAX_FILE_BYTES} bytes in {member.filename}",
            "more",
            "a MIDI file is never that long; leave it out",
        )
    return data
