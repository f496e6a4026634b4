"""One training in several processes: each learns from a part of each batch.

All hold the same weights, streams of data and random generators. Of each
batch a process takes its rows, with the chance that they meet in the whole
batch, and the gradients of all are added. So the weights stay the same
everywhere, the losses are those of one process up to rounding, and the
checkpoint of N processes is that of one.

    torchrun --nproc-per-node 2 -m course_utils train lstm --out DIR

Without torchrun there is one process, and every method here does nothing.

Taught in: notebooks/40_lstm_training.ipynb
"""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import torch
from torch import Tensor, nn

from course_utils.basics import launch
from course_utils.basics.checks import CourseError

LONGEST_WAIT = timedelta(minutes=30)  # for another process; then it is lost


@dataclass(frozen=True)
class Part:
    """What one process takes of a batch.

    Parameters
    ----------
    rows : slice or Tensor of int64, shape (b,)
        Its rows.
    share : float
        b / B, the weight of a mean over its rows.
    """

    rows: slice | Tensor
    share: float

    def of(self, items: Sequence) -> list:
        """Return its items of a sequence that has one a row."""
        return [items[i] for i in torch.arange(len(items))[self.rows].tolist()]


class Processes:
    """A training in one process: all rows are its own, nobody is waited for.

    `training.several.Several` has the same methods for more.
    """

    rank = 0
    size = 1
    signals = (signal.SIGINT,)

    @property
    def is_main(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0

    @property
    def bar(self) -> dict[str, bool]:
        """What a progress bar is told: only one process shows it."""
        return {} if self.is_main else {"disable": True}

    @contextmanager
    def part(self, n_rows: int, n_stretches: int = 1) -> Iterator[Part]:
        """Give this process its part of a batch, while it learns from it.

        Parameters
        ----------
        n_rows : int
            B.
        n_stretches : int
            Of equal length, each of which is shared in the same way: 2
            keeps row i and row B / 2 + i together.

        Yields
        ------
        Part

        Raises
        ------
        CourseError
            If there are fewer rows than processes.
        """
        yield Part(slice(None), 1.0)

    def total(self, x: Tensor) -> Tensor:
        """Return the sum over all processes; gradients of any order pass."""
        return x

    def mean(self, x: Tensor) -> Tensor:
        """Return the mean over the batch, of the means over the parts."""
        return x

    def add_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Add up the gradients of all processes, in place."""

    def plain(self, numbers: dict[str, Tensor]) -> dict[str, float]:
        """Return means over the parts as means over the batch, as floats."""
        return {name: float(value.detach()) for name, value in numbers.items()}

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Return for each flag whether one process at least has raised it."""
        return flags

    def whole(self, x: Tensor, n_rows: int, axis: int) -> Tensor:
        """Put the parts of a batch together, along an axis."""
        return x

    def own(self, x: Tensor, axis: int) -> Tensor:
        """Return this process's part: the inverse of `whole`."""
        return x

    def from_main(self, compute: Callable[[], float]) -> float:
        """Return what the main process computes; the others wait for it."""
        return compute()

    def check_alike(self, what: str, number: float) -> None:
        """Raise `CourseError` unless a number is the same everywhere."""

    def main_first(self) -> AbstractContextManager:
        """Let one process of each machine do something, then the others."""
        return nullcontext()

    def wait(self) -> None:
        """Return when all processes have come so far."""


ALONE = Processes()


def join() -> Processes:
    """Return the processes that torchrun started, or this one alone.

    Raises
    ------
    CourseError
        If Accelerate is not installed, or a GPU would serve two processes.
    """
    return _joined() if launch.n_processes() > 1 else ALONE


@cache
def _joined() -> Processes:
    """Bring the processes together, once."""
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise CourseError(
            "the package accelerate, for several processes",
            "none installed",
            'pip install "course-utils[processes]", or train in one process',
        ) from error
    n_gpus, n_here = torch.cuda.device_count(), launch.n_here()
    if n_gpus and n_here > n_gpus:
        raise CourseError(
            f"at most {n_gpus} processes here, one for each GPU",
            n_here,
            f"take --nproc-per-node {n_gpus}, or hide the GPUs with "
            "CUDA_VISIBLE_DEVICES=",
        )
    from course_utils.training.several import Several

    return Several(PartialState(cpu=not n_gpus, timeout=LONGEST_WAIT))
