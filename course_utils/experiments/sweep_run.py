"""One run of a sweep: in a folder of its own, once, whoever asks for it.

A run's folder holds the executed notebook, its manifest, and `trained/` with
whatever the notebook trained. While a run goes on, its process holds a lock
on the folder, which the system takes back when the process ends, in whatever
way. So a run is never done by two at a time; one that was cut off begins
again from nothing, and one that is finished is only read.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file
from course_utils.experiments.execution import (
    FAILED_FOLDER,
    NotebookFailedError,
)
from course_utils.experiments.freshness import Workplace, injected, why_stale
from course_utils.experiments.manifest import read_manifest
from course_utils.experiments.runner import run_one

MANIFEST = "manifest.json"
ERROR = "error.txt"
LOCK = "lock"
TRAINED = "trained"
POLL_S = 0.5  # pause between two looks at a lock that another holds
FINISHED, FAILED, ELSEWHERE = "finished", "failed", "elsewhere"
# Memory is measured, and the environment set, for a whole process.
ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class RunPlace(Workplace):
    """The place of one run: `executed` is its own folder."""

    def copy(self, name: str, preset: str) -> Path:
        """Return the path of the executed copy."""
        return self.executed / f"{name}.ipynb"

    def manifest(self, name: str, preset: str) -> Path:
        """Return the path of the manifest."""
        return self.executed / MANIFEST

    def failed(self, name: str) -> Path:
        """Return where a copy is kept of which a cell raised."""
        return self.executed / FAILED_FOLDER / f"{name}.ipynb"


@dataclass(frozen=True)
class RunTask:
    """What a worker has to know of a run.

    Parameters
    ----------
    notebook, preset : str
        Which notebook, and how.
    place : RunPlace
        Its folder, and the parameters that differ from the preset's.
    wait : bool
        Whether to wait if another process is at it, and take its result.
    """

    notebook: str
    preset: str
    place: RunPlace
    wait: bool = False

    def __str__(self) -> str:
        return f"{self.place.executed.name} of {self.notebook}"


def do_run(task: RunTask) -> dict[str, object]:
    """Execute a run unless it is finished, and return its row.

    Parameters
    ----------
    task : RunTask
        Which run.

    Returns
    -------
    dict
        As `row` gives it, its `status` one of `finished`, `failed` and, if
        another process is at it and `task.wait` is false, `elsewhere`;
        `ran` says whether it was executed here.

    Raises
    ------
    CourseError
        If the folder cannot be written or locked.
    """
    folder = task.place.executed
    with ONE_AT_A_TIME:
        try:
            with _held(folder / LOCK, task.wait):
                return _under_lock(task)
        except Timeout:
            return row(task, ELSEWHERE) | {"ran": False}


@contextmanager
def _held(path: Path, wait: bool) -> Iterator[None]:
    """Hold a lock that ends with this process; Timeout if another does."""
    lock = FileLock(path, timeout=-1 if wait else 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(poll_interval=POLL_S)
    except (NotImplementedError, PermissionError) as error:
        raise CourseError(
            f"a folder whose files can be written and locked for {path}",
            f"one where they cannot ({type(error).__name__})",
            "choose another --out",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _under_lock(task: RunTask) -> dict[str, object]:
    """Look again, now that no other can begin, and execute if need be."""
    if not why_stale(task.notebook, task.preset, task.place):
        return row(task, FINISHED) | {"ran": False}
    if task.wait and _error(task.place):
        return row(task, FAILED) | {"ran": False}
    _clear(task.place.executed)
    try:
        with _own_trainings(task.place.executed / TRAINED):
            run_one(task.notebook, task.preset, task.place)
    except (CourseError, NotebookFailedError) as error:
        with atomic_file(task.place.executed / ERROR) as part:
            part.write_text(f"{error}\n", encoding="utf-8")
        return row(task, FAILED) | {"ran": True}
    return row(task, FINISHED) | {"ran": True}


def row(task: RunTask, status: str) -> dict[str, object]:
    """Return what is known of a run, as one row of the table.

    Parameters
    ----------
    task : RunTask
        Which run.
    status : str
        Its state.

    Returns
    -------
    dict
        `run`, `status`, `preset`, `seed`, the parameters under their own
        names, and as far as they are known `metric_` and the name of each
        metric, `seconds`, `peak_memory_mib`, `commit` and `error`.
    """
    place = task.place
    told = injected(task.notebook, task.preset, place)
    found = {
        "run": place.executed.name,
        "status": status,
        "preset": told.pop("PRESET"),
        "seed": told.pop("SEED", None),
        **told,
    }
    if status == FAILED:
        return found | {"error": _error(place)}
    if status != FINISHED:
        return found
    manifest = read_manifest(place.manifest(task.notebook, task.preset))
    scores = {f"metric_{k}": v for k, v in manifest.metrics.items()}
    cost = {
        "seconds": manifest.seconds,
        "peak_memory_mib": manifest.peak_memory_mib,
        "commit": manifest.commit,
    }
    return found | scores | cost


def _error(place: RunPlace) -> str:
    """Return why the last attempt failed; empty if it did not."""
    path = place.executed / ERROR
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _clear(folder: Path) -> None:
    """Remove what an earlier attempt left, the manifest first."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


@contextmanager
def _own_trainings(folder: Path) -> Iterator[None]:
    """Let the notebook keep what it trains in a folder of this run."""
    before = os.environ.get("COURSE_RUNS_DIR")
    os.environ["COURSE_RUNS_DIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("COURSE_RUNS_DIR")
        if before is not None:
            os.environ["COURSE_RUNS_DIR"] = before
