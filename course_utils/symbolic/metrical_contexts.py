"""What a list of metrical events says at each of its places.

An event tells little by itself. Which place of the bar it is, how loud the
next note will be, which notes sound and which were struck here a bar ago:
all of it lies somewhere in the events before, and can be told to a network
at each place.

Axes: L events. Taught in: notebooks/51_transformer_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.symbolic.metrical import (
    FIRST_METER,
    FIRST_PLACE,
    FIRST_VELOCITY,
    N_LEVELS,
    N_PLACES,
)
from course_utils.symbolic.performance_contexts import latest
from course_utils.symbolic.polyphony import (
    FIRST_CONTINUED_NOTE,
    FIRST_NEW_NOTE,
    N_CLASSES,
    N_PITCHES,
)

NO_NOTE = N_PITCHES  # none was struck yet
# Classes of: the note to move from, the lowest note struck last (both as
# NEW_NOTE events), the velocity level in force and the place in the bar
# (0: none yet).
CONTEXT_SIZES = (N_PITCHES + 1, N_PITCHES + 1, N_LEVELS + 1, N_PLACES + 1)
N_FLAGS = N_CLASSES  # one for every event of `polyphony`


def contexts_of(events: Tensor) -> Tensor:
    """Return what is known after each event.

    The note to move from is the last one of this sixteenth, or, as long as
    it has none, the highest of those struck last.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        Classes of `metrical`.

    Returns
    -------
    Tensor of int64, shape (L, 4)
        See `CONTEXT_SIZES`.
    """
    is_note, is_struck, is_place = _kinds(events)
    place, note = latest(is_place), latest(is_note)
    struck = latest(is_struck)
    before = torch.cat([struck.new_tensor([-1]), struck[:-1]])
    highest = latest(is_struck & (before < place.clamp(min=0)))
    start = torch.where(note > place, note, highest)
    pitches = (events - FIRST_NEW_NOTE) % N_PITCHES
    classes = (pitches + FIRST_NEW_NOTE).clamp(max=N_PITCHES - 1)
    level = latest(events >= FIRST_VELOCITY)
    return torch.stack(
        [
            torch.where(start >= 0, classes[start], NO_NOTE),
            torch.where(struck >= 0, classes[struck], NO_NOTE),
            torch.where(level >= 0, events[level] - FIRST_VELOCITY + 1, 0),
            torch.where(place >= 0, events[place] - FIRST_PLACE + 1, 0),
        ],
        dim=1,
    )


def _kinds(events: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return which events are notes, struck notes and PLACE events."""
    is_note = (events >= FIRST_NEW_NOTE) & (events < N_CLASSES)
    is_place = (events >= FIRST_PLACE) & (events < FIRST_METER)
    return is_note, is_note & (events < FIRST_CONTINUED_NOTE), is_place


def usual_events(events: Tensor) -> Tensor:
    """Return which notes the past speaks for after each event, (L, 259).

    A NEW_NOTE is spoken for where its pitch was struck at the same place of
    the bar the last time that this place came; a CONTINUED_NOTE where its
    pitch sounded in the sixteenth before. Classes that are no note are not.

    Returns
    -------
    Tensor of bool, shape (L, 259)
        By class of `polyphony`.
    """
    is_note, is_struck, is_place = _kinds(events)
    step = is_place.cumsum(0)  # 0: before the first PLACE
    n_steps = int(step[-1]) + 1 if len(step) else 1
    rolls = torch.zeros(2, n_steps, N_PITCHES, dtype=torch.bool)
    pitches = (events - FIRST_NEW_NOTE) % N_PITCHES
    for roll, chosen in zip(rolls, (is_struck, is_note), strict=True):
        roll[step[chosen], pitches[chosen]] = True
    struck, sounding = rolls
    same = _same_place(events[is_place].tolist())[step]
    before = step - 1
    usual = torch.zeros(len(events), N_FLAGS, dtype=torch.bool)
    usual[:, FIRST_NEW_NOTE:FIRST_CONTINUED_NOTE] = (
        struck[same] & (same > 0)[:, None]
    )
    usual[:, FIRST_CONTINUED_NOTE:] = sounding[before] & (before > 0)[:, None]
    return usual


def _same_place(places: list[int]) -> Tensor:
    """Return for each step the step that had its PLACE before, or 0.

    Steps count from 1; step 0 is what comes before the first PLACE.
    """
    seen: dict[int, int] = {}
    found = [0]
    for step, place in enumerate(places, start=1):
        found.append(seen.get(place, 0))
        seen[place] = step
    return torch.tensor(found)
