"""A small sweep whose runs note in a file when they begin and end."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

from course_utils.basics.paths import REPOSITORY

NAMES = 'PRESET = "cpu"\nSEED = 0\nN = None\nLOG = None\nPAUSE_S = 0.0'
BEGIN = """\
import os
import time

def note(word):
    with open(LOG, "a") as file:
        file.write(f"{word} {N} {SEED} {os.getppid()}\\n")

note("begin")
"""
MIDDLE = 'time.sleep(PAUSE_S)\nif N == "bad":\n    raise ValueError("<b>")'
END = """\
from course_utils.experiments.manifest import record

record("square", N * N + SEED)
note("end")
"""
CELLS = (BEGIN, MIDDLE, END)
NAME = "10_trial"
LIMIT_S = 600  # only a machine that stands still needs as long


def write_sweep(folder, values, *, seeds=(0,), pause_s=0.0):
    """Write the file of a sweep over N; return it and the log's path."""
    grid = {"N": list(values), "LOG": [str(folder / "log")]}
    grid["PAUSE_S"] = [pause_s]
    table = {"name": "trial", "notebook": NAME, "preset": "smoke"}
    path = folder / "trial.yml"
    path.write_text(json.dumps(table | {"seeds": [*seeds], "grid": grid}))
    return path, folder / "log"


def noted(log, word):
    """Return (N, seed, worker) of each line that a run wrote."""
    if not log.is_file():
        return []
    lines = [line.split() for line in log.read_text().splitlines()]
    return [(n, seed, int(pid)) for w, n, seed, pid in lines if w == word]


def ends(log):
    """Return how often each run came to its end."""
    return Counter((n, seed) for n, seed, _ in noted(log, "end"))


def wait_until(condition, process):
    """Wait until something holds, as long as a process lives."""
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def start_sweep(place, path, out, **words):
    """Start a sweep in a process of its own."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from course_utils.basics.workers import Workers\n"
        "from course_utils.experiments.freshness import Workplace\n"
        "from course_utils.experiments.sweep import run_sweep\n"
        "try:\n"
        f"    run_sweep({str(path)!r}, out={str(out)!r},\n"
        f"        workers=Workers(**{words!r}),\n"
        f"        place=Workplace(Path({str(place.notebooks)!r})))\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )


def kernels_below(process):
    """Return the processes that a process has started."""
    return psutil.Process(process.pid).children(recursive=True)


def results(result):
    """Return N, seed, status and metric of each row, as the table has them."""
    import csv

    with Path(result["csv"]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ("N", "seed", "status", "metric_square")
    return sorted(tuple(row.get(name) for name in names) for row in rows)


def expected(values, seeds=(0,)):
    """Return what `results` must be when all has gone well."""
    return sorted(
        (str(n), str(seed), "finished", str(n * n + seed))
        for n in values
        for seed in seeds
    )
