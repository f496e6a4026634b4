"""The chorale grid: four voices, one pitch each, every sixteenth.

The grid of a chorale is an array of shape (T, 4): soprano, alto, tenor, bass,
MIDI pitch or -1 for a rest. It is the format of the JSB chorales (Boulanger-
Lewandowski et al., 2012, arXiv:1206.6392) with separated voices, on which
Coconet and the Music Transformer were measured.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.symbolic.blank import DEFAULT_VELOCITY, blank_sequence
from course_utils.symbolic.meter import STEPS_PER_QUARTER, quantise

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_VOICES = 4
VOICES = ("soprano", "alto", "tenor", "bass")
REST = -1
ENOUGH_MOVE = 2  # voices; see `struck_again`

LOSES = (
    "repeated notes: the same pitch again looks like a held one",
    "meter: there are no bar lines",
    "tempo: a step is a sixteenth, however long it lasts",
    "velocity and programs",
    "rhythm finer than a sixteenth, and triplets",
    "everything but four voices of one note each",
)


def sequence_to_grid(sequence: "NoteSequence") -> np.ndarray:
    """Sample four voices on the 16th grid.

    Parameters
    ----------
    sequence : NoteSequence
        Exactly four instruments beside drums. They are taken from high to
        low by their mean pitch, weighted by duration, so their order in the
        file does not matter.

    Returns
    -------
    np.ndarray, shape (T, 4), int64
        MIDI pitch, or -1. A voice that strikes a note while another sounds
        goes on with the new one.

    Raises
    ------
    CourseError
        If there are not four voices.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    quantised = quantise(sequence)
    column = {v: i for i, v in enumerate(_voices_of(sequence))}
    n_steps = quantised.total_quantized_steps
    grid = np.full((n_steps, N_VOICES), REST, np.int64)
    for note in sorted(quantised.notes, key=lambda note: note.start_time):
        if not note.is_drum:
            start, end = note.quantized_start_step, note.quantized_end_step
            voice = column[note.instrument]
            grid[start:, voice] = REST  # the note before ends here
            grid[start:end, voice] = note.pitch
    return grid


def _voices_of(sequence: "NoteSequence") -> list[int]:
    """Return the four instruments from high to low."""
    weights: dict[int, list[float]] = {}
    for note in sequence.notes:
        if not note.is_drum:
            length_s = max(note.end_time - note.start_time, 1e-9)
            total = weights.setdefault(note.instrument, [0.0, 0.0])
            total[0] += length_s * note.pitch
            total[1] += length_s
    if len(weights) != N_VOICES:
        raise CourseError(
            "a piece in four voices, one instrument each",
            f"{len(weights)} instruments",
            "choose a chorale, or encode it as polyphony events",
        )
    mean = {voice: total / s for voice, (total, s) in weights.items()}
    return sorted(mean, key=mean.__getitem__, reverse=True)


def check_grid(grid: np.ndarray) -> np.ndarray:
    """Return a grid as int64 with -1 for rests; NaN too is a rest.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches; rests are -1 or NaN.

    Returns
    -------
    np.ndarray, shape (T, 4), int64

    Raises
    ------
    CourseError
        If the shape is another, or a number is neither pitch nor rest.
    """
    grid = np.asarray(grid)
    if grid.ndim != 2 or grid.shape[1] != N_VOICES:
        raise CourseError(
            "a chorale grid of shape (T, 4)",
            f"shape {grid.shape}",
            "give one column each for soprano, alto, tenor and bass",
        )
    if np.issubdtype(grid.dtype, np.floating):
        grid = np.where(np.isnan(grid), REST, grid)
    grid = grid.astype(np.int64)
    if grid.size:
        check_range("lowest pitch of the grid", grid.min(), REST, 127)
        check_range("highest pitch of the grid", grid.max(), REST, 127)
    return grid


def grid_to_sequence(
    grid: np.ndarray,
    qpm: float = 120.0,
    time_signature: tuple[int, int] | None = None,
    velocity: int = DEFAULT_VELOCITY,
    programs: Sequence[int] = (0, 0, 0, 0),
    again: np.ndarray | None = None,
) -> "NoteSequence":
    """Turn a grid into notes; equal neighbours become one held note.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches; rests are -1 or NaN.
    qpm : float
        Quarters per minute.
    time_signature : (int, int) or None
        Numerator and denominator, or None to write none.
    velocity : int
        Given to every note.
    programs : sequence of four int
        One for each voice.
    again : np.ndarray of bool, shape (T, 4), optional
        Where a note begins although its pitch is that of its neighbour.

    Returns
    -------
    NoteSequence
        Instruments 0 (soprano) to 3 (bass), named after the voices.
        `total_time` is the end of the grid.

    Raises
    ------
    CourseError
        If the grid or an argument is out of range.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    grid = check_grid(grid)
    check_range("velocity", velocity, 1, 127)
    sequence = blank_sequence(qpm, time_signature)
    step_s = 60 / (qpm * STEPS_PER_QUARTER)
    for voice, name in enumerate(VOICES):
        check_range("program", programs[voice], 0, 127)
        sequence.instrument_infos.add(instrument=voice, name=name)
        struck = None if again is None else again[:, voice]
        for start, end in _runs_of(grid[:, voice], struck):
            sequence.notes.add(
                start_time=start * step_s,
                end_time=end * step_s,
                pitch=int(grid[start, voice]),
                velocity=velocity,
                program=programs[voice],
                instrument=voice,
            )
    sequence.total_time = len(grid) * step_s
    return sequence


def struck_again(grid: np.ndarray) -> np.ndarray:
    """Return where a held pitch of a grid is probably two notes.

    That is on beats on which two other voices move at least. In the
    embedded chorales Bach strikes a pitch that stays again in 64 % of such
    places where two others move and in 75 % where three do; it is 49 % where
    one does, 10 % where none does, and under 1 % off the beat.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches; the first row is on a beat.

    Returns
    -------
    np.ndarray of bool, shape (T, 4)
        False for the first row.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    again = np.zeros(grid.shape, bool)
    same, sounding = grid[1:] == grid[:-1], grid[1:] != REST
    lively = (~same & sounding).sum(axis=1) >= ENOUGH_MOVE
    on_beat = np.arange(1, len(grid)) % STEPS_PER_QUARTER == 0
    again[1:] = same & sounding & (lively & on_beat)[:, None]
    return again


def _runs_of(
    column: np.ndarray, again: np.ndarray | None
) -> list[tuple[int, int]]:
    """Return (start, end) of every stretch of one pitch, rests left out."""
    begins = np.diff(column) != 0
    if again is not None:
        begins = begins | again[1:]
    edges = np.flatnonzero(begins) + 1
    bounds = [0, *edges.tolist(), len(column)]
    return [
        (start, end)
        for start, end in pairwise(bounds)
        if end > start and column[start] != REST
    ]
