"""Classes of intervals and motions, for the Transformer for chorales.

Taught in: notebooks/51_transformer_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.models.chorale_past import OCTAVE

NO_INTERVAL = 0  # where one of two pitches is a rest, or not yet there
N_WAYS = 4  # nothing to move, down, still, up


def interval_classes(start: Tensor, end: Tensor, n_pitches: int) -> Tensor:
    """Return the class of each interval: its semitones plus `n_pitches`.

    Parameters
    ----------
    start, end : Tensor of int64, equal shapes
        Classes of pitch: 1 to `n_pitches`; others have no interval.
    n_pitches : int
        46 for chorales.
    """
    sounding = (start > 0) & (start <= n_pitches)
    sounding = sounding & (end > 0) & (end <= n_pitches)
    return torch.where(sounding, end - start + n_pitches, NO_INTERVAL)


def octave_classes(intervals: Tensor, n_pitches: int) -> Tensor:
    """Return the class of each interval without its octaves, 1 to 12.

    Parameters
    ----------
    intervals : Tensor of int64
        As `interval_classes` returns them; no interval stays 0.
    n_pitches : int
        46 for chorales.
    """
    semitones = (intervals - n_pitches) % OCTAVE
    return torch.where(intervals == NO_INTERVAL, 0, semitones + 1)


def motion_classes(before: Tensor, move: Tensor, n_pitches: int) -> Tensor:
    """Return the class of each motion: from which interval, which way.

    Parameters
    ----------
    before, move : Tensor of int64, equal shapes
        Classes of intervals: between two voices a sixteenth before, and of
        the step that one of them takes.
    n_pitches : int
        46 for chorales.

    Returns
    -------
    Tensor of int64
        4 for each of no interval, unison or octave, and 1 to 11 semitones:
        no step, down, none, up.
    """
    way = (move - n_pitches).sign() + 2
    way = torch.where(move == NO_INTERVAL, 0, way)
    return octave_classes(before, n_pitches) * N_WAYS + way
