"""What a list of performance events says at each of its places.

An event tells little by itself. Which keys are down, how loud the next note
will be, which note was struck last and how long ago: all of it lies somewhere
in the events before, and can be told to a network at each place.

Axes: L events. Taught in: notebooks/51_transformer_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    FIRST_VELOCITY,
    N_PITCHES,
    N_VELOCITIES,
)

NO_PITCH = N_PITCHES  # no note was struck yet
LONGEST = 100  # steps of 10 ms; a longer silence counts as this
# Classes of: the pitch struck last, the one before it, the velocity in force
# (0: none yet), and how long ago the last note was struck.
CONTEXT_SIZES = (N_PITCHES + 1, N_PITCHES + 1, N_VELOCITIES + 1, LONGEST + 1)


def contexts_of(events: Tensor) -> Tensor:
    """Return what is known after each event.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        Classes of `performance`.

    Returns
    -------
    Tensor of int64, shape (L, 4)
        See `CONTEXT_SIZES`.
    """
    struck = events < FIRST_NOTE_OFF
    loud = events >= FIRST_VELOCITY
    shifting = (events >= FIRST_TIME_SHIFT) & ~loud
    now = ((events - FIRST_TIME_SHIFT + 1) * shifting).cumsum(0)
    last = latest(struck)
    places = torch.cat([last.new_tensor([-1]), last[:-1]])  # before each
    before = torch.where(last >= 0, places[last], -1)
    since = torch.where(last >= 0, now - now[last], LONGEST)
    level = latest(loud)
    velocity = torch.where(level >= 0, events[level] - FIRST_VELOCITY + 1, 0)
    return torch.stack(
        [
            torch.where(last >= 0, events[last], NO_PITCH),
            torch.where(before >= 0, events[before], NO_PITCH),
            velocity,
            since.clamp(max=LONGEST),
        ],
        dim=1,
    )


def latest(is_one: Tensor) -> Tensor:
    """Return the place of the latest of a kind up to each place, or -1."""
    places = torch.arange(len(is_one))
    return torch.where(is_one, places, -1).cummax(0).values


def keys_down(events: Tensor) -> Tensor:
    """Return which keys are down after each event, (L, 128), bool.

    A NOTE_OFF whose NOTE_ON came before the first event changes nothing.
    """
    moves = torch.zeros(len(events), N_PITCHES, dtype=torch.int64)
    rows = torch.arange(len(events))
    struck = events < FIRST_NOTE_OFF
    moves[rows[struck], events[struck]] = 1
    released = (events >= FIRST_NOTE_OFF) & (events < FIRST_TIME_SHIFT)
    moves[rows[released], events[released] - FIRST_NOTE_OFF] = -1
    total = moves.cumsum(0)
    # What fell below zero was released without having been struck here.
    missing = total.cummin(0).values.clamp(max=0)
    return total > missing
