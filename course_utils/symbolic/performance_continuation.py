"""Go on from a primer in performance events, which know seconds alone.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.symbolic import performance
from course_utils.symbolic.continuation import (
    BaseContinuation,
    lay_over,
    main_program,
    velocities_of,
)
from course_utils.symbolic.meter import (
    STEPS_PER_QUARTER,
    bar_lines_s,
    bar_starts,
    meters_of,
    quarters_to_seconds,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

LONGEST_WAIT = 4 * performance.STEPS_PER_SECOND  # 10 ms steps, to a bar line


class PerformanceGrammar:
    """The rules: release what is down, strike what is not.

    Parameters
    ----------
    levels : iterable of int
        Velocity levels (1 to 32) that may be drawn.
    """

    def __init__(self, levels: Iterable[int]) -> None:
        self.n_steps = 0  # of 10 ms, since the new bars began
        self._down: Counter[int] = Counter()
        self._loud = False  # after VELOCITY a note must be struck
        first = performance.FIRST_VELOCITY - 1
        self._levels = [first + level for level in levels]

    def accept(self, event: int) -> None:
        """Take note of the event that came."""
        kind, value = performance.event_value(event)
        self._loud = kind == "VELOCITY"
        if kind == "TIME_SHIFT":
            self.n_steps += value
        elif kind == "NOTE_ON":
            self._down[value] += 1
        elif kind == "NOTE_OFF":
            self._down[value] = max(self._down[value] - 1, 0)

    def release(self) -> None:
        """Let go of all keys."""
        self._down.clear()

    def allowed(self) -> Tensor:
        """Return a mask of bool, shape (388,): True for what may come."""
        mask = torch.zeros(performance.N_CLASSES, dtype=torch.bool)
        mask[: performance.N_PITCHES] = True
        down = [pitch for pitch, count in self._down.items() if count]
        mask[down] = False
        if not self._loud:
            mask[[performance.FIRST_NOTE_OFF + pitch for pitch in down]] = True
            shifts = slice(
                performance.FIRST_TIME_SHIFT, performance.FIRST_VELOCITY
            )
            mask[shifts] = True
            mask[self._levels] = True
        return mask


class PerformanceContinuation(BaseContinuation):
    """New bars in the 388 events, as long as the primer's first bars.

    Parameters
    ----------
    primer : NoteSequence
        What is gone on from; drums are not read.
    n_steps : int
        Sixteenths to compose; turned into seconds by the primer's tempos.
    """

    n_classes = performance.N_CLASSES
    first_struck = performance.FIRST_NOTE_ON
    end = None

    def __init__(self, primer: "NoteSequence", n_steps: int) -> None:
        self.n_sixteenths = n_steps
        quarters = n_steps / STEPS_PER_QUARTER
        self.seconds = float(quarters_to_seconds(primer, quarters))
        self.n_steps = round(self.seconds * performance.STEPS_PER_SECOND)
        heard = [performance.velocity_to_bin(v) for v in velocities_of(primer)]
        self.levels = range(min(heard), max(heard) + 1)
        events = performance.sequence_to_events(primer)
        ends = np.array(list(accumulate(map(_wait, events))))
        lines = np.round(bar_lines_s(primer) * performance.STEPS_PER_SECOND)
        places = np.searchsorted(ends, lines[1:]) + 1
        self.bar_lines = sorted({int(p) for p in places if p < len(events)})
        self.primer_events = events + _wait_for_a_bar(primer, int(ends[-1]))

    def pitches(self) -> np.ndarray:
        """Return the pitches of the notes that the primer strikes."""
        events = np.array(self.primer_events)
        return events[events < performance.FIRST_NOTE_OFF]

    def new_grammar(self) -> PerformanceGrammar:
        """Return the rules of the new bars, the primer heard."""
        grammar = PerformanceGrammar(self.levels)
        for event in self.primer_events:
            grammar.accept(event)
        grammar.n_steps = 0
        return grammar

    def lay(
        self, primer: "NoteSequence", events: Iterable[int]
    ) -> "NoteSequence":
        """Return the new events as a piece with the primer's bars."""
        bars = lay_over(primer, [], self.n_sixteenths)
        program = main_program(primer)
        played = performance.events_to_sequence(events, program=program)
        for note in played.notes:
            if note.start_time < self.seconds:
                note.end_time = min(note.end_time, self.seconds)
                bars.notes.append(note)
        return bars


def _wait(event: int) -> int:
    """Return how many steps of 10 ms an event waits."""
    kind, value = performance.event_value(event)
    return value if kind == "TIME_SHIFT" else 0


def _wait_for_a_bar(primer: "NoteSequence", end: int) -> list[int]:
    """Return the events that wait from the last one to the next bar line."""
    start = bar_starts(primer)[-1]
    meter = [m for m in meters_of(primer) if m.start <= start][-1]
    line = float(quarters_to_seconds(primer, start + meter.bar_quarters))
    rest = round(line * performance.STEPS_PER_SECOND) - end
    if not 0 < rest <= LONGEST_WAIT:
        return []
    return performance.shifts(rest)
