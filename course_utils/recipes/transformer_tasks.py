"""What a Transformer can learn: which events, which network, which figures.

A task says how a piece is written, how it is varied, what the loss of some
crops is and what is measured on whole held-out pieces. The training itself
(`transformer_session`) is the same for all.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from course_utils.basics.checks import CourseError
from course_utils.data.crops import Crop
from course_utils.recipes.chorale_task import ChoraleTask
from course_utils.recipes.event_task import METRICAL, PERFORMANCE

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


class Task(Protocol):
    """One way to write pieces for a Transformer."""

    name: str

    def encode(self, sequence: "NoteSequence") -> Tensor:
        """Return a piece as classes, time first."""

    def vary(self, crop: Tensor, rng: torch.Generator) -> Tensor:
        """Return a crop as it is learnt this time."""

    def new_model(self, sizes: dict) -> nn.Module:
        """Return a network of these sizes, its weights not drawn yet."""

    def init(self, model: nn.Module, rng: torch.Generator) -> None:
        """Draw the weights."""

    def prices(
        self, model: nn.Module, crops: Sequence[Crop], length: int
    ) -> tuple[Tensor, Tensor]:
        """Return the nats of each event of some crops, and what is asked.

        Shorter crops are padded to `length`; padding costs nothing.
        """

    def figures(self, model: nn.Module, pieces: Sequence[Tensor]) -> dict:
        """Return what is measured on whole pieces, `nll` among it."""


TASKS: MappingProxyType[str, Task] = MappingProxyType(
    {task.name: task for task in (ChoraleTask(), PERFORMANCE, METRICAL)}
)


def task_of(name: str) -> Task:
    """Return a task by its name.

    Raises
    ------
    CourseError
        If there is none of that name.
    """
    if name not in TASKS:
        raise CourseError(
            f"an encoding, one of {', '.join(TASKS)}",
            name,
            "choose one of these",
        )
    return TASKS[name]


def sizes_of(model: nn.Module) -> dict:
    """Return the sizes of a network, for its checkpoint."""
    return asdict(model.config)
