"""What metrical events say: notes, tempos and meters, step by step.

Any list of classes can be read, as a young network may write it.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import check_range
from course_utils.symbolic import polyphony
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.meter import (
    STEPS_PER_QUARTER,
    quarters_to_seconds,
)
from course_utils.symbolic.metrical import (
    END,
    FIRST_METER,
    FIRST_PLACE,
    FIRST_TEMPO,
    FIRST_VELOCITY,
    N_CLASSES,
    N_LEVELS,
    event_meter,
    event_qpm,
    event_velocity,
    tempo_event,
)
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

STEPS_PER_WHOLE = 4 * STEPS_PER_QUARTER
MIDDLE_LEVEL = FIRST_VELOCITY + N_LEVELS // 2


def events_to_sequence(
    events: Iterable[int], program: int = 0
) -> "NoteSequence":
    """Decode events; meter, tempo and velocity are what the events say.

    Any list of classes can be decoded: a PLACE opens a step, a note before
    the first one opens it too, and the rules of `polyphony.steps_of` hold
    within it. A note struck before any VELOCITY has the middle level.

    Parameters
    ----------
    events : iterable of int
        Classes 0 to 395.
    program : int
        Given to every note.

    Returns
    -------
    NoteSequence
        Tempos and velocities are those in the middle of their class. A bar
        that ends early is followed by a new time signature.

    Raises
    ------
    CourseError
        If a number is no class of this encoding.
    """
    reading = read_events(events)
    sequence = blank_sequence(
        event_qpm(reading.tempos.get(0, tempo_event(DEFAULT_QPM))), None
    )
    for step in sorted(reading.tempos.keys() - {0}):
        time_s = quarters_to_seconds(sequence, step / STEPS_PER_QUARTER)
        qpm = event_qpm(reading.tempos[step])
        sequence.tempos.add(time=float(time_s), qpm=qpm)
    edges = np.arange(reading.n_steps + 1) / STEPS_PER_QUARTER
    times = quarters_to_seconds(sequence, edges)
    for step, (numerator, denominator) in reading.meters():
        sequence.time_signatures.add(
            time=times[step], numerator=numerator, denominator=denominator
        )
    for start, end, pitch, velocity in reading.notes():
        sequence.notes.add(
            start_time=times[start],
            end_time=times[end],
            pitch=pitch,
            velocity=event_velocity(velocity),
            program=program,
        )
    sequence.total_time = times[-1]
    return sequence


@dataclass
class Reading:
    """What a list of events says, step by step."""

    steps: list[dict[int, bool]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    levels: dict[tuple[int, int], int] = field(default_factory=dict)
    tempos: dict[int, int] = field(default_factory=dict)  # step -> event
    signatures: dict[int, int] = field(default_factory=dict)

    @property
    def n_steps(self) -> int:
        """How many sixteenths there are."""
        return len(self.steps)

    def open(self, event: int) -> None:
        """Begin a step at a place of the bar."""
        self.steps.append({})
        self.places.append(event - FIRST_PLACE)

    def add(self, event: int, level: int) -> None:
        """Let a note sound in the step that is open."""
        if not self.steps:
            self.open(FIRST_PLACE)
        pitch = polyphony.event_pitch(event)
        is_new = event < polyphony.FIRST_CONTINUED_NOTE
        step = self.steps[-1]
        step[pitch] = is_new or step.get(pitch, False)
        self.levels[self.n_steps - 1, pitch] = level

    def notes(self) -> list[tuple[int, int, int, int]]:
        """Return (start step, end step, pitch, VELOCITY event), sorted."""
        return [
            (start, end, pitch, self.levels[start, pitch])
            for start, end, pitch in polyphony.notes_of(self.steps)
        ]

    def meters(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """Yield (step, time signature) where a count of bars begins."""
        meter, since = None, 0
        for step, place in enumerate(self.places):
            meter = self.signatures.get(step, meter)
            if meter is None:
                continue
            numerator, denominator = event_meter(meter)
            bar = numerator * STEPS_PER_WHOLE // denominator
            early = place == 0 and (step - since) % max(bar, 1) != 0
            if step in self.signatures or early:
                since = step
                yield step, (numerator, denominator)


def read_events(events: Iterable[int]) -> Reading:
    """Sort out what a list of events says; see `events_to_sequence`."""
    reading = Reading()
    level = MIDDLE_LEVEL
    for event in events:
        check_range("metrical event", event, 0, N_CLASSES - 1)
        if event == END:
            break
        if event >= FIRST_VELOCITY:
            level = event
        elif event >= FIRST_TEMPO:
            reading.tempos[reading.n_steps] = event
        elif event >= FIRST_METER:
            reading.signatures[reading.n_steps] = event
        elif event >= FIRST_PLACE:
            reading.open(event)
        elif event >= polyphony.FIRST_NEW_NOTE:
            reading.add(event, level)
    return reading
