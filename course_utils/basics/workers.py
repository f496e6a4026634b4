"""One function over many parts: here, in processes, or on a Dask cluster.

    for place, result in each(render, programs, Workers(4)):

The result of a part does not depend on who works, or on how many: a part is
worked on from its beginning, alone, and again if the process that had it
dies. So a function must bear being called twice for one part. Processes of
this machine are `concurrent.futures`; a cluster is `dask.distributed`, whose
workers may be other machines with the same library and the same folders.

Taught in: notebooks/00_start_here.ipynb
"""

import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    CancelledError,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from threading import Thread
from typing import Any, TypeVar

import psutil

from course_utils.basics.checks import CourseError, check_range

Part = TypeVar("Part")
Result = TypeVar("Result")

ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")
MAX_WORKERS = 256
MAX_DEATHS = 3  # of pools, one after the other, none of which did a thing
END_S = 5  # a killed process is gone by then
CONNECT_S = 10  # a scheduler that is there answers at once
INSTALL = 'run: pip install "course-utils[cluster]"'


@dataclass(frozen=True)
class Workers:
    """Who works: this process, several of this machine, or a cluster.

    Parameters
    ----------
    n : int
        Processes of this machine; 1 is this one itself.
    scheduler : str or None
        Address of a Dask scheduler, `tcp://HOST:PORT`; its workers are
        taken then, and `n` does not matter.
    """

    n: int = 1
    scheduler: str | None = None

    def __post_init__(self) -> None:
        check_range("the number of workers", self.n, 1, MAX_WORKERS)
        if self.scheduler and not ADDRESS.fullmatch(self.scheduler):
            raise CourseError(
                "the address of a scheduler, tcp://HOST:PORT",
                repr(self.scheduler),
                "copy it from the first lines that `dask scheduler` prints",
            )


HERE = Workers()


def each(
    function: Callable[[Part], Result],
    parts: Iterable[Part],
    workers: Workers = HERE,
    lost: Callable[[Part], Result] | None = None,
) -> Iterator[tuple[int, Result]]:
    """Yield place and result of each part, as they are done.

    When the caller stops early, or Ctrl-C is pressed, what has not begun
    never does, and processes of this machine end at once.

    Parameters
    ----------
    function : callable
        Of one part; a function of a module, that other processes can find.
    parts : iterable
        What it is called with. They and the results travel as pickles
        between processes of one owner.
    workers : Workers
        Who works.
    lost : callable, optional
        Makes the result of a part whose processes died again and again;
        without it that is an error.

    Raises
    ------
    CourseError
        If there is no such scheduler, it has no workers or ends, or
        processes died again and again.
    """
    waiting = dict(enumerate(parts))
    lost = lost or _refuse
    if workers.scheduler:
        yield from _on_cluster(function, waiting, workers.scheduler, lost)
    elif workers.n == 1:
        for place, part in waiting.items():
            yield place, function(part)
    else:
        yield from _in_processes(function, waiting, workers.n, lost)


def _in_processes(
    function: Callable, waiting: dict[int, Any], n: int, lost: Callable
) -> Iterator[tuple[int, Any]]:
    """Work in a pool; if one of its processes dies, in a new one."""
    deaths = 0
    while waiting and deaths < MAX_DEATHS:
        deaths += 1
        with suppress(BrokenProcessPool):
            for place, result in _one_pool(function, waiting, n):
                del waiting[place]
                deaths = 0
                yield place, result
    for place, part in waiting.items():
        yield place, lost(part)


def _one_pool(
    function: Callable, waiting: dict[int, Any], n: int
) -> Iterator[tuple[int, Any]]:
    """Work until all is done or a process died; end what is left."""
    if os.name != "nt":
        resource_tracker.ensure_running()  # it outlives all pools
    others = _children()
    pool = ProcessPoolExecutor(
        min(n, len(waiting)),
        multiprocessing.get_context("spawn"),  # no threads are copied
        initializer=_begin,
    )
    with pool:
        try:
            futures = {
                pool.submit(function, part): place
                for place, part in waiting.items()
            }
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _end(_children() - others)
            raise


def _begin() -> None:
    """Leave Ctrl-C to the process that owns the pool, and end with it."""
    signal.signal(signal.SIGINT, lambda *_: None)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose owner was killed would wait for work for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _on_cluster(
    function: Callable, waiting: dict[int, Any], scheduler: str, lost: Callable
) -> Iterator[tuple[int, Any]]:
    """Let the workers of a scheduler work; Dask repeats what they lose."""
    distributed = _distributed()
    with _client(distributed, scheduler) as client:
        futures = {
            client.submit(function, part, pure=False): place
            for place, part in waiting.items()
        }
        try:
            done = distributed.as_completed(futures, loop=client.loop)
            for future in done:
                place = futures.pop(future)
                result = _result(distributed, future, waiting[place], lost)
                future.release()  # or it is done again if its worker dies
                yield place, result
        finally:
            client.cancel(list(futures))


def _client(distributed: Any, scheduler: str) -> Any:
    """Return a client of a scheduler that has workers."""
    try:
        client = distributed.Client(
            scheduler, timeout=CONNECT_S, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise CourseError(
            f"a Dask scheduler at {scheduler}",
            f"no answer ({type(error).__name__})",
            "start one: dask scheduler --host HOST --port PORT",
        ) from error
    if client.scheduler_info()["workers"]:
        return client
    client.close()
    raise CourseError(
        f"workers at the scheduler {scheduler}",
        "none",
        f"start one on each machine: dask worker {scheduler} --nthreads 1",
    )


def _result(
    distributed: Any, future: Future, part: Any, lost: Callable
) -> Any:
    """Return what a part gave; a part that kills its workers is lost."""
    try:
        return future.result()
    except distributed.KilledWorker:
        return lost(part)
    except CancelledError as error:
        raise CourseError(
            "a scheduler that goes on until the work is done",
            "one that ended or was restarted",
            "start it and its workers, then run the same again",
        ) from error


def _distributed() -> Any:
    """Import Dask's distributed engine, which is not always there."""
    try:
        import distributed
    except ImportError as error:
        raise CourseError(
            "the package distributed, for --scheduler",
            f"an import error ({error})",
            INSTALL,
        ) from error
    return distributed


def _refuse(part: Any) -> Any:
    """Give up on a part whose processes died again and again."""
    raise CourseError(
        f"processes that live until {part!s:.80} is done",
        f"{MAX_DEATHS} that died of it, one after the other",
        "look whether memory was short; run the same again with fewer workers",
    )


def _children() -> set[psutil.Process]:
    """Return the processes below this one."""
    return set(psutil.Process().children(recursive=True))


def _end(processes: set[psutil.Process]) -> None:
    """Kill processes, and see them go."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=END_S)
