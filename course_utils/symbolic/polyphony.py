"""Polyphony events: what sounds in each sixteenth, as 259 kinds of token.

A piece is START, then for every step its pitches from high to low, each as
NEW_NOTE or CONTINUED_NOTE, closed by STEP_END, then END. A quarter note C4
over a held G3 is, in its first two sixteenths::

    NEW_NOTE C4, CONTINUED_NOTE G3, STEP_END,
    CONTINUED_NOTE C4, CONTINUED_NOTE G3, STEP_END

The scheme is that of Magenta's polyphony_rnn (after BachBot, Liang 2016);
the code is our own, for note-seq does not contain it.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.pitch import midi_to_name
from course_utils.symbolic.blank import DEFAULT_VELOCITY, blank_sequence
from course_utils.symbolic.meter import quantise
from course_utils.symbolic.pedal import apply_pedal

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

START, END, STEP_END = 0, 1, 2
N_PITCHES = 128
FIRST_NEW_NOTE = 3
FIRST_CONTINUED_NOTE = FIRST_NEW_NOTE + N_PITCHES
N_CLASSES = FIRST_CONTINUED_NOTE + N_PITCHES  # 259
MAX_STEPS = 200_000  # 50 minutes at 1,000 quarters per minute

LOSES = (
    "meter: there are no bar lines; the reader must bring them",
    "tempo: a step is a sixteenth, however long it lasts",
    "velocity: every note is equally loud",
    "programs and parts: all notes are one part; unisons become one note",
    "rhythm finer than a sixteenth, and triplets",
    "drums, pitch bends, and the pedal as such (it lengthens notes instead)",
    "the end of a note whose pitch is struck again while it sounds",
)


@dataclass(frozen=True)
class PolyphonyConfig:
    """The grid, and what the events cannot say and decoding must be told."""

    steps_per_quarter: int = 4
    qpm: float = 120.0  # quarters per minute
    time_signature: tuple[int, int] | None = None  # None: none is written
    velocity: int = DEFAULT_VELOCITY
    program: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that no sequence can have."""
        check_range("steps per quarter", self.steps_per_quarter, 1, 96)
        check_range("velocity", self.velocity, 1, 127)
        check_range("program", self.program, 0, 127)


def new_note(pitch: int) -> int:
    """Return the event that strikes a MIDI pitch (0 to 127)."""
    check_range("pitch", pitch, 0, N_PITCHES - 1)
    return FIRST_NEW_NOTE + int(pitch)


def continued_note(pitch: int) -> int:
    """Return the event that holds a MIDI pitch (0 to 127)."""
    check_range("pitch", pitch, 0, N_PITCHES - 1)
    return FIRST_CONTINUED_NOTE + int(pitch)


def event_pitch(event: int) -> int | None:
    """Return the MIDI pitch of a note event, else None."""
    if event < FIRST_NEW_NOTE:
        return None
    return (event - FIRST_NEW_NOTE) % N_PITCHES


def event_name(event: int) -> str:
    """Return an event as a reader would write it, such as NEW_NOTE C4."""
    check_range("polyphony event", event, 0, N_CLASSES - 1)
    if event < FIRST_NEW_NOTE:
        return ("START", "END", "STEP_END")[event]
    is_new = event < FIRST_CONTINUED_NOTE
    kind = "NEW_NOTE" if is_new else "CONTINUED_NOTE"
    return f"{kind} {midi_to_name(event_pitch(event))}"


def count_notes(events: Iterable[int]) -> int:
    """Return how many notes begin in a list of events."""
    return sum(
        FIRST_NEW_NOTE <= event < FIRST_CONTINUED_NOTE for event in events
    )


def sequence_to_events(
    sequence: "NoteSequence", steps_per_quarter: int = 4, pedal: bool = True
) -> list[int]:
    """Encode a piece; drums are not read.

    Parameters
    ----------
    sequence : NoteSequence
        With any number of parts, tempos and time signatures.
    steps_per_quarter : int
        The grid; 4 is a sixteenth.
    pedal : bool
        True writes the pedal into the lengths of the notes first.

    Returns
    -------
    list of int, length L
        Classes 0 to 258, from START to END. Silence, at either end too, is
        steps with STEP_END alone.

    Raises
    ------
    CourseError
        If no pitched note is there, or the piece has too many steps.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    struck, sounding = sequence_to_roll(sequence, steps_per_quarter, pedal)
    # Pitches fall within a step, and column 128 is the end of the step.
    kind = np.where(struck, FIRST_NEW_NOTE, FIRST_CONTINUED_NOTE)
    classes = (kind + np.arange(N_PITCHES))[:, ::-1]
    n_steps = len(classes)
    classes = np.column_stack([classes, np.full(n_steps, STEP_END)])
    present = np.column_stack([sounding[:, ::-1], np.ones(n_steps, bool)])
    return [START, *classes[present].tolist(), END]


def sequence_to_roll(
    sequence: "NoteSequence", steps_per_quarter: int = 4, pedal: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is struck, and what sounds, in each step.

    Parameters
    ----------
    sequence, steps_per_quarter, pedal
        See `sequence_to_events`.

    Returns
    -------
    struck, sounding : np.ndarray, shape (T, P), bool
        T steps by P = 128 pitches. A struck pitch also sounds.

    Raises
    ------
    CourseError
        If no pitched note is there, or the piece has too many steps.
    """
    sequence = apply_pedal(sequence) if pedal else sequence
    quantised = quantise(sequence, steps_per_quarter)
    notes = [note for note in quantised.notes if not note.is_drum]
    if not notes:
        raise CourseError(
            "at least one pitched note to encode",
            f"{len(sequence.notes)} notes, none of them pitched",
            "choose another piece; drums are not read",
        )
    n_steps = quantised.total_quantized_steps
    check_range("steps of the piece", n_steps, 1, MAX_STEPS)
    struck = np.zeros((n_steps, N_PITCHES), bool)
    sounding = np.zeros((n_steps, N_PITCHES), bool)
    for note in notes:
        start, end = note.quantized_start_step, note.quantized_end_step
        struck[start, note.pitch] = True
        sounding[start:end, note.pitch] = True
    return struck, sounding


def steps_of(events: Iterable[int]) -> Iterator[dict[int, bool]]:
    """Cut events into steps, forgiving what a young network may write.

    Rules: START is passed over wherever it stands; END ends the piece; a
    last step without STEP_END counts if it has a note; the order within a
    step does not matter; of two events of one pitch a NEW_NOTE wins.

    Yields
    ------
    dict of int to bool
        Pitch -> True if it is struck, False if it is held.

    Raises
    ------
    CourseError
        If a number is no class of this encoding.
    """
    step: dict[int, bool] = {}
    for event in events:
        check_range("polyphony event", event, 0, N_CLASSES - 1)
        if event == END:
            break
        if event == STEP_END:
            yield step
            step = {}
        elif event >= FIRST_NEW_NOTE:
            pitch = event_pitch(event)
            is_new = event < FIRST_CONTINUED_NOTE
            step[pitch] = is_new or step.get(pitch, False)
    if step:
        yield step


def events_to_sequence(
    events: Iterable[int],
    qpm: float = 120.0,
    time_signature: tuple[int, int] | None = None,
    velocity: int = DEFAULT_VELOCITY,
    program: int = 0,
    steps_per_quarter: int = 4,
) -> "NoteSequence":
    """Decode events; what they do not say comes as arguments.

    Any list of classes can be decoded (see `steps_of`). A CONTINUED_NOTE
    whose pitch did not sound in the step before strikes it. Every note ends:
    at the first step that does not continue it, or with the last step.

    Parameters
    ----------
    events : iterable of int
        Classes 0 to 258.
    qpm : float
        Quarters per minute.
    time_signature : (int, int) or None
        Numerator and denominator. None writes none, and MIDI programs will
        then show 4/4.
    velocity, program : int
        Given to every note.
    steps_per_quarter : int
        The grid of the events.

    Returns
    -------
    NoteSequence
        Notes of at least one step, sorted by start, high before low.
        `total_time` is the end of the last step, silent or not.

    Raises
    ------
    CourseError
        If a class or an argument is out of range.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    config = PolyphonyConfig(
        steps_per_quarter, qpm, time_signature, velocity, program
    )
    sequence = blank_sequence(qpm, time_signature)
    step_s = 60 / (qpm * config.steps_per_quarter)
    steps = list(steps_of(events))
    for start, end, pitch in notes_of(steps):
        sequence.notes.add(
            start_time=start * step_s,
            end_time=end * step_s,
            pitch=pitch,
            velocity=velocity,
            program=program,
        )
    sequence.total_time = len(steps) * step_s
    return sequence


def notes_of(steps: list[dict[int, bool]]) -> list[tuple[int, int, int]]:
    """Return (start step, end step, pitch), sorted, high before low.

    `steps` are those of `steps_of`; every note lasts at least one step.
    """
    notes = []
    begun: dict[int, int] = {}
    for now, step in enumerate([*steps, {}]):
        for pitch in list(begun):
            if step.get(pitch, True):  # absent, or struck anew
                notes.append((begun.pop(pitch), now, pitch))
        for pitch in step:
            begun.setdefault(pitch, now)
    return sorted(notes, key=lambda note: (note[0], -note[2]))
