"""Go on from a primer in events on the 16th grid: what is read and drawn.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.symbolic import metrical, polyphony
from course_utils.symbolic.continuation import (
    BaseContinuation,
    StepNote,
    velocities_of,
)
from course_utils.symbolic.grammar import (
    Grammar,
    MetricalGrammar,
    PolyphonyGrammar,
)
from course_utils.symbolic.meter import step_positions
from course_utils.symbolic.metrical_reading import read_events

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TEMPOS = range(metrical.FIRST_TEMPO, metrical.FIRST_VELOCITY)
METERS = range(metrical.FIRST_METER, metrical.FIRST_TEMPO)
VELOCITIES = range(metrical.FIRST_VELOCITY, metrical.N_CLASSES)
CHANGES = range(metrical.FIRST_METER, metrical.FIRST_VELOCITY)


class PolyphonyContinuation(BaseContinuation):
    """New bars in the 259 events, which have one loudness: the mean.

    Parameters
    ----------
    primer : NoteSequence
        What is gone on from; drums are not read.
    n_steps : int
        Sixteenths to compose.
    pedal : bool
        See `polyphony.sequence_to_events`.
    """

    n_classes = polyphony.N_CLASSES

    def __init__(
        self, primer: "NoteSequence", n_steps: int, pedal: bool = True
    ) -> None:
        self.n_steps = n_steps
        self.velocity = round(float(np.mean(velocities_of(primer))))
        events = polyphony.sequence_to_events(primer, pedal=pedal)
        self.primer_events = events[:-1]
        ends = np.flatnonzero(
            np.array(self.primer_events) == polyphony.STEP_END
        )
        places = step_positions(primer, len(ends))[:, 2]
        self.bar_lines = [
            int(ends[step - 1]) + 1
            for step in np.flatnonzero(places == 0)
            if step > 0
        ]

    def new_grammar(self) -> Grammar:
        """Return the rules of the new bars, the primer heard."""
        grammar = PolyphonyGrammar()
        for event in self.primer_events[1:]:  # without START
            grammar.accept(event)
        grammar.n_steps = 0
        return grammar

    def notes(self, events: Iterable[int]) -> list[StepNote]:
        """Return the notes that the new events write."""
        steps = list(polyphony.steps_of(events))
        return [(*note, self.velocity) for note in polyphony.notes_of(steps)]


class MetricalContinuation(BaseContinuation):
    """New bars in the metrical events, which know the primer's bars.

    A note's VELOCITY event stands for a level of eight velocities; in it
    the note gets the middle one (the median) of those the primer has there,
    or in the nearest level where the primer has any. The network may draw
    every level: to forbid some would make notes rarer than it wants them.

    Parameters
    ----------
    primer : NoteSequence
        What is gone on from; drums are not read.
    n_steps : int
        Sixteenths to compose.
    """

    n_classes = metrical.N_CLASSES

    def __init__(self, primer: "NoteSequence", n_steps: int) -> None:
        self.n_steps = n_steps
        levels: dict[int, list[int]] = {}
        for velocity in velocities_of(primer):
            level = metrical.velocity_event(velocity)
            levels.setdefault(level, []).append(velocity)
        self.velocities = {
            level: sorted(found)[len(found) // 2]
            for level, found in levels.items()
        }
        self.primer_events = metrical.sequence_to_events(primer)[:-1]
        self._openings = metrical.openings(primer, n_steps + 1)
        self.bar_lines = []
        for i, event in enumerate(self.primer_events):
            if event == metrical.FIRST_PLACE:
                begin = i
                while self.primer_events[begin - 1] in CHANGES:
                    begin -= 1
                self.bar_lines += [begin] * (begin > 1)

    def new_grammar(self) -> Grammar:
        """Return the rules of the new bars, the primer heard.

        What opens the first step says a tempo or a meter only where it is
        not in force already.
        """
        heard = self.primer_events[1:]  # without START
        grammar = MetricalGrammar(VELOCITIES)
        for event in heard:
            grammar.accept(event)
        in_force = {
            next((event for event in heard[::-1] if event in kind), None)
            for kind in (TEMPOS, METERS)
        }
        first = [e for e in self._openings[0] if e not in in_force]
        grammar.follow([first, *self._openings[1:]])
        return grammar

    def notes(self, events: Iterable[int]) -> list[StepNote]:
        """Return the notes that the new events write."""
        level = [e for e in self.primer_events if e in VELOCITIES][-1]
        reading = read_events([level, *events])
        return [
            (start, end, pitch, self._velocity(level))
            for start, end, pitch, level in reading.notes()
        ]

    def _velocity(self, level: int) -> int:
        """Return the primer's velocity in the level nearest to one."""
        near = min(self.velocities, key=lambda known: abs(known - level))
        return self.velocities[near]
