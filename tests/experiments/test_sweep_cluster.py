"""A real scheduler, real workers; one of these is killed in the middle."""

import os
import signal
import subprocess
import sys

import pytest
from sweep_trial import (
    CELLS,
    NAME,
    NAMES,
    ends,
    expected,
    noted,
    results,
    start_sweep,
    wait_until,
    write_sweep,
)

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY
from course_utils.basics.workers import Workers
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.sweep import run_sweep

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
HOST = "127.0.0.1"
VALUES, SEEDS = range(2, 8), (0, 1)


def start(*words):
    """Start a `dask` program; its report goes to a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
    )


def line_with(process, word):
    """Return the next line of a report that holds a word."""
    for line in process.stderr:
        if word in line:
            # Nobody reads the rest; a full pipe would stop the program.
            return line
    raise AssertionError(f"ended without saying {word}")


@pytest.fixture
def cluster(tmp_path):
    """Give the address of a scheduler, and its two workers' processes."""
    words = ("--host", HOST, "--port", "0", "--no-dashboard")
    scheduler = start("scheduler", *words)
    processes = [scheduler]
    try:
        address = line_with(scheduler, "Scheduler at:").split()[-1]
        for number in range(2):
            folder = ("--local-directory", str(tmp_path / f"w{number}"))
            own = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
            processes.append(start("worker", address, *own, *folder))
        for worker in processes[1:]:
            line_with(worker, "Registered to:")
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
            process.stderr.close()


@pytest.fixture
def place(tmp_path, write_notebook):
    place = Workplace(tmp_path / "notebooks", tmp_path / "executed")
    write_notebook(place.notebooks, NAME, *CELLS, names=NAMES)
    return place


def test_twelve_runs_survive_a_killed_worker_and_none_is_done_twice(
    place, tmp_path, cluster
):
    address, workers = cluster
    path, log = write_sweep(tmp_path, VALUES, seeds=SEEDS, pause_s=0.5)
    out = tmp_path / "out"
    process = start_sweep(place, path, out, scheduler=address)
    victim = workers[0]

    def is_in_the_middle():
        begun, ended = noted(log, "begin"), noted(log, "end")
        own = [line for line in begun if line[2] == victim.pid]
        going = [line for line in own if line not in ended]
        return len(ended) >= 4 and going

    wait_until(is_in_the_middle, process)
    os.kill(victim.pid, signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode == 0, told
    begun = [(n, seed) for n, seed, _ in noted(log, "begin")]
    assert len(begun) == 13  # one of the twelve began twice
    assert ends(log) == {(str(n), str(s)): 1 for n in VALUES for s in SEEDS}
    folders = list((out / "trial").glob("run-*/manifest.json"))
    assert len(folders) == 12

    # The same command again, without a cluster, has nothing to do.
    result = run_sweep(path, out=out, place=place)
    assert (result["n_ran"], result["n_finished"]) == (0, 12)
    assert results(result) == expected(VALUES, SEEDS)


def test_a_scheduler_without_workers_is_told(cluster, place, tmp_path):
    address, workers = cluster
    for worker in workers:
        worker.terminate()
        worker.wait()
    path, _ = write_sweep(tmp_path, [3])
    with pytest.raises(CourseError, match=r"workers at the scheduler.*none"):
        run_sweep(
            path,
            out=tmp_path / "out",
            place=place,
            workers=Workers(scheduler=address),
        )
