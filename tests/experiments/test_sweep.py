"""Sweeps from end to end, on a notebook of three cells."""

import csv
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from filelock import FileLock
from sweep_trial import (
    CELLS,
    NAME,
    NAMES,
    ends,
    expected,
    kernels_below,
    noted,
    results,
    start_sweep,
    wait_until,
    write_sweep,
)

from course_utils import cli
from course_utils.basics.checks import CourseError
from course_utils.experiments import sweep, sweep_run
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.manifest import read_manifest
from course_utils.experiments.sweep import run_sweep
from course_utils.experiments.sweep_file import read_sweep
from course_utils.experiments.sweep_run import RunPlace, RunTask, do_run


@pytest.fixture
def place(tmp_path, write_notebook):
    place = Workplace(tmp_path / "notebooks", tmp_path / "executed")
    write_notebook(place.notebooks, NAME, *CELLS, names=NAMES)
    return place


def task_of(path, place, out, **words):
    """Return the task of a sweep's first run."""
    asked = read_sweep(path, place)
    folder = out / asked.name / asked.run_name(asked.changes[0])
    own = RunPlace(place.notebooks, folder, asked.changes[0])
    return RunTask(asked.notebook, asked.preset, own, **words)


@pytest.fixture
def never(monkeypatch):
    """Let no run be executed."""

    def refuse(*_):
        raise AssertionError("executed a second time")

    monkeypatch.setattr(sweep_run, "run_one", refuse)


def test_each_run_is_done_once_and_a_failed_one_stops_no_other(
    place, tmp_path, write_notebook, monkeypatch, capsys
):
    path, log = write_sweep(tmp_path, [3, "bad", 5])
    result = run_sweep(path, out=tmp_path / "out", place=place)
    assert ends(log) == {("3", "0"): 1, ("5", "0"): 1}
    assert not result["ready"]
    assert (result["n_runs"], result["n_finished"]) == (3, 2)
    ((run, about),) = result["failed"].items()
    assert "ValueError: <b>" in about["error"]
    assert "ValueError" in about["notebook"].read_text()
    assert f"{run}: {NAME} failed: ValueError: <b>" in capsys.readouterr().err

    # The same again tries what failed, and only that.
    write_notebook(place.notebooks, "11_other", "1")
    again = run_sweep(path, out=tmp_path / "out", place=place)
    assert again["n_ran"] == 1
    assert sum(ends(log).values()) == 2
    assert list(again["failed"]) == [run]

    # In each folder: copy, manifest with all parameters, nothing half.
    folders = again["folder"].glob("run-*")
    done = next(f for f in folders if f.name != run)
    manifest = read_manifest(done / "manifest.json")
    assert manifest.parameters.keys() >= {"PRESET", "SEED", "N", "LOG"}
    assert manifest.metrics.keys() == {"square"}
    assert (done / f"{NAME}.ipynb").is_file()
    assert not list(again["folder"].rglob(".part-*"))

    # Other code is another result: nothing is fresh any more.
    write_notebook(place.notebooks, NAME, *CELLS, "1", names=NAMES)
    monkeypatch.setattr(sweep, "each", lambda *_: (p for p in ()))
    third = run_sweep(path, out=tmp_path / "out", place=place)
    assert third["n_finished"] == 0
    assert f"{done.name}: runs again, its code" in capsys.readouterr().err


def test_the_tables_hold_the_same(place, tmp_path, never):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {"run": "run-1", "status": "finished", "N": 1, "metric_a": 0.5},
        {"run": "run-2", "status": "failed", "N": "x", "error": "a\n<b>, c"},
        {"run": "run-3", "status": "waiting", "N": [1, 2], "metric_a": 2},
    ]
    found = sweep.write_tables(rows, tmp_path)
    with found["csv"].open(newline="") as file:
        texts = list(csv.DictReader(file))
    table = parquet.read_table(found["parquet"]).to_pylist()
    plain = [
        {k: "" if v is None else str(v) for k, v in r.items()} for r in table
    ]
    assert plain == texts
    assert [row["metric_a"] for row in table] == [0.5, None, 2.0]
    assert [row["N"] for row in table] == ["1", '"x"', "[1, 2]"]
    assert texts[1]["error"] == "a\n<b>, c"


def test_without_pyarrow_there_is_a_table_all_the_same(tmp_path, monkeypatch):
    from course_utils.experiments import sweep_table

    monkeypatch.setattr(sweep_table, "find_spec", lambda _: None)
    found = sweep.write_tables([{"run": "run-1"}], tmp_path)
    assert found["parquet"] is None
    assert found["csv"].is_file()


def test_a_run_that_another_process_is_at_is_left_to_it(
    place, tmp_path, never
):
    path, _ = write_sweep(tmp_path, [3])
    task = task_of(path, place, tmp_path)
    folder = task.place.executed
    folder.mkdir(parents=True)
    other = FileLock(folder / sweep_run.LOCK, thread_local=False)
    other.acquire()
    found = do_run(task)
    assert (found["status"], found["ran"]) == ("elsewhere", False)

    # Whoever waits takes the other's result, a failure too.
    def fail():
        (folder / sweep_run.ERROR).write_text("it was <b>\n")
        other.release()

    threading.Timer(0.3, fail).start()
    waiting = task_of(path, place, tmp_path, wait=True)
    with ThreadPoolExecutor(1) as another:
        found = another.submit(do_run, waiting).result()
    assert (found["status"], found["error"]) == ("failed", "it was <b>\n")
    assert not found["ran"]


def test_a_folder_that_cannot_be_locked_is_told(
    place, tmp_path, monkeypatch, never
):
    def refuse(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", refuse)
    path, _ = write_sweep(tmp_path, [3])
    with pytest.raises(CourseError, match="written and locked"):
        do_run(task_of(path, place, tmp_path))


def test_what_a_notebook_trains_stays_with_its_run(
    place, tmp_path, monkeypatch
):
    from course_utils.basics.paths import runs_dir

    seen = []
    path, _ = write_sweep(tmp_path, [3])
    task = task_of(path, place, tmp_path)
    monkeypatch.setattr(
        sweep_run, "run_one", lambda *_: seen.append(runs_dir())
    )
    monkeypatch.setattr(sweep_run, "row", lambda *_: {})
    before = runs_dir()
    do_run(task)
    assert seen == [task.place.executed / "trained"]
    assert runs_dir() == before


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize("n", [1, 2])
def test_a_killed_sweep_goes_on_and_does_nothing_twice(place, tmp_path, n):
    values = [2, 3, 4]
    path, log = write_sweep(tmp_path, values)
    out = tmp_path / "out"
    process = start_sweep(place, path, out, n=n)
    wait_until(lambda: len(noted(log, "end")) >= 1, process)
    process.kill()
    process.communicate()
    result = run_sweep(path, out=out, place=place)
    assert result["ready"]
    assert results(result) == expected(values)
    # Only what was going on when the kill came may have come to an end
    # without leaving a manifest.
    assert sum(ends(log).values()) <= len(values) + n
    assert result["n_ran"] <= len(values)
    again = run_sweep(path, out=out, place=place)
    assert again["n_ran"] == 0


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_ends_all_at_once_and_leaves_what_is_finished(place, tmp_path):
    path, log = write_sweep(tmp_path, [2, 3], pause_s=3600.0)
    process = start_sweep(place, path, tmp_path / "out", n=2)
    wait_until(lambda: len(noted(log, "begin")) == 2, process)
    below = kernels_below(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    _, told = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in told
    _, alive = psutil.wait_procs(below, timeout=60)
    assert not alive
    assert ends(log) == {}
    assert not list((tmp_path / "out").rglob("manifest.json"))


def test_the_command_prints_one_json_object(
    tmp_path, monkeypatch, capsys, never
):
    path = tmp_path / "sweep.yml"
    path.write_text("name: [")
    assert cli.main(["sweep", str(path), "--json"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("course sweep: expected the file")
    assert shown.err.count("\n") == 1
    result = {"ready": True, "failed": {}, "summary": "2 of 2", "n_runs": 2}
    monkeypatch.setattr(sweep, "run_sweep", lambda *_, **__: result)
    assert cli.main(["sweep", str(path), "--json", "--workers", "2"]) == 0
    assert '"n_runs": 2' in capsys.readouterr().out
    assert cli.main(["sweep", str(path), "--workers", "0"]) == 1
    assert "number of workers" in capsys.readouterr().err
