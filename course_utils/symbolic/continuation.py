"""Go on from a primer: what a network reads, may draw, and has drawn.

The new bars are laid over the primer's own: they have its tempos and time
signatures, from its first bar on, so that a whole map of tempos is kept and
not the last tempo alone. Velocities are the primer's too.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import copy
import math
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.symbolic import polyphony
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.meter import (
    EPSILON,
    STEPS_PER_QUARTER,
    meters_of,
    quarters_to_seconds,
    step_positions,
)
from course_utils.symbolic.sequences import MAX_DURATION_S
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

StepNote = tuple[int, int, int, int]  # start, end (steps), pitch, velocity
FEW = 8.0  # sixteenths that each pitch class is thought to have sounded
RARE = 0.01  # or this share of all, if that is more


def steps_of_bars(primer: "NoteSequence", n_bars: int) -> int:
    """Return the sixteenth steps of the primer's first bars, rounded up.

    After the primer's end its last meter goes on.

    Raises
    ------
    CourseError
        If so many bars would last longer than a piece may.
    """
    longest = max(meter.bar_quarters for meter in meters_of(primer))
    most = math.ceil(n_bars * longest * STEPS_PER_QUARTER - EPSILON)
    check_range("steps of the new bars", most, 1, polyphony.MAX_STEPS)
    bars = step_positions(primer, most)[:, 0]
    n_steps = int(np.searchsorted(bars, n_bars))
    end = quarters_to_seconds(primer, n_steps / STEPS_PER_QUARTER)
    check_range("length of the new bars", float(end), 0, MAX_DURATION_S, "s")
    return n_steps


class BaseContinuation:
    """What all encodings share: a primer as events, and its bars."""

    n_classes: int  # V
    first_struck = polyphony.FIRST_NEW_NOTE  # class of a struck pitch 0
    end: int | None = polyphony.END  # class that ends a piece
    primer_events: list[int]  # from START, without END
    bar_lines: list[int]  # places of the events that begin later bars

    def before_the_end(self, n_bars: int) -> list[int]:
        """Return the primer without its last bars, but half of it at least.

        A primer of one bar comes whole.
        """
        n_lines = len(self.bar_lines)
        if not n_lines:
            return self.primer_events
        turn = max(n_lines - n_bars, n_lines // 2)
        return self.primer_events[: self.bar_lines[turn]]

    def lively_lines(self, n_bars: int) -> list[int]:
        """Return the bar lines with notes before them, the liveliest first.

        Lively is where many notes are struck in the `n_bars` bars before.
        The lines are given as places in `primer_events`.
        """
        events = np.array(self.primer_events)
        first = self.first_struck
        struck = (events >= first) & (events < first + polyphony.N_PITCHES)
        before = np.append(0, struck.cumsum())  # notes before each event
        edges = [0] * n_bars + self.bar_lines
        counts = {
            line: before[line] - before[edges[i]]
            for i, line in enumerate(self.bar_lines)
        }
        lines = [line for line in self.bar_lines if counts[line]]
        return sorted(lines, key=counts.__getitem__, reverse=True)

    def pitch_classes(self) -> np.ndarray:
        """Return how much each pitch class sounds in the primer, (12,).

        The numbers add up to 1. A little is added to each class: it may
        come, and a primer of a few notes tells little of its key.
        """
        pitches = self.pitches()
        counts = np.bincount(pitches % 12, minlength=12)
        counts = counts + max(FEW, RARE * len(pitches))
        return counts / counts.sum()

    def pitches(self) -> np.ndarray:
        """Return the pitches of the primer, each as often as it is heard."""
        events = np.array(self.primer_events)
        notes = events[
            (events >= polyphony.FIRST_NEW_NOTE)
            & (events < polyphony.N_CLASSES)
        ]
        return (notes - polyphony.FIRST_NEW_NOTE) % polyphony.N_PITCHES

    def lay(
        self, primer: "NoteSequence", events: Iterable[int]
    ) -> "NoteSequence":
        """Return the new events as a piece, laid over the primer's bars."""
        return lay_over(primer, self.notes(events), self.n_steps)

    def cut(self, n_events: int) -> Self:
        """Return the same task after the first events of the primer alone."""
        shorter = copy.copy(self)
        shorter.primer_events = self.primer_events[:n_events]
        return shorter


def lay_over(
    primer: "NoteSequence", notes: Iterable[StepNote], n_steps: int
) -> "NoteSequence":
    """Return new notes with the primer's tempos, meters and main program.

    Returns
    -------
    NoteSequence
        From time 0; `total_time` is the end of the last step. A primer
        without time signature gives none.
    """
    end_s = float(quarters_to_seconds(primer, n_steps / STEPS_PER_QUARTER))
    new = blank_sequence(DEFAULT_QPM, None)
    del new.tempos[:]
    new.tempos.extend(m for m in primer.tempos if m.time < end_s)
    new.time_signatures.extend(
        m for m in primer.time_signatures if m.time < end_s
    )
    edges = np.arange(n_steps + 1) / STEPS_PER_QUARTER
    times = quarters_to_seconds(new, edges)
    for start, end, pitch, velocity in notes:
        new.notes.add(
            start_time=times[start],
            end_time=times[end],
            pitch=pitch,
            velocity=velocity,
            program=main_program(primer),
        )
    new.total_time = end_s
    return new


def main_program(sequence: "NoteSequence") -> int:
    """Return the program of most notes, drums left out."""
    programs = Counter(n.program for n in sequence.notes if not n.is_drum)
    return programs.most_common(1)[0][0]


def velocities_of(sequence: "NoteSequence") -> list[int]:
    """Return the velocities of all pitched notes.

    Raises
    ------
    CourseError
        If there is none.
    """
    found = [note.velocity for note in sequence.notes if not note.is_drum]
    if not found:
        raise CourseError(
            "at least one pitched note in the primer",
            f"{len(sequence.notes)} notes, none of them pitched",
            "choose another primer; drums are not read",
        )
    return found
