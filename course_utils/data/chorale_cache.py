"""Convert the chorales once, in parallel, into one small file of numbers.

Taught in: notebooks/31_event_tokens.ipynb
"""

import json
import os
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import IO, Any

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import BAD_CONTENT, CourseError
from course_utils.basics.files import atomic_file
from course_utils.basics.paths import REPOSITORY

WORKER = "course_utils.data.chorale_scores"
MAX_WORKERS = 8
ROWS = {"notes": 4, "meters": 3, "keys": 3}  # columns of each work's rows
BAD_NPZ = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
NO_TEMPO = 0.0  # quarters per minute of a score that names none


def convert(
    names: Sequence[str], n_workers: int | None = None
) -> list[dict[str, Any]]:
    """Read works in several processes of their own, with a progress bar.

    Each worker is a fresh Python that knows nothing of the caller's
    program; so this also works in a script without a main guard.

    Parameters
    ----------
    names : sequence of str
        Works, as `chorale_scores.work_names` lists them.
    n_workers : int, optional
        Processes; as many as there are processors, at most 8, if not given.

    Returns
    -------
    list of dict
        What `chorale_scores.read_work` returns, or `name` and `error`, in
        the order of `names`.

    Raises
    ------
    CourseError
        If a worker died.
    """
    n_workers = n_workers or min(os.cpu_count() or 1, MAX_WORKERS)
    works = {}
    bar = tqdm(
        _answers(names, n_workers),
        total=len(names),
        desc="converting chorales",
        unit="work",
    )
    for work in bar:
        works[work["name"]] = work
    missing = [name for name in names if name not in works]
    if missing:
        raise CourseError(
            f"{len(names)} converted works",
            f"{len(works)}: a reading process died at {missing[0]}",
            "free some memory and try again; nothing was stored",
        )
    return [works[name] for name in names]


def _answers(names: Sequence[str], n_workers: int) -> Iterator[dict]:
    """Yield the workers' answers as they come; end all workers at the end."""
    workers = [_start() for _ in range(min(n_workers, len(names)))]
    queue: Queue[dict | None] = Queue()
    try:
        for i, worker in enumerate(workers):
            worker.stdin.write("\n".join(names[i :: len(workers)]))
            worker.stdin.close()
            threading.Thread(
                target=_listen, args=(worker.stdout, queue), daemon=True
            ).start()
        for _ in workers:
            yield from iter(queue.get, None)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            worker.stdout.close()


def _start() -> subprocess.Popen:
    """Start one worker; its warnings go nowhere."""
    paths = [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, paths))
    return subprocess.Popen(
        [sys.executable, "-m", WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def _listen(stream: IO[str], queue: Queue) -> None:
    """Put each line of a worker into the queue, and None at the end."""
    for line in stream:
        queue.put(json.loads(line))
    queue.put(None)


def save(works: Sequence[dict[str, Any]], path: Path) -> None:
    """Write converted works to one .npz of plain arrays, whole or not at all.

    Rows of all works stand below each other; their first column says which
    work (its index in `names`) they belong to.

    Raises
    ------
    CourseError
        If the disk is full; no file is left then.
    """
    good = [work for work in works if "error" not in work]
    bad = [work for work in works if "error" in work]
    arrays = {
        "names": np.array([work["name"] for work in good], dtype=np.str_),
        "qpm": np.array([work["qpm"] or NO_TEMPO for work in good]),
        "skipped": np.array(
            [[work["name"], work["error"]] for work in bad], dtype=np.str_
        ).reshape(-1, 2),
        "fermatas": _table([[[t] for t in w["fermatas"]] for w in good], 1),
    }
    for field, columns in ROWS.items():
        arrays[field] = _table([work[field] for work in good], columns)
    with atomic_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _table(rows: list[list], columns: int) -> np.ndarray:
    """Stack the rows of all works under their index, (R, 1 + columns)."""
    lines = [[i, *row] for i, group in enumerate(rows) for row in group]
    return np.array(lines, dtype=np.int32).reshape(-1, 1 + columns)


def load(path: Path) -> dict[str, np.ndarray]:
    """Read what `save` wrote.

    Raises
    ------
    CourseError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (*BAD_NPZ, *BAD_CONTENT) as error:
        raise CourseError(
            f"the converted chorales in {path}",
            f"a damaged file ({error})",
            "delete it; it is made again at the next call",
        ) from error
