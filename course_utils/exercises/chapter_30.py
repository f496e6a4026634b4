"""Exercises of chapter 30: waiting times, bars, velocities.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from collections.abc import Callable
from typing import Any

from course_utils.exercises.check import Wrong, exercise
from course_utils.symbolic.blank import blank_sequence

# Bytes, number, how many bytes it takes; the MIDI standard's own examples,
# each with something behind it.
QUANTITIES = (
    (b"\x00\x90", 0, 1),
    (b"\x40", 64, 1),
    (b"\x7f\x7f", 127, 1),
    (b"\x81\x00\x80", 128, 2),
    (b"\x83\x60\x90\x3c", 480, 2),
    (b"\xff\x7f", 16_383, 2),
    (b"\x81\x80\x00", 16_384, 3),
    (b"\xff\xff\xff\x7f\x00", 268_435_455, 4),
)
# Quarters, meter, bar and beat from 1.
POSITIONS = (
    (0.0, (4, 4), (1, 1)),
    (3.5, (4, 4), (1, 4)),
    (4.0, (4, 4), (2, 1)),
    (3.0, (3, 4), (2, 1)),
    (5.25, (3, 4), (2, 3)),
    (1.5, (3, 8), (2, 1)),
    (3.5, (7, 8), (2, 1)),
    (6.0, (3, 2), (2, 1)),
    (2.75, (6, 8), (1, 6)),
)


@exercise(
    "30.1",
    hints=(
        "Seven bits of each byte belong to the number: byte & 0x7F.",
        "Before the next seven bits are added, move the others up: << 7.",
        "Stop after the first byte whose top bit is 0, that is byte < 0x80.",
    ),
)
def read_quantity(answer: Callable[[bytes], tuple[int, int]]) -> None:
    """Take a function of bytes giving (number, bytes taken)."""
    for data, number, count in QUANTITIES:
        got = answer(data)
        if tuple(got) != (number, count):
            raise Wrong(
                f"{data.hex(' ')} begins with the number {number}, in "
                f"{count} bytes; your function says {got}."
            )


@exercise(
    "30.2",
    hints=(
        "How many beats have gone by? One beat is 4 / denominator quarters.",
        "divmod(beats, numerator) gives whole bars and what is left.",
        "Both count from 1, and both are whole numbers: int(...) + 1.",
    ),
)
def find_bar(answer: Callable[[float, int, int], tuple[int, int]]) -> None:
    """Take a function of (quarters, meter) giving bar and beat from 1."""
    for quarters, (numerator, denominator), expected in POSITIONS:
        got = answer(quarters, numerator, denominator)
        if tuple(got) != expected:
            raise Wrong(
                f"{quarters} quarters in {numerator}/{denominator} are bar "
                f"{expected[0]}, beat {expected[1]}; your function says "
                f"{got}."
            )


@exercise(
    "30.3",
    hints=(
        "Copy the sequence first: copy = type(decoded)(); "
        "copy.CopyFrom(decoded).",
        "For each note collect the primer's notes of the same pitch.",
        "min(same, key=lambda n: abs(n.start_time - note.start_time)) is the "
        "nearest; if there is none, leave the note alone.",
    ),
)
def restore_velocities(answer: Callable[[Any, Any], Any]) -> None:
    """Take a function of two sequences giving a third."""
    primer = _piece([(0.0, 60, 30), (1.0, 60, 90), (1.0, 64, 50)])
    decoded = _piece([(0.1, 60, 100), (0.9, 60, 100), (5.0, 64, 100)])
    decoded.notes.extend(_piece([(1.0, 72, 77)]).notes)
    untouched = decoded.SerializeToString()
    got = [note.velocity for note in answer(decoded, primer).notes]
    if decoded.SerializeToString() != untouched:
        raise Wrong("Your function changed `decoded` itself: copy it first.")
    if got[-1:] != [77]:
        raise Wrong("A pitch that the primer lacks must keep its velocity.")
    if got != [30, 90, 50, 77]:
        raise Wrong(f"The velocities should be [30, 90, 50, 77], not {got}.")


def _piece(rows: list[tuple[float, int, int]]) -> Any:
    """Return a sequence of half-second notes: start, pitch, velocity."""
    sequence = blank_sequence(120.0, None)
    for start, pitch, velocity in rows:
        sequence.notes.add(
            start_time=start,
            end_time=start + 0.5,
            pitch=pitch,
            velocity=velocity,
        )
    return sequence
