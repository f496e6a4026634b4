"""Write files and folders whole or not at all, whatever happens meanwhile.

Taught in: notebooks/00_start_here.ipynb
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_utils.basics.checks import CourseError

ABANDONED_S = 86_400  # a day: no writer works as long on one folder
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_ending(path: Path | str, *endings: str) -> None:
    """Refuse a file name that promises another kind of file.

    Parameters
    ----------
    path : Path or str
        The file that shall be written.
    *endings : str
        Those that are right, such as `.mid`; upper case is too.

    Raises
    ------
    CourseError
        If it has another one, or none.
    """
    if Path(path).suffix.lower() not in endings:
        raise CourseError(
            f"a file name ending in {' or '.join(endings)}",
            path,
            f"call it {Path(path).with_suffix(endings[0]).name}",
        )


@contextmanager
def atomic_file(path: Path | str) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` on success.

    Parameters
    ----------
    path : Path or str
        The final file. Missing parent folders are made.

    Yields
    ------
    Path
        A path in the same folder, with the same suffix. On any error it is
        removed and an older `path` stays as it was.

    Raises
    ------
    CourseError
        If the disk is full, the folder cannot be written, or `path` is
        there and is no ordinary file (a folder, a device).
    """
    path = Path(path)
    with _clear_write_errors(path):
        _check_target(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".part-{os.getpid()}-{path.name}")
        try:
            yield part
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder to fill; it becomes `path` on success.

    Parameters
    ----------
    path : Path or str
        The final folder. If another process made it first, that one stays.

    Yields
    ------
    Path
        An empty folder beside `path`. On any error it is removed whole.

    Raises
    ------
    CourseError
        If the disk is full or the parent folder cannot be written.
    """
    path = Path(path)
    with _clear_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".part-{path.name}-"
        _remove_abandoned(path.parent, prefix)
        part = Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
        try:
            yield part
            part.chmod(0o755)
            if not path.exists():
                os.replace(part, path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def check_writable(folder: Path | str) -> None:
    """Raise `CourseError` unless files can be written in a folder.

    The folder is made if it is not there: better to know before hours of
    work than after.
    """
    folder = Path(folder)
    with _clear_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-"):
            pass


def _check_target(path: Path) -> None:
    """Refuse to replace what is no ordinary file."""
    if path.exists() and not path.is_file():
        raise CourseError(
            f"the path of a file to write, such as {path.name}.new",
            f"{path}, which is {'a folder' if path.is_dir() else 'a device'}",
            "choose another name",
        )


def _remove_abandoned(folder: Path, prefix: str) -> None:
    """Remove what killed processes left half-written, once it is old."""
    for part in folder.glob(f"{prefix}*"):
        if time.time() - part.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _clear_write_errors(path: Path) -> Iterator[None]:
    """Turn the system's write errors into a `CourseError`."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise CourseError(
                f"free disk space to write {path}",
                "a full disk",
                "free some space or point COURSE_CACHE_DIR at another disk; "
                "nothing half-written was left",
            ) from error
        reason = error.strerror or type(error).__name__
        raise CourseError(
            f"a place that can be written for {path}",
            reason.lower(),
            "choose another place",
        ) from error
