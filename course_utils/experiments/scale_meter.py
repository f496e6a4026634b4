"""Seconds and memory of a step that goes through very many items.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psutil

MIB = 2**20


class Meter:
    """Seconds, and the most memory that this process held meanwhile."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}

    def measure(self, name: str, items: Iterable) -> None:
        """Go through some items, and note seconds and memory under a name.

        Parameters
        ----------
        name : str
            Of this step.
        items : iterable
            Whose items are only counted.
        """
        start, n_items = time.perf_counter(), 0
        with _watched() as sizes:
            for _ in items:
                n_items += 1
        seconds = time.perf_counter() - start
        self.found[name] = {
            "n": n_items,
            "seconds": round(seconds, 2),
            "per_second": round(n_items / seconds, 1),
            "mebibytes": round(max(sizes) / MIB, 1),
        }


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Collect how many bytes this process holds, 20 times a second."""
    process, over = psutil.Process(), Event()
    sizes = [process.memory_info().rss]

    def watch() -> None:
        while not over.wait(0.05):
            sizes.append(process.memory_info().rss)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()
        sizes.append(process.memory_info().rss)
