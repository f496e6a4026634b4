"""Metrical events: polyphony events that also know bar, tempo and loudness.

A piece is START, then for every sixteenth step one PLACE event (how many
sixteenths the step lies behind its bar line) and the pitches from high to
low as in `polyphony`, then END. METER and TEMPO stand before the first step,
and before a step at which they change; VELOCITY stands before a struck note
that is louder or softer than the struck note before it. One bar of 3/4::

    TEMPO 99, METER 3/4, PLACE 0, VELOCITY 12, NEW_NOTE C4, NEW_NOTE E3,
    PLACE 1, CONTINUED_NOTE C4, CONTINUED_NOTE E3, ..., PLACE 11, ...

So what the 259 events of `polyphony` lose can be learnt: where the beat
falls, how fast it goes, how loud a note is. Note events have the same
numbers in both; PLACE does what STEP_END does there, so a piece of one
loudness is only a few events longer.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import check_range
from course_utils.symbolic import polyphony
from course_utils.symbolic.meter import (
    EPSILON,
    STEPS_PER_QUARTER,
    meters_of,
    quantise,
    seconds_to_quarters,
    step_positions,
)
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

START, END = polyphony.START, polyphony.END
N_PLACES = 32  # a later place of a longer bar counts as the last
NUMERATORS = tuple(range(1, 17))
DENOMINATORS = (2, 4, 8, 16)
TEMPOS_PER_OCTAVE = 8  # a tempo is rounded to 2^(1/8), about 9 %
LOWEST_QPM = 30.0
N_TEMPOS = 3 * TEMPOS_PER_OCTAVE + 1  # up to 240
LEVEL_VELOCITIES = 8  # MIDI velocities 1-8 are level 0, 9-16 level 1, ...
N_LEVELS = 16
FIRST_PLACE = polyphony.N_CLASSES
FIRST_METER = FIRST_PLACE + N_PLACES
FIRST_TEMPO = FIRST_METER + len(NUMERATORS) * len(DENOMINATORS)
FIRST_VELOCITY = FIRST_TEMPO + N_TEMPOS
N_CLASSES = FIRST_VELOCITY + N_LEVELS  # 396

LOSES = (
    "tempo within 4 % either way",
    "velocity within a level of 8",
    "meters with more than 16 beats, or of halves and shorter units only",
    "programs and parts: all notes are one part; unisons become one note",
    "rhythm finer than a sixteenth, and triplets",
    "drums, pitch bends, and the pedal as such (it lengthens notes instead)",
    "the end of a note whose pitch is struck again while it sounds",
)


def meter_event(numerator: int, denominator: int) -> int:
    """Return the METER event of a time signature, or the nearest one's."""
    place = min(numerator, NUMERATORS[-1]) - NUMERATORS[0]
    unit = min(max(denominator, DENOMINATORS[0]), DENOMINATORS[-1])
    return FIRST_METER + place * len(DENOMINATORS) + DENOMINATORS.index(unit)


def tempo_event(qpm: float) -> int:
    """Return the TEMPO event nearest to a tempo in quarters per minute."""
    place = round(TEMPOS_PER_OCTAVE * np.log2(qpm / LOWEST_QPM))
    return FIRST_TEMPO + int(np.clip(place, 0, N_TEMPOS - 1))


def velocity_event(velocity: int) -> int:
    """Return the VELOCITY event of a MIDI velocity (1 to 127)."""
    check_range("velocity", velocity, 1, 127)
    return FIRST_VELOCITY + (velocity - 1) // LEVEL_VELOCITIES


def place_event(place: int) -> int:
    """Return the PLACE event of a step so many sixteenths into its bar."""
    return FIRST_PLACE + min(int(place), N_PLACES - 1)


def event_meter(event: int) -> tuple[int, int]:
    """Return (numerator, denominator) of a METER event."""
    place, unit = divmod(event - FIRST_METER, len(DENOMINATORS))
    return NUMERATORS[place], DENOMINATORS[unit]


def event_qpm(event: int) -> float:
    """Return the quarters per minute of a TEMPO event."""
    return LOWEST_QPM * 2 ** ((event - FIRST_TEMPO) / TEMPOS_PER_OCTAVE)


def event_velocity(event: int) -> int:
    """Return the MIDI velocity in the middle of a VELOCITY event's level."""
    level = event - FIRST_VELOCITY
    return min(level * LEVEL_VELOCITIES + LEVEL_VELOCITIES // 2 + 1, 127)


def event_name(event: int) -> str:
    """Return an event as a reader would write it, such as METER 3/4."""
    check_range("metrical event", event, 0, N_CLASSES - 1)
    if event < FIRST_PLACE:
        return polyphony.event_name(event)
    if event < FIRST_METER:
        return f"PLACE {event - FIRST_PLACE}"
    if event < FIRST_TEMPO:
        return "METER {}/{}".format(*event_meter(event))
    if event < FIRST_VELOCITY:
        return f"TEMPO {event_qpm(event):.0f}"
    return f"VELOCITY {event - FIRST_VELOCITY}"


def openings(sequence: "NoteSequence", n_steps: int) -> list[list[int]]:
    """Return the events that open each step: TEMPO, METER, PLACE.

    Parameters
    ----------
    sequence : NoteSequence
        Its tempos and time signatures are used, not its notes.
    n_steps : int
        How many sixteenth steps, from time 0.

    Returns
    -------
    list of list of int
        One list a step: PLACE, and before it what changes there.
    """
    quarters = np.arange(n_steps) / STEPS_PER_QUARTER
    meters = meters_of(sequence)
    starts = np.array([meter.start for meter in meters])
    which = np.searchsorted(starts, quarters + EPSILON, side="right") - 1
    signs = [meter_event(m.numerator, m.denominator) for m in meters]
    tempos = _tempo_at(sequence, quarters)
    places = step_positions(sequence, n_steps)[:, 2].tolist()
    rows, before = [], [None, None]
    for tempo, i, place in zip(tempos, which.tolist(), places, strict=True):
        now = [tempo, signs[i]]
        changed = [a for a, b in zip(now, before, strict=True) if a != b]
        rows.append([*changed, place_event(place)])
        before = now
    return rows


def _tempo_at(sequence: "NoteSequence", quarters: np.ndarray) -> list[int]:
    """Return the TEMPO event in force at each position."""
    marks = sorted(sequence.tempos, key=lambda tempo: tempo.time)
    if not marks:
        return [tempo_event(DEFAULT_QPM)] * len(quarters)
    times = np.array([mark.time for mark in marks])
    starts = seconds_to_quarters(sequence, times)
    which = np.searchsorted(starts, quarters + EPSILON, side="right") - 1
    events = [tempo_event(mark.qpm) for mark in marks]
    return [events[max(i, 0)] for i in which.tolist()]


def sequence_to_events(sequence: "NoteSequence") -> list[int]:
    """Encode a piece; drums are not read.

    Parameters
    ----------
    sequence : NoteSequence
        With any number of parts, tempos and time signatures.

    Returns
    -------
    list of int, length L
        Classes 0 to 395, from START to END.

    Raises
    ------
    CourseError
        If no pitched note is there, or the piece has too many steps.

    Taught in: notebooks/41_lstm_composing.ipynb
    """
    struck, sounding = polyphony.sequence_to_roll(sequence)
    velocities = _velocity_roll(sequence, struck.shape)
    # All that sounds, step by step, from high to low.
    steps, from_top = np.nonzero(sounding[:, ::-1])
    pitches = polyphony.N_PITCHES - 1 - from_top
    cells = (pitches, struck[steps, pitches], velocities[steps, pitches])
    rows = list(zip(*(cell.tolist() for cell in cells), strict=True))
    ends = np.cumsum(sounding.sum(axis=1)).tolist()
    events, level, begin = [START], None, 0
    for opening, end in zip(
        openings(sequence, len(struck)), ends, strict=True
    ):
        events += opening
        for pitch, is_struck, velocity in rows[begin:end]:
            if not is_struck:
                events.append(polyphony.FIRST_CONTINUED_NOTE + pitch)
                continue
            now = velocity_event(velocity)
            events += [now] * (now != level)
            events.append(polyphony.FIRST_NEW_NOTE + pitch)
            level = now
        begin = end
    return [*events, END]


def _velocity_roll(
    sequence: "NoteSequence", shape: tuple[int, int]
) -> np.ndarray:
    """Return the velocity of what is struck in each step, shape (T, P)."""
    velocities = np.zeros(shape, np.int64)
    for note in quantise(sequence).notes:
        if not note.is_drum:
            place = note.quantized_start_step, note.pitch
            velocities[place] = max(velocities[place], note.velocity)
    return np.clip(velocities, 1, 127)
