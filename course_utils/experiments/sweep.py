"""Many runs of one notebook: begun once, finished once, gone on with.

    course sweep data/sweeps/beating.yml --workers 2

A run that is finished, with the same code and sizes, is never run again; one
that fails is kept to be read and stops no other. Ctrl-C, a kill or a fault
loses only what was going on: the same command goes on with the rest. Two
sweeps in one folder share the work.

Taught in: notebooks/00_start_here.ipynb
"""

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm.auto import tqdm

from course_utils.basics.files import atomic_file
from course_utils.basics.paths import runs_dir
from course_utils.basics.workers import HERE, Workers, each
from course_utils.experiments import dependencies, notebook_file
from course_utils.experiments.freshness import Workplace, why_stale
from course_utils.experiments.sweep_file import Sweep, read_sweep
from course_utils.experiments.sweep_run import (
    ELSEWHERE,
    FAILED,
    FINISHED,
    RunPlace,
    RunTask,
    do_run,
    row,
)
from course_utils.experiments.sweep_table import write_tables

KEPT_FILE = "sweep.yml"
WAITING = "waiting"
DIED = "the processes that had this run died, again and again"


def sweeps_dir() -> Path:
    """Return the folder of all sweeps, beside what notebooks train."""
    return runs_dir() / "sweeps"


def run_sweep(
    path: Path | str,
    *,
    workers: Workers = HERE,
    out: Path | str | None = None,
    place: Workplace | None = None,
) -> dict[str, object]:
    """Do what `course sweep` does; progress goes to standard error.

    Parameters
    ----------
    path : Path or str
        A sweep file; see `sweep_file`.
    workers : Workers
        Who runs the notebooks. Those of a cluster must see the checkout and
        `out` under the same paths.
    out : Path or str, optional
        The sweep's folder becomes one of this; by default `sweeps_dir()`.
    place : Workplace, optional
        Where the notebooks lie; this checkout by default.

    Returns
    -------
    dict
        `name`, `folder`, `n_runs`, `n_finished`, `n_ran` (executed now),
        `failed` (run -> `error` and `notebook`, its copy), `csv`, `parquet`
        (None without pyarrow), `summary` and `ready`, True if all finished.

    Raises
    ------
    CourseError
        If the file is wrong, or the workers or the folder are not there.
    """
    place = place or Workplace()
    sweep = read_sweep(path, place)
    folder = Path(out or sweeps_dir()).resolve() / sweep.name
    with atomic_file(folder / KEPT_FILE) as part:
        part.write_bytes(Path(path).read_bytes())
    tasks = _tasks(sweep, folder, place)
    rows = _begun(tasks)
    n_before = sum(r["status"] == FINISHED for r in rows)
    files = write_tables(rows, folder)
    bar = tqdm(total=len(tasks), desc=sweep.name, unit="run", initial=n_before)
    n_ran = 0
    with bar:
        for wait in (False, True):
            n_ran += _go_on(tasks, rows, workers, wait, folder, bar)
    return _summary(sweep, folder, tasks, rows) | {"n_ran": n_ran} | files


def _tasks(sweep: Sweep, folder: Path, place: Workplace) -> list[RunTask]:
    """Return each run with its own folder."""
    notebooks = place.notebooks.resolve()
    return [
        RunTask(
            sweep.notebook,
            sweep.preset,
            RunPlace(notebooks, folder / sweep.run_name(changes), changes),
        )
        for changes in sweep.changes
    ]


def _begun(tasks: list[RunTask]) -> list[dict[str, object]]:
    """Return the rows of what is finished already, and of what is not."""
    name, place = tasks[0].notebook, tasks[0].place
    source = notebook_file.read(place.source(name))
    library = dependencies.fingerprints(source, name)  # once, not for each
    rows = []
    for task in tasks:
        stale = why_stale(name, task.preset, task.place, library)
        if stale and task.place.manifest(name, task.preset).is_file():
            _say(task, f"runs again, {stale}")
        rows.append(row(task, WAITING if stale else FINISHED))
    return rows


def _go_on(
    tasks: list[RunTask],
    rows: list[dict[str, object]],
    workers: Workers,
    wait: bool,
    folder: Path,
    bar: tqdm,
) -> int:
    """Do the runs that nobody has done; return how many were executed.

    First those that nobody is at; then, with `wait`, the others come in.
    """
    places = [
        place
        for place, known in enumerate(rows)
        if known["status"] == (ELSEWHERE if wait else WAITING)
    ]
    parts = [replace(tasks[place], wait=wait) for place in places]
    n_ran = 0
    with closing(each(do_run, parts, workers, _lost)) as done:
        for number, found in done:
            n_ran += found.pop("ran")
            rows[places[number]] = found
            write_tables(rows, folder)
            if found["status"] == ELSEWHERE:
                continue
            bar.update()
            if found["status"] == FAILED:
                _say(parts[number], str(found["error"]).partition("\n")[0])
    return n_ran


def _lost(task: RunTask) -> dict[str, object]:
    """Return the row of a run that took its processes with it."""
    return row(task, FAILED) | {"error": DIED, "ran": False}


def _say(task: RunTask, line: str) -> None:
    """Say something about a run at once, beside the bar."""
    tqdm.write(f"{task.place.executed.name}: {line}", file=sys.stderr)


def _summary(
    sweep: Sweep,
    folder: Path,
    tasks: list[RunTask],
    rows: list[dict[str, object]],
) -> dict[str, object]:
    """Return how it went, for machines and in a line."""
    n_finished = sum(known["status"] == FINISHED for known in rows)
    failed = {
        known["run"]: {
            "error": known["error"],
            "notebook": _kept(task),
        }
        for task, known in zip(tasks, rows, strict=True)
        if known["status"] == FAILED
    }
    line = f"{n_finished} of {len(rows)} runs are finished in {folder}"
    return {
        "name": sweep.name,
        "folder": folder,
        "n_runs": len(rows),
        "n_finished": n_finished,
        "failed": failed,
        "summary": line,
        "ready": n_finished == len(rows),
    }


def _kept(task: RunTask) -> Path | None:
    """Return the copy of which a cell raised; None if there is none."""
    path = task.place.failed(task.notebook)
    return path if path.is_file() else None
