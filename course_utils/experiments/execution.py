"""Execute one notebook in its own kernel, and measure what that took.

papermill does the work. Around it: the kernel finds the library of this
checkout, the executed copy appears whole or not at all, memory is watched,
Ctrl-C ends the kernel at once, and a failure is told in a few lines.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import papermill
import psutil
from papermill.exceptions import PapermillExecutionError

from course_utils.basics.paths import REPOSITORY

MIB = 2**20
POLL_S = 0.1  # pause between two looks at the memory
KERNEL = "python3"
# Hints of the kernel about its transport and its end tell a reader nothing.
QUIET = ["--IPKernelApp.log_level=CRITICAL"]
FAILED_FOLDER = "failed"
COLOUR_CODE = re.compile(r"\x1b\[[0-9;]*m")
TRACEBACK_LINES = 12  # enough for the failing call; all of it is in the copy


@dataclass(frozen=True)
class Cost:
    """What an execution took."""

    seconds: float  # wall clock, start of the kernel included
    peak_memory_mib: float  # resident, kernel and its children together


class NotebookFailedError(RuntimeError):
    """A notebook did not run to its end; the text says where and why."""


def execute(
    source: Path, target: Path, parameters: dict[str, object], folder: Path
) -> Cost:
    """Execute `source` and put the executed copy at `target`.

    Parameters
    ----------
    source, target : Path
        Notebook files. `target` is replaced only when all cells ran.
    parameters : dict
        Values for names of the parameters cell.
    folder : Path
        Where the kernel starts.

    Returns
    -------
    Cost
        Seconds and peak memory.

    Raises
    ------
    NotebookFailedError
        If a cell raised or the kernel died. What was executed up to there
        is kept beside the target, in the folder `failed`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".part-{os.getpid()}-{target.name}")
    failed = target.parent / FAILED_FOLDER / target.name
    try:
        with _kernel_environment():
            cost = _measured(source, part, parameters, folder)
        os.replace(part, target)
        failed.unlink(missing_ok=True)
        return cost
    except Exception as error:
        _keep(part, failed)
        raise NotebookFailedError(_summary(source, failed, error)) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _kernel_environment() -> Iterator[None]:
    """Let kernels find this library, keep hashes fixed and bars still."""
    path = os.pathsep.join(
        filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])
    )
    wanted = {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "TQDM_DISABLE": "1",  # plain bars; the site drops those in widgets
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this interpreter
        "OMP_WAIT_POLICY": "PASSIVE",  # idle threads sleep: see the Makefile
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _measured(
    source: Path, target: Path, parameters: dict[str, object], folder: Path
) -> Cost:
    """Run papermill in a thread and watch its children from this one.

    The thread leaves Ctrl-C to us: inside papermill it would look like a
    kernel that died, and the next notebook would start.
    """
    others = _children()
    start = time.perf_counter()
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(
            papermill.execute_notebook,
            str(source),
            str(target),
            parameters=parameters,
            kernel_name=KERNEL,
            cwd=str(folder),
            progress_bar=sys.stderr.isatty(),
            extra_arguments=QUIET,
        )
        try:
            peak = _watch(future, others)
        except BaseException:
            while not future.done():
                _end(_children() - others)
                time.sleep(POLL_S)
            raise
    future.result()
    return Cost(time.perf_counter() - start, peak / MIB)


def _watch(future: Future, others: set[psutil.Process]) -> float:
    """Return the peak memory in bytes of our new children, until done."""
    peak = 0
    while True:
        try:
            future.exception(timeout=POLL_S)
            return peak
        except StillRunning:
            peak = max(peak, sum(map(_resident, _children() - others)))


def _children() -> set[psutil.Process]:
    """Return the processes below this one."""
    return set(psutil.Process().children(recursive=True))


def _resident(process: psutil.Process) -> int:
    """Return a process's resident memory in bytes, 0 once it is gone."""
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def _end(processes: set[psutil.Process]) -> None:
    """Kill processes; those that are gone do not matter."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def _keep(part: Path, failed: Path) -> None:
    """Move a half-executed copy to where it can be looked at."""
    if part.exists():
        failed.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, failed)


def _summary(source: Path, failed: Path, error: Exception) -> str:
    """Tell in a few lines which cell failed, how, and where to look."""
    if not isinstance(error, PapermillExecutionError):
        return f"{source.stem} did not run: {type(error).__name__}: {error}"
    traceback = COLOUR_CODE.sub("", "\n".join(error.traceback)).split("\n")
    message = COLOUR_CODE.sub("", error.evalue)
    return "\n".join(
        [
            f"{source.stem} failed: {error.ename}: {message}",
            f"  in this cell (number {error.exec_count} to be executed):",
            *(f"    | {line}" for line in error.source.split("\n")),
            "  end of the traceback:",
            *(f"    {line}" for line in traceback[-TRACEBACK_LINES:]),
            f"  executed up to there: {failed}",
        ]
    )
