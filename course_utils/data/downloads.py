"""Fetch one large file over a network that breaks, stalls and lies.

What has arrived lies in NAME.part; the next try, or the next call, goes on
from there. NAME appears only when size and SHA-256 are right.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file, check_writable
from course_utils.data import transfer

if TYPE_CHECKING:
    from requests import Session

MIB = 2**20
SHA256 = re.compile(r"[0-9a-f]{64}")

Say = Callable[[str], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file somewhere else, and what is known about it.

    Parameters
    ----------
    name : str
        The name it gets here.
    urls : tuple of str
        Where it lies; the first that works is taken.
    n_bytes : int, optional
        Its exact size, if that was published.
    sha256 : str, optional
        Its checksum, if one was published.
    about_bytes : int
        Its size, roughly, where the exact one is not known. A file of more
        than twice this size is refused.
    """

    name: str
    urls: tuple[str, ...]
    n_bytes: int | None = None
    sha256: str | None = None
    about_bytes: int = 0

    @property
    def most_bytes(self) -> int:
        """The size beyond which a download is given up."""
        return self.n_bytes or 2 * self.about_bytes


def fetch(
    file: RemoteFile,
    folder: Path | str,
    *,
    patience: transfer.Patience = transfer.PATIENCE,
    say: Say = lambda line: None,
) -> Path:
    """Return a file that lies elsewhere; get it if it is not here yet.

    Parameters
    ----------
    file : RemoteFile
        What to fetch, and from where.
    folder : Path or str
        Where to put it. Beside it NAME.sha256 keeps the checksum of what
        arrived, and a later download is compared with it.
    patience : Patience
        How long a silent connection is waited for, and how often a broken
        one is tried again, before the next address is asked.
    say : callable
        Takes a line for the reader.

    Returns
    -------
    Path
        The whole file, checked.

    Raises
    ------
    CourseError
        If no address gives the right file, the disk is too small, another
        process fetches the same file, or a file that is here is another
        one. What arrived of it is kept for the next call.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    folder = Path(folder)
    path = folder / file.name
    known = known_sha256(file, path)
    if path.is_file():
        return _check_here(file, path, known)
    check_writable(folder)
    reasons = []
    with _only_one(path), transfer.new_session() as session:
        for url in file.urls:
            reason = _fetch_from(session, url, file, path, patience, say)
            if reason is None:
                return path
            reasons.append(f"{urlsplit(url).netloc}: {reason}")
            say(reasons[-1])
    raise CourseError(
        f"{file.name} from one of {len(file.urls)} addresses",
        "; ".join(reasons) or "no address",
        "look at the connection and run this again: it goes on where it "
        "stopped",
    )


def known_sha256(file: RemoteFile, path: Path) -> str | None:
    """Return the checksum that a file must have, or None.

    Parameters
    ----------
    file : RemoteFile
        Its published checksum comes first.
    path : Path
        Where the file lies or will lie; the first download remembered its
        checksum beside it.
    """
    if file.sha256:
        return file.sha256
    note = _note(path)
    found = SHA256.match(note.read_text()) if note.is_file() else None
    return found[0] if found else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, with a progress bar if it is large."""
    digest = hashlib.sha256()
    size = path.stat().st_size
    hide = size < 100 * MIB
    bar = tqdm(
        total=size, desc="checking", unit="B", unit_scale=True, disable=hide
    )
    with path.open("rb") as file, bar:
        while block := file.read(MIB):
            digest.update(block)
            bar.update(len(block))
    return digest.hexdigest()


def check_space(folder: Path, n_bytes: int, what: str) -> None:
    """Raise `CourseError` if a disk has less than `n_bytes` free.

    Parameters
    ----------
    folder : Path
        It, or a folder above it, exists.
    n_bytes : int
        What will be written.
    what : str
        For what, in words.
    """
    there = next(p for p in (folder, *folder.parents) if p.is_dir())
    free = shutil.disk_usage(there).free
    if free < n_bytes:
        raise CourseError(
            f"{n_bytes / 1e6:.1f} MB of free disk for {what}",
            f"{free / 1e6:.1f} MB in {there}",
            "free some space, or choose another disk by COURSE_DATA_DIR or "
            "--out",
        )


def _note(path: Path) -> Path:
    """Return the file that keeps the checksum."""
    return path.with_name(f"{path.name}.sha256")


def _fetch_from(
    session: "Session",
    url: str,
    file: RemoteFile,
    path: Path,
    patience: transfer.Patience,
    say: Say,
) -> str | None:
    """Fetch from one address; return None, or the reason why it failed."""
    part = path.with_name(f"{path.name}.part")
    try:
        transfer.fill_part(session, url, part, file, patience)
    except transfer.Failed as error:
        return str(error)
    found = sha256_of(part)
    known = known_sha256(file, path)
    if known and found != known:
        transfer.drop_part(part)
        hint = "" if file.sha256 else f"; to take it, delete {_note(path)}"
        return f"another file, sha256 {found} instead of {known}{hint}"
    if not known:
        say(f"{file.name}: no sha256 is published; what arrived has {found}")
    if not file.sha256:
        with atomic_file(_note(path)) as note:
            note.write_text(f"{found}  {file.name}\n")
    os.replace(part, path)
    transfer.drop_part(part)
    return None


def _check_here(file: RemoteFile, path: Path, known: str | None) -> Path:
    """Return a file that is here, if it is the right one."""
    size = path.stat().st_size
    right = file.n_bytes in (None, size)
    if not right or (known and sha256_of(path) != known):
        raise CourseError(
            f"the file {path} as it was published",
            "another one, or a part of it",
            "delete it and run this again",
        )
    return path


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one process at a time fetch a file; a killed one locks nothing."""
    try:
        import fcntl
    except ImportError:  # Windows has none: there the sha256 alone protects
        yield
        return
    with path.with_name(f".{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CourseError(
                f"no other process that fetches {path.name}",
                "one that does",
                "wait until it has ended, and run this again",
            ) from error
        yield
