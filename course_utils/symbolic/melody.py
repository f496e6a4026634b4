"""The melody of a piece: one note at a time, the highest part.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.symbolic.chorale import REST
from course_utils.symbolic.meter import quantise

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TOGETHER_S = 0.02  # notes struck within this count as one chord


def melody_of(sequence: "NoteSequence") -> "NoteSequence":
    """Return the melody of a piece, its notes as they were.

    Of several parts the one with the highest mean pitch (weighted by
    duration) is taken; where it strikes a chord, the highest note.

    Parameters
    ----------
    sequence : NoteSequence
        Any number of parts; drums are not read.

    Returns
    -------
    NoteSequence
        The same tempos, meters and keys, and the melody's notes alone, in
        order. A note may still sound when the next begins.

    Raises
    ------
    CourseError
        If there is no pitched note.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    parts = defaultdict(list)
    for note in sequence.notes:
        if not note.is_drum:
            parts[note.instrument].append(note)
    if not parts:
        raise CourseError(
            "a piece with a melody",
            f"{len(sequence.notes)} notes, none of them pitched",
            "choose another piece; drums are not read",
        )
    highest = max(parts.values(), key=_mean_pitch)
    melody = type(sequence)()
    melody.CopyFrom(sequence)
    del melody.notes[:]
    melody.notes.extend(_top_notes(highest))
    return melody


def _mean_pitch(notes: list) -> float:
    """Return the mean pitch of notes, weighted by how long they sound."""
    lengths = [max(note.end_time - note.start_time, 1e-9) for note in notes]
    return float(np.average([note.pitch for note in notes], weights=lengths))


def _top_notes(notes: list) -> list:
    """Return the highest of each group of notes that are struck together."""
    top: list = []
    for note in sorted(notes, key=lambda n: (n.start_time, -n.pitch)):
        if top and note.start_time - top[-1].start_time < TOGETHER_S:
            if note.pitch > top[-1].pitch:
                top[-1] = note
            continue
        top.append(note)
    return top


def melody_to_row(melody: "NoteSequence") -> np.ndarray:
    """Sample a melody on the 16th grid.

    Parameters
    ----------
    melody : NoteSequence
        As `melody_of` returns it. A note that begins while another sounds
        ends it.

    Returns
    -------
    np.ndarray, shape (T,), int64
        MIDI pitch, or -1 for a rest; up to the end of the last note.
    """
    quantised = quantise(melody)
    notes = sorted(quantised.notes, key=lambda note: note.start_time)
    n_steps = max(note.quantized_end_step for note in notes)
    row = np.full(n_steps, REST, np.int64)
    for note in notes:
        start, end = note.quantized_start_step, note.quantized_end_step
        row[start:] = REST  # the note before ends here
        row[start:end] = note.pitch
    return row
