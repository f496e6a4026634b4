"""Unpack a zip or tar of unknown hands into a folder, whole or not at all.

An archive can name files outside its folder, hold links and devices, and
unpack to a thousand times its size. Only plain files and folders are taken,
each is opened here under a checked name, and all bytes are counted.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_file
from course_utils.basics.files import atomic_folder

BLOCK = 2**20
MOST_AT_ONCE = 2**24  # bytes that a tar may ask for in one piece
FORBIDDEN = ("\\", "\0", ":")  # a drive or a path of Windows
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    gzip.BadGzipFile,
    NotImplementedError,  # a zip of a kind that Python does not read
    RuntimeError,  # a zip with a password
    UnicodeError,
    ValueError,  # numbers and names that no archive has
    LookupError,  # an empty name
)


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold.

    Parameters
    ----------
    n_files : int
        Files and folders.
    n_bytes : int
        Bytes of all files, unpacked.
    """

    n_files: int = 400_000  # NSynth has 289,206 in one archive
    n_bytes: int = 2**33


# Name within the archive, whether a folder, bytes, and how to open a file
Member = tuple[str, bool, int, Callable[[], BinaryIO]]


def unpack(
    archive: Path | str,
    folder: Path | str,
    limits: Limits | None = None,
    *,
    n_strip: int = 0,
) -> Path:
    """Unpack a zip, tar or tar.gz into a new folder.

    Parameters
    ----------
    archive : Path or str
        What it is, is read from its bytes and not from its name.
    folder : Path or str
        Absent; it appears when all is unpacked.
    limits : Limits, optional
        An archive with more is refused.
    n_strip : int
        Leave out so many folders at the beginning of each name; what lies
        above is not unpacked.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CourseError
        If the archive is no zip or tar, damaged, or has a password; if a
        name leads out of the folder or comes twice; if there is a link or
        a device; if it holds more than the limits; if the disk becomes
        full. Nothing is left of it then.
    """
    archive = check_file(archive, "a zip or tar")
    folder = Path(folder)
    limits = limits or Limits()
    _check_absent(folder, archive)
    bar = tqdm(desc=f"unpacking {archive.name}", unit="B", unit_scale=True)
    with atomic_folder(folder) as part, _readable(archive), bar:
        left = limits.n_bytes
        for n, (name, is_folder, size, opened) in enumerate(_members(archive)):
            left -= size
            if n >= limits.n_files or left < 0:
                raise _too_much(archive, limits)
            inner = _inner_name(archive, name, n_strip)
            if inner is None:
                continue
            try:
                _place(part / inner, is_folder, size, opened, bar)
            except (FileExistsError, NotADirectoryError) as error:
                raise _bad(archive, f"{name} comes twice") from error
        if not any(part.iterdir()):
            raise _bad(archive, "no file in it")
    return folder


def _check_absent(folder: Path, archive: Path) -> None:
    """Refuse to unpack into a folder that is there."""
    if folder.exists():
        raise CourseError(
            f"a folder that is not there yet, to unpack {archive.name}",
            f"{folder}, which is",
            "delete it, or choose another name",
        )


def _members(archive: Path) -> Iterator[Member]:
    """Yield the members of an archive in the order they lie there."""
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
    else:
        yield from _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[Member]:
    """Yield what a zip holds; its sizes are claims until they are read."""
    with zipfile.ZipFile(archive) as file:
        for item in file.infolist():
            kind = stat.S_IFMT(item.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _bad(archive, f"{item.filename} is a link or a device")
            yield (
                item.filename,
                item.is_dir(),
                item.file_size,
                lambda item=item: file.open(item),
            )


def _tar_members(archive: Path) -> Iterator[Member]:
    """Yield what a tar or tar.gz holds, reading it once."""
    with archive.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        whole = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        with tarfile.open(fileobj=_Bounded(whole), mode="r:") as file:
            for item in file:
                if not (item.isreg() or item.isdir()) or item.issparse():
                    raise _bad(archive, f"{item.name} is a link or a device")
                yield (
                    item.name,
                    item.isdir(),
                    item.size,
                    lambda item=item: file.extractfile(item),
                )
                file.members = []  # or 300,000 of them stay in memory
        _read_to_end(whole)


def _read_to_end(file: BinaryIO) -> None:
    """Read what follows the last file: gzip's checksum stands at its end."""
    rest = MOST_AT_ONCE
    while block := file.read(BLOCK):
        rest -= len(block)
        if rest < 0:
            raise tarfile.ReadError("bytes after its end")


class _Bounded:
    """A file that gives no huge piece at once.

    A header of a tar can claim any length for a name; `tarfile` would read
    all of it into memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        if not 0 <= size <= MOST_AT_ONCE:
            raise tarfile.ReadError(f"a piece of {size} bytes")
        return self.file.read(size)


def _inner_name(archive: Path, name: str, n_strip: int) -> str | None:
    """Return a member's name in our folder; None if it lies above it."""
    path = PurePosixPath(name)
    leads_out = path.is_absolute() or ".." in path.parts
    if leads_out or any(sign in name for sign in FORBIDDEN):
        raise _bad(archive, f"{name!r} leads out of its folder")
    parts = path.parts[n_strip:]
    return str(PurePosixPath(*parts)) if parts else None


def _place(
    path: Path,
    is_folder: bool,
    size: int,
    opened: Callable[[], BinaryIO],
    bar: tqdm,
) -> None:
    """Make a folder or a file; never more bytes than were counted for it."""
    (path if is_folder else path.parent).mkdir(parents=True, exist_ok=True)
    if is_folder:
        return
    with opened() as source, path.open("xb") as target:
        while block := source.read(min(BLOCK, size + 1)):
            size -= len(block)
            if size < 0:
                raise tarfile.ReadError("a file is longer than it claims")
            target.write(block)
            bar.update(len(block))
    if size:
        raise tarfile.ReadError("a file is shorter than it claims")


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    """Turn what the readers of archives raise into a `CourseError`."""
    try:
        yield
    except CourseError:
        raise
    except BROKEN as error:
        raise _bad(archive, str(error) or type(error).__name__) from error


def _bad(archive: Path, what: str) -> CourseError:
    """Return the error for an archive that is not trusted."""
    return CourseError(
        f"a whole zip or tar of plain files at {archive}",
        what,
        "delete it and fetch it again, from its own homepage",
    )


def _too_much(archive: Path, limits: Limits) -> CourseError:
    """Return the error for an archive that holds too much."""
    return CourseError(
        f"at most {limits.n_files} files and {limits.n_bytes} bytes in "
        f"{archive}",
        "more",
        "do not unpack it: it is not the data set that it claims to be",
    )
