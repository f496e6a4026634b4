"""The same performance in another key and at another tempo.

Transposition by at most a minor third and five tempos, as the Music
Transformer was trained (Huang et al., 2018, arXiv:1809.04281).

Axes: L events. Taught in: notebooks/51_transformer_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    FIRST_VELOCITY,
    N_PITCHES,
    shifts,
)

SHIFTS = (-3, 3)  # semitones
STRETCHES = (0.95, 0.975, 1.0, 1.025, 1.05)


def transpose(events: Tensor, semitones: int) -> Tensor:
    """Return the events moved by some semitones.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        Classes of `performance`.
    semitones : int
        Any that keeps all pitches in 0 to 127.
    """
    return torch.where(events < FIRST_TIME_SHIFT, events + semitones, events)


def stretch(events: Tensor, factor: float) -> Tensor:
    """Return the events with all times multiplied, on the 10 ms grid.

    What lies between two waits stays in its order. The number of events may
    change, for a wait of more than a second takes several.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        Classes of `performance`.
    factor : float
        Above 1 is slower.
    """
    numbers = events.tolist()
    stretched: list[int] = []
    time, written = 0, 0  # steps before and after the stretching
    for event in numbers:
        if FIRST_TIME_SHIFT <= event < FIRST_VELOCITY:
            time += event - FIRST_TIME_SHIFT + 1
            continue
        now = round(time * factor)
        stretched += shifts(now - written)
        stretched.append(event)
        written = now
    stretched += shifts(round(time * factor) - written)
    return torch.tensor(stretched, dtype=torch.int64)


def random_playing(events: Tensor, rng: torch.Generator) -> Tensor:
    """Return a stretch of a performance in a random key and tempo.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        Classes of `performance`.
    rng : torch.Generator
        Gives two numbers, whatever the events.
    """
    higher, slower = torch.rand(2, generator=rng).tolist()
    notes = events[events < FIRST_TIME_SHIFT]
    pitches = torch.where(
        notes < FIRST_NOTE_OFF, notes, notes - FIRST_NOTE_OFF
    )
    if len(pitches):
        low = max(SHIFTS[0], -int(pitches.min()))
        high = min(SHIFTS[1], N_PITCHES - 1 - int(pitches.max()))
        semitones = low + int(higher * (high - low + 1))
        events = transpose(events, semitones)
    return stretch(events, STRETCHES[int(slower * len(STRETCHES))])
