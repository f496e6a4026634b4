"""Performance events: when each key moves and how hard, as 388 kinds of token.

Time is in steps of 10 ms. NOTE_ON and NOTE_OFF name a pitch, TIME_SHIFT waits
1 to 100 steps, VELOCITY sets one of 32 levels for the notes that follow. The
scheme is that of Performance RNN and the Music Transformer (Oore et al.,
2018, arXiv:1808.03715; Huang et al., 2019, arXiv:1809.04281), and the
numbers are those of note_seq's PerformanceOneHotEncoding.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.pitch import midi_to_name
from course_utils.symbolic.blank import DEFAULT_VELOCITY, blank_sequence
from course_utils.symbolic.pedal import apply_pedal

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

STEPS_PER_SECOND = 100
MAX_SHIFT = 100  # steps; 1 s
N_PITCHES = 128
N_VELOCITIES = 32
FIRST_NOTE_ON = 0
FIRST_NOTE_OFF = FIRST_NOTE_ON + N_PITCHES
FIRST_TIME_SHIFT = FIRST_NOTE_OFF + N_PITCHES
FIRST_VELOCITY = FIRST_TIME_SHIFT + MAX_SHIFT
N_CLASSES = FIRST_VELOCITY + N_VELOCITIES  # 388
VELOCITY_BIN = 4  # MIDI velocities 1-4 are bin 1, 5-8 bin 2, ...
MAX_HANGING_S = 5.0  # how long a note sounds that is never released

LOSES = (
    "meter: there are no bars or beats",
    "tempo: seconds are kept, but not which beat they belong to",
    "velocity within a level of 4, rounded down",
    "times within a step of 10 ms, rounded to the nearest",
    "programs and parts: all notes are one part",
    "drums, pitch bends, and the pedal as such (it lengthens notes instead)",
    "which of two notes of one pitch, sounding together, ends first",
)


class _Move(NamedTuple):
    """A key goes down or up. Sorting puts moves in the order of playing."""

    step: int
    rank: int  # of the note, by start and pitch
    is_off: bool
    pitch: int
    velocity_bin: int


def velocity_to_bin(velocity: int) -> int:
    """Return the level (1 to 32) of a MIDI velocity (1 to 127)."""
    return (velocity - 1) // VELOCITY_BIN + 1


def bin_to_velocity(velocity_bin: int) -> int:
    """Return the lowest MIDI velocity of a level (1 to 32)."""
    return 1 + (velocity_bin - 1) * VELOCITY_BIN


def event_value(event: int) -> tuple[str, int]:
    """Return the kind of an event and its pitch, steps or level.

    Raises
    ------
    CourseError
        If the number is no class of this encoding.
    """
    check_range("performance event", event, 0, N_CLASSES - 1)
    if event >= FIRST_VELOCITY:
        return "VELOCITY", event - FIRST_VELOCITY + 1
    if event >= FIRST_TIME_SHIFT:
        return "TIME_SHIFT", event - FIRST_TIME_SHIFT + 1
    if event >= FIRST_NOTE_OFF:
        return "NOTE_OFF", event - FIRST_NOTE_OFF
    return "NOTE_ON", event


def event_name(event: int) -> str:
    """Return an event as a reader would write it, such as NOTE_ON C4."""
    kind, value = event_value(event)
    if kind == "TIME_SHIFT":
        return f"{kind} {1000 * value // STEPS_PER_SECOND} ms"
    return f"{kind} {value if kind == 'VELOCITY' else midi_to_name(value)}"


def count_notes(events: Iterable[int]) -> int:
    """Return how many notes begin in a list of events."""
    return sum(event < FIRST_NOTE_OFF for event in events)


def sequence_to_events(
    sequence: "NoteSequence", pedal: bool = True
) -> list[int]:
    """Encode a piece; drums are not read.

    Parameters
    ----------
    sequence : NoteSequence
        With any number of parts.
    pedal : bool
        True writes the pedal into the lengths of the notes first.

    Returns
    -------
    list of int, length L
        Classes 0 to 387. A note lasts at least one step of 10 ms.

    Raises
    ------
    CourseError
        If no pitched note is there.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    sequence = apply_pedal(sequence) if pedal else sequence
    events: list[int] = []
    now = current_bin = 0
    for move in _moves_of(sequence):
        if move.step > now:
            events += shifts(move.step - now)
            now = move.step
        if move.is_off:
            events.append(FIRST_NOTE_OFF + move.pitch)
            continue
        if move.velocity_bin != current_bin:
            current_bin = move.velocity_bin
            events.append(FIRST_VELOCITY + current_bin - 1)
        events.append(FIRST_NOTE_ON + move.pitch)
    return events


def _moves_of(sequence: "NoteSequence") -> list[_Move]:
    """Return the moves of all keys, in the order of playing."""
    notes = [note for note in sequence.notes if not note.is_drum]
    if not notes:
        raise CourseError(
            "at least one pitched note to encode",
            f"{len(sequence.notes)} notes, none of them pitched",
            "choose another piece; drums are not read",
        )
    notes.sort(key=lambda note: (note.start_time, note.pitch))
    times = np.array([(note.start_time, note.end_time) for note in notes])
    steps = np.floor(times * STEPS_PER_SECOND + 0.5).astype(int)
    steps[:, 1] = np.maximum(steps[:, 1], steps[:, 0] + 1)
    moves = [
        _Move(step, rank, is_off, note.pitch, velocity_to_bin(note.velocity))
        for rank, note in enumerate(notes)
        for is_off, step in enumerate(steps[rank].tolist())
    ]
    return sorted(moves)


def shifts(n_steps: int) -> list[int]:
    """Return the TIME_SHIFT events that wait for some steps of 10 ms."""
    seconds, rest = divmod(max(n_steps, 0), MAX_SHIFT)
    waits = [MAX_SHIFT] * seconds + [rest] * (rest > 0)
    return [FIRST_TIME_SHIFT + wait - 1 for wait in waits]


def events_to_sequence(
    events: Iterable[int],
    qpm: float = 120.0,
    time_signature: tuple[int, int] | None = None,
    program: int = 0,
    velocity: int = DEFAULT_VELOCITY,
) -> "NoteSequence":
    """Decode events; what they do not say comes as arguments.

    Any list of classes can be decoded. A NOTE_OFF without its NOTE_ON is
    passed over; of two sounding notes of one pitch it ends the older; a note
    that ends in the step of its beginning is left out; a note that is never
    released ends with the piece, or after 5 s if that is sooner.

    Parameters
    ----------
    events : iterable of int
        Classes 0 to 387.
    qpm : float
        Quarters per minute: how the beats are counted, not how fast it is.
    time_signature : (int, int) or None
        Numerator and denominator, or None to write none.
    program : int
        Given to every note.
    velocity : int
        Of notes before the first VELOCITY.

    Returns
    -------
    NoteSequence
        Sorted by start, then pitch. `total_time` is the end of the last
        note.

    Raises
    ------
    CourseError
        If a class or an argument is out of range.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    check_range("velocity", velocity, 1, 127)
    check_range("program", program, 0, 127)
    sequence = blank_sequence(qpm, time_signature)
    notes = sorted(_notes_of(events, velocity))
    for start, pitch, end, loudness in notes:
        sequence.notes.add(
            start_time=start / STEPS_PER_SECOND,
            end_time=end / STEPS_PER_SECOND,
            pitch=pitch,
            velocity=loudness,
            program=program,
        )
    end = max((note[2] for note in notes), default=0)
    sequence.total_time = end / STEPS_PER_SECOND
    return sequence


def _notes_of(
    events: Iterable[int], velocity: int
) -> Iterator[tuple[int, int, int, int]]:
    """Yield start step, pitch, end step and velocity, as notes end."""
    now = 0
    sounding: dict[int, deque] = defaultdict(deque)
    for event in events:
        kind, value = event_value(event)
        if kind == "TIME_SHIFT":
            now += value
        elif kind == "VELOCITY":
            velocity = bin_to_velocity(value)
        elif kind == "NOTE_ON":
            sounding[value].append((now, velocity))
        elif sounding[value]:
            start, loudness = sounding[value].popleft()
            if now > start:
                yield start, value, now, loudness
    longest = round(MAX_HANGING_S * STEPS_PER_SECOND)
    for pitch, hanging in sounding.items():
        for start, loudness in hanging:
            if now > start:
                yield start, pitch, min(now, start + longest), loudness
