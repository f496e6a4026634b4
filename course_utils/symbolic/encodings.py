"""The event encodings that a network can be trained on, by name.

`polyphony` and `metrical` write how long a note sounds, `keys` how long its
key is pressed: it is `polyphony` without the sustain pedal. These are on the
16th grid; `performance` knows seconds alone.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.symbolic import augment, metrical, performance, polyphony
from course_utils.symbolic.grid_continuations import (
    MetricalContinuation,
    PolyphonyContinuation,
)
from course_utils.symbolic.performance_continuation import (
    PerformanceContinuation,
)
from course_utils.symbolic.performance_variation import random_playing

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


Continuation = (
    PolyphonyContinuation | MetricalContinuation | PerformanceContinuation
)
STRUCK = range(polyphony.FIRST_NEW_NOTE, polyphony.FIRST_CONTINUED_NOTE)


@dataclass(frozen=True)
class Encoding:
    """One way to write a piece as a row of events.

    Parameters
    ----------
    name : str
        The word that commands and checkpoints use.
    n_classes : int
        V, how many kinds of event there are.
    encode : callable
        NoteSequence -> list of int; START and END, if any, included.
    vary : callable
        Events (L,) and an rng -> the same piece as an epoch may have it.
    step_events : range
        Every sixteenth step has one event of these classes, no more; empty
        where there are no sixteenths.
    note_events : range
        Every note begins with one event of these classes, no more.
    continuation : callable
        Primer and number of steps -> what it takes to go on from it.
    hears_loudness : bool
        Whether a note's velocity changes the events.
    """

    name: str
    n_classes: int
    encode: Callable[["NoteSequence"], list[int]]
    vary: Callable[[Tensor, torch.Generator], Tensor]
    step_events: range
    note_events: range
    continuation: Callable[["NoteSequence", int], Continuation]
    hears_loudness: bool = False

    def count_steps(self, events: Iterable[int]) -> int:
        """Return how many sixteenth steps a list of events has."""
        return sum(event in self.step_events for event in events)

    def count_notes(self, events: Iterable[int]) -> int:
        """Return how many notes begin in a list of events."""
        return sum(event in self.note_events for event in events)


ENCODINGS: MappingProxyType[str, Encoding] = MappingProxyType(
    {
        "polyphony": Encoding(
            "polyphony",
            polyphony.N_CLASSES,
            polyphony.sequence_to_events,
            augment.random_key,
            range(polyphony.STEP_END, polyphony.STEP_END + 1),
            STRUCK,
            PolyphonyContinuation,
        ),
        "keys": Encoding(
            "keys",
            polyphony.N_CLASSES,
            partial(polyphony.sequence_to_events, pedal=False),
            augment.random_key,
            range(polyphony.STEP_END, polyphony.STEP_END + 1),
            STRUCK,
            partial(PolyphonyContinuation, pedal=False),
        ),
        "metrical": Encoding(
            "metrical",
            metrical.N_CLASSES,
            metrical.sequence_to_events,
            augment.random_performance,
            range(metrical.FIRST_PLACE, metrical.FIRST_METER),
            STRUCK,
            MetricalContinuation,
            hears_loudness=True,
        ),
        "performance": Encoding(
            "performance",
            performance.N_CLASSES,
            performance.sequence_to_events,
            random_playing,
            range(0),
            range(performance.FIRST_NOTE_ON, performance.FIRST_NOTE_OFF),
            PerformanceContinuation,
            hears_loudness=True,
        ),
    }
)


def encoding_of(name: str) -> Encoding:
    """Return an encoding by its name.

    Raises
    ------
    CourseError
        If there is none of that name.
    """
    if name not in ENCODINGS:
        raise CourseError(
            f"an encoding, one of {', '.join(ENCODINGS)}",
            name,
            "choose one of these",
        )
    return ENCODINGS[name]
