"""Kill -9 at random moments: nothing is lost, and the end is the same.

Each job runs once in peace and once again and again killed, by the same
command. COURSE_KILLS says how many kills there are in all (`make kills`:
50); by default one a job.
"""

import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import notebook_file
from course_utils.training.checkpoint import load_state

N_JOBS = 5
KILLS = max(1, int(os.environ.get("COURSE_KILLS", N_JOBS)) // N_JOBS)
SEED = 20_26
MOST_S = 600  # of one start
COURSE = ("-m", "course_utils")
TRAIN = ("--preset", "smoke", "--seed", "3", "--resume", "--save-every", "0")
NUMBERS = 'PRESET = "cpu"\nSEED = 0\nN = None'
WORK = """
from course_utils.experiments.manifest import record

record("square", N * N + SEED)
"""
FILE = """
name: squares
notebook: 10
preset: smoke
grid: {N: [1, 2, 3]}
"""
SWEEP = """
import sys
from pathlib import Path
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.sweep import run_sweep

folder = Path(sys.argv[1])
place = Workplace(folder / "notebooks", folder / "executed")
run_sweep(folder / "sweep.yml", out=folder / "out", place=place)
"""


@dataclass(frozen=True)
class Job:
    """A command that is gone on with, and what counts of its folder.

    `words` is what Python is called with; `reached` says how far it is, and
    reads what must never be half-written; `end` is what must come out.
    """

    words: Callable[[Path], tuple[str, ...]]
    reached: Callable[[Path], int]
    end: Callable[[Path], object]


def trained(name, *more):
    """Return the job of training a model; more words are its size."""

    def words(folder):
        out = str(folder / "run")
        return (*COURSE, "train", name, *TRAIN, *more, "--out", out)

    def reached(folder):
        path = folder / "run" / "training.safetensors"
        return load_state(path)["step"] if path.is_file() else 0

    def end(folder):
        states = {
            name: plain(load_state(folder / "run" / f"{name}.safetensors"))
            for name in ("model", "training")
        }
        with (folder / "run" / "history.csv").open() as file:
            return states, list(csv.DictReader(file))

    return Job(words, reached, end)


def plain(tree):
    """Return a state to compare: tensors as digests, no seconds."""
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items() if k != "seconds"}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    if hasattr(tree, "numpy"):
        return digest(tree.contiguous().numpy().tobytes()), tuple(tree.shape)
    return tree


def digest(data):
    return hashlib.sha256(data).hexdigest()


def files(folder):
    """Return path -> digest of all files below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): digest(p.read_bytes()) for p in paths}


def sweep_job():
    def words(folder):
        return ("-c", SWEEP, str(folder))

    def reached(folder):
        paths = list(folder.glob("out/**/manifest.json"))
        return len([json.loads(p.read_text("utf-8")) for p in paths])

    def end(folder):
        (table,) = folder.glob("out/**/results.csv")
        with table.open() as file:
            rows = list(csv.DictReader(file))
        unlike = ("seconds", "peak_memory", "commit")
        return [
            {k: v for k, v in row.items() if not k.startswith(unlike)}
            for row in rows
        ]

    return Job(words, reached, end)


def render_job():
    def words(folder):
        out = str(folder / "notes")
        return (*COURSE, "data", "notes", "--preset", "smoke", "--out", out)

    def reached(folder):
        there = folder / "notes" / "examples.json"
        return len(json.loads(there.read_text())) if there.is_file() else 0

    return Job(words, reached, lambda folder: files(folder / "notes"))


JOBS = {
    "lstm": trained("lstm", "--steps", "60"),
    "music_transformer": trained("music_transformer", "--steps", "30"),
    "gansynth": trained("gansynth", "--images", "64"),
    "sweep": sweep_job(),
    "render": render_job(),
}


def begin(folder):
    """Make the folder in which a job begins, with the notebook of a sweep."""
    cells = [
        new_code_cell(NUMBERS, metadata={"tags": ["parameters"]}),
        new_code_cell(WORK),
    ]
    notebook = new_notebook(cells=[new_markdown_cell("# Squares"), *cells])
    (folder / "notebooks").mkdir(parents=True)
    notebook = notebook_file.canonical(notebook, "10_squares")
    notebook_file.write(notebook, folder / "notebooks" / "10_squares.ipynb")
    (folder / "sweep.yml").write_text(FILE)
    return folder


def start(job, folder):
    """Start the command of a job; it leads a group of processes."""
    rest = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    return subprocess.Popen(
        [sys.executable, *job.words(folder)],
        cwd=REPOSITORY,
        env=os.environ | rest | {"COURSE_CACHE_DIR": str(folder / "cache")},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(job, folder):
    """Let a job come to its end; return what came out."""
    _, told = start(job, folder).communicate(timeout=MOST_S)
    assert (folder / "sweep.yml").is_file(), told
    return job.end(folder)


def kill(process, chance):
    """Kill a process: all that it started too, or it alone."""
    if chance.random() < 0.5:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("name", JOBS)
def test_a_killed_job_loses_nothing_and_ends_the_same(name, tmp_path):
    job, chance = JOBS[name], random.Random(f"{SEED} {name}")
    began = time.monotonic()
    expected = finish(job, begin(tmp_path / "peace"))
    longest_s = time.monotonic() - began
    folder, kills, ends, reached = begin(tmp_path / "war"), 0, 0, 0
    while kills < KILLS:
        process = start(job, folder)
        try:
            process.communicate(timeout=chance.uniform(0, longest_s))
        except subprocess.TimeoutExpired:
            kill(process, chance)
            kills += 1
            now = job.reached(folder)
            assert now >= reached
            reached = now
        else:
            assert job.end(folder) == expected
            shutil.rmtree(folder)
            folder, ends, reached = begin(folder), ends + 1, 0
    assert finish(job, folder) == expected
    print(f"{name}: {kills} kills, {ends + 1} ends, all equal")
