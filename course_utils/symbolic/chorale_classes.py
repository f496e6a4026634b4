"""The classes of a chorale's grid: 46 pitches and the rest.

A network that writes chorales needs no other pitches than theirs: MIDI 36 to
81, C2 to A5, in all chorales of both sets. Class 0 is a rest, class 1 the
lowest pitch.

Taught in: notebooks/51_transformer_training.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.symbolic.chorale import (
    REST,
    check_grid,
    sequence_to_grid,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

LOWEST, HIGHEST = 36, 81  # MIDI pitches
N_PITCHES = HIGHEST - LOWEST + 1  # 46
REST_CLASS = 0


def grid_to_classes(grid: np.ndarray) -> Tensor:
    """Return the classes of a grid.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches, -1 for a rest.

    Returns
    -------
    Tensor of int64, shape (T, 4)

    Raises
    ------
    CourseError
        If a pitch is outside the range of the chorales.
    """
    grid = check_grid(grid)
    pitches = grid[grid != REST]
    if pitches.size and (pitches.min() < LOWEST or pitches.max() > HIGHEST):
        raise CourseError(
            f"pitches from {LOWEST} to {HIGHEST}",
            f"{pitches.min()} to {pitches.max()}",
            "transpose the piece, or choose one for four voices",
        )
    classes = np.where(grid == REST, REST_CLASS, grid - LOWEST + 1)
    return torch.from_numpy(classes)


def classes_to_grid(classes: Tensor) -> np.ndarray:
    """Return the grid, (T, 4) of MIDI pitches, of some classes."""
    numbers = classes.numpy()
    return np.where(numbers == REST_CLASS, REST, numbers + LOWEST - 1)


def sequence_to_classes(sequence: "NoteSequence") -> Tensor:
    """Return the classes of a piece in four voices, (T, 4).

    Raises
    ------
    CourseError
        If there are not four voices, or a pitch is out of range.
    """
    return grid_to_classes(sequence_to_grid(sequence))


def random_key(classes: Tensor, rng: torch.Generator) -> Tensor:
    """Return a chorale in any key that keeps it in the range.

    Parameters
    ----------
    classes : Tensor of int64, shape (T, 4)
        See `grid_to_classes`.
    rng : torch.Generator
        Gives one number.
    """
    share = torch.rand((), generator=rng).item()
    sounding = classes != REST_CLASS
    pitches = classes[sounding]
    if not len(pitches):
        return classes
    low, high = 1 - int(pitches.min()), N_PITCHES - int(pitches.max())
    shift = low + int(share * (high - low + 1))
    return torch.where(sounding, classes + shift, classes)
