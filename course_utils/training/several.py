"""Several processes that learn one thing: what they tell each other.

Gradients, losses and flags are added up by Accelerate, over whatever joins
the processes (NCCL between GPUs, gloo between CPUs).

Taught in: notebooks/40_lstm_training.ipynb
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.autograd import Function

from course_utils.basics import launch
from course_utils.basics.checks import CourseError
from course_utils.training.processes import Part, Processes
from course_utils.training.whole_chance import WholeChance

if TYPE_CHECKING:
    from accelerate import PartialState

LOST = ("peer", "timed out", "timeout", "gloo", "nccl", "socket")


class Total(Function):
    """The sum over all processes; that of the slopes is its gradient."""

    @staticmethod
    def forward(_ctx: object, x: Tensor) -> Tensor:
        """Return the same sum everywhere."""
        return added(x)

    @staticmethod
    def backward(_ctx: object, slope: Tensor) -> Tensor:
        """Return what all processes ask of x; has gradients itself."""
        return Total.apply(slope)


def added(x: Tensor) -> Tensor:
    """Return the sum over all processes, without gradients."""
    from accelerate.utils import reduce

    return reduce(x, "sum")


class Several(Processes):
    """A training in several processes, each a part of every batch.

    `state` is Accelerate's; it has brought the processes together.
    """

    signals = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, state: "PartialState") -> None:
        self.state = state
        self.rank = state.process_index
        self.size = state.num_processes
        self.device = state.device
        self._share = 1.0

    @contextmanager
    def part(self, n_rows: int, n_stretches: int = 1) -> Iterator[Part]:
        """See `Processes.part`; what is drawn within is drawn for all."""
        rows = self._rows(n_rows, n_stretches)
        self._share = len(rows) / n_rows
        with self._others(), WholeChance(n_rows, rows):
            yield Part(rows, self._share)

    def total(self, x: Tensor) -> Tensor:
        """See `Processes.total`."""
        with self._others():
            return Total.apply(x)

    def mean(self, x: Tensor) -> Tensor:
        """See `Processes.mean`."""
        return self.total(self._share * x)

    def variance(self, x: Tensor) -> Tensor:
        """Return the variance over all rows of a batch, without axis 0."""
        wide = x.float()
        mean = self.mean(wide.mean(dim=0))
        return self.mean((wide - mean).square().mean(dim=0)).to(x.dtype)

    def add_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """See `Processes.add_gradients`; all in one message."""
        parts = [w.grad for w in weights if w.grad is not None]
        line = self._sum(torch.cat([part.flatten() for part in parts]))
        lengths = [part.numel() for part in parts]
        for part, added in zip(parts, line.split(lengths), strict=True):
            part.copy_(added.view_as(part))

    def plain(self, numbers: dict[str, Tensor]) -> dict[str, float]:
        """See `Processes.plain`."""
        line = [value.detach().float() for value in numbers.values()]
        means = self._sum(self._share * torch.stack(line)).tolist()
        return dict(zip(numbers, means, strict=True))

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """See `Processes.any`."""
        raised = torch.tensor(flags, dtype=torch.int32, device=self.device)
        return tuple(n > 0 for n in self._sum(raised).tolist())

    def whole(self, x: Tensor, n_rows: int, axis: int) -> Tensor:
        """See `Processes.whole`."""
        shape = list(x.shape)
        shape[axis] = n_rows
        rows = self._rows(n_rows).to(x.device)
        return self._sum(x.new_zeros(shape).index_copy_(axis, rows, x))

    def own(self, x: Tensor, axis: int) -> Tensor:
        """See `Processes.own`."""
        rows = self._rows(x.shape[axis]).to(x.device)
        return x.index_select(axis, rows)

    def from_main(self, compute: Callable[[], float]) -> float:
        """See `Processes.from_main`."""
        number = compute() if self.is_main else 0.0
        found = torch.tensor(number, dtype=torch.float64, device=self.device)
        return self._sum(found).item()

    def check_alike(self, what: str, number: float) -> None:
        """See `Processes.check_alike`."""
        mains = self.from_main(lambda: number)
        if any(self.any(number != mains)):
            raise CourseError(
                f"{what} to be the same in all {self.size} processes",
                f"{number:g} in process {self.rank}, {mains:g} in the first",
                "give all machines the same data and the same --out",
            )

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """See `Processes.main_first`."""
        with self._others(), self.state.local_main_process_first():
            yield

    def wait(self) -> None:
        """See `Processes.wait`."""
        self.any(False)

    def _rows(self, n_rows: int, n_stretches: int = 1) -> Tensor:
        """Return the rows of this process."""
        places = torch.arange(n_rows).view(n_stretches, -1)
        if places.shape[1] < self.size:
            raise CourseError(
                f"at least {n_stretches * self.size} items a batch, for "
                f"{self.size} processes",
                n_rows,
                "start fewer processes, or take a preset of larger batches",
            )
        return places.tensor_split(self.size, dim=1)[self.rank].flatten()

    def _sum(self, x: Tensor) -> Tensor:
        """Return the sum over all processes, without gradients."""
        with self._others():
            return added(x)

    @contextmanager
    def _others(self) -> Iterator[None]:
        """Say it in the course's words if another process has ended."""
        try:
            yield
        except RuntimeError as error:
            if not any(word in str(error).lower() for word in LOST):
                raise
            raise launch.ProcessLostError(self.size) from error
