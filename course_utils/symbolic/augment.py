"""More pieces out of the same pieces: other keys, loudness and tempos.

A piece in another key is as good a piece. A network that meets every piece
in many keys learns intervals instead of pitches by heart; one that meets it
loud and soft, slow and fast, goes on as loud and as fast as it was told.

Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.symbolic.metrical import (
    FIRST_TEMPO,
    FIRST_VELOCITY,
    N_LEVELS,
    N_TEMPOS,
)
from course_utils.symbolic.polyphony import (
    FIRST_CONTINUED_NOTE,
    FIRST_NEW_NOTE,
    N_CLASSES,
    N_PITCHES,
)

LOWEST_SHIFT, HIGHEST_SHIFT = -5, 6  # semitones; each of the 12 keys once
SOFTEST, LOUDEST = 3, 13  # levels that the middle of a piece is moved to
LEVEL_SHIFT = 8  # levels, at most
TEMPO_SHIFT = 3  # eighths of an octave, about 30 % either way


def transpose_events(events: Tensor, semitones: int) -> Tensor:
    """Return the events of a piece moved by some semitones.

    Parameters
    ----------
    events : Tensor of int64, any shape
        Classes of `polyphony`; what is no note, or a class above them, stays.
    semitones : int
        Any that keeps all pitches in 0 to 127.
    """
    is_note = (events >= FIRST_NEW_NOTE) & (events < N_CLASSES)
    return torch.where(is_note, events + semitones, events)


def shifts_allowed(events: Tensor) -> tuple[int, int]:
    """Return the lowest and highest shift that keeps all pitches a pitch."""
    notes = events[(events >= FIRST_NEW_NOTE) & (events < N_CLASSES)]
    if not len(notes):
        return 0, 0
    is_new = notes < FIRST_CONTINUED_NOTE
    first = torch.where(is_new, FIRST_NEW_NOTE, FIRST_CONTINUED_NOTE)
    pitches = notes - first
    return (
        max(LOWEST_SHIFT, -int(pitches.min())),
        min(HIGHEST_SHIFT, N_PITCHES - 1 - int(pitches.max())),
    )


def random_key(events: Tensor, rng: torch.Generator) -> Tensor:
    """Return the events in a random key, 5 semitones down to 6 up.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        A whole piece.
    rng : torch.Generator
        Gives one number a piece, whatever the piece.
    """
    low, high = shifts_allowed(events)
    share = torch.rand((), generator=rng).item()
    return transpose_events(events, low + int(share * (high - low + 1)))


def random_performance(events: Tensor, rng: torch.Generator) -> Tensor:
    """Return metrical events in a random key, loudness and tempo.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        A whole piece, as `metrical` encodes it.
    rng : torch.Generator
        Gives three numbers a piece, whatever the piece.
    """
    events = random_key(events, rng)
    louder, faster = torch.rand(2, generator=rng).tolist()
    events = _shift_levels(events, louder)
    is_tempo = (events >= FIRST_TEMPO) & (events < FIRST_VELOCITY)
    shift = int(faster * (2 * TEMPO_SHIFT + 1)) - TEMPO_SHIFT
    highest = FIRST_TEMPO + N_TEMPOS - 1
    moved = (events + shift).clamp(FIRST_TEMPO, highest)
    return torch.where(is_tempo, moved, events)


def _shift_levels(events: Tensor, share: float) -> Tensor:
    """Make a piece louder or softer; its loudest and softest may saturate."""
    is_level = events >= FIRST_VELOCITY
    if not is_level.any():
        return events
    middle = int(events[is_level].median()) - FIRST_VELOCITY
    low = max(SOFTEST - middle, -LEVEL_SHIFT)
    high = min(LOUDEST - middle, LEVEL_SHIFT)
    shift = low + int(share * (max(high, low) - low + 1))
    highest = FIRST_VELOCITY + N_LEVELS - 1
    moved = (events + shift).clamp(FIRST_VELOCITY, highest)
    return torch.where(is_level, moved, events)
