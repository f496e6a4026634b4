"""MIDI in, melody with harmony out: three voices under a given melody.

The notes of the melody stay as they are. The network sings along on the 16th
grid and composes alto, tenor and bass (`sampling.harmony`); they get the
tempos, the meter and the loudness of the melody.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.basics.runtime import torch_rng
from course_utils.recipes.music_transformer import load_model
from course_utils.sampling.harmony import Taste, harmonise
from course_utils.symbolic.blank import DEFAULT_VELOCITY
from course_utils.symbolic.chorale import (
    REST,
    VOICES,
    grid_to_sequence,
    struck_again,
)
from course_utils.symbolic.chorale_classes import (
    HIGHEST,
    LOWEST,
    REST_CLASS,
    classes_to_grid,
)
from course_utils.symbolic.melody import melody_of, melody_to_row
from course_utils.symbolic.meter import (
    STEPS_PER_QUARTER,
    quarters_to_seconds,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

OCTAVE = 12
USUAL_MEAN = 70  # of sopranos; a melody is sung in the octave nearest to it
LIGHTER = 0.85  # velocity of the composed voices, of the melody's
SOON_S = 0.03  # a note of the melody that begins so late counts already
N_CANDIDATES, N_VERSIONS = 4, 8
USUAL = Taste()


@dataclass(frozen=True)
class Candidate:
    """One harmony, and what the network thinks of it.

    Parameters
    ----------
    sequence : NoteSequence
        The melody, and three voices of its own.
    grid : np.ndarray, shape (T, 4)
        The same on the 16th grid, MIDI pitches, -1 for a rest.
    nll : float
        Nats a note of the grid, melody and harmony: low is likely.
    shift : int
        Semitones that the melody was moved by while it was harmonised.
    """

    sequence: "NoteSequence"
    grid: np.ndarray
    nll: float
    shift: int = 0


def harmonise_piece(
    checkpoint: Path | str | None,
    piece: "NoteSequence",
    *,
    taste: Taste = USUAL,
    seed: int = 0,
    n_candidates: int = N_CANDIDATES,
    n_versions: int = N_VERSIONS,
) -> list[Candidate]:
    """Compose alto, tenor and bass under the melody of a piece.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `music_transformer.load_model`.
    piece : NoteSequence
        Its melody is taken (see `symbolic.melody`).
    taste : Taste
        How the voices are drawn.
    seed : int
        The same seed gives the same harmony.
    n_candidates, n_versions : int
        See `sampling.harmony.harmonise`.

    Returns
    -------
    list of Candidate
        The likeliest first.

    Raises
    ------
    CourseError
        If there is no melody, or it spans more than the chorales do.
    """
    model, _ = load_model(checkpoint, "chorale")
    melody = melody_of(piece)
    row, shift = melody_to_classes(melody)
    classes, nll = harmonise(
        model,
        row,
        n_candidates=n_candidates,
        n_versions=n_versions,
        taste=taste,
        rng=torch_rng(seed),
    )
    grids = [classes_to_grid(c) for c in classes]
    grids = [move_back(grid, shift) for grid in grids]
    return [
        Candidate(under_melody(melody, grid), grid, float(n), shift)
        for grid, n in zip(grids, nll, strict=True)
    ]


def melody_to_classes(melody: "NoteSequence") -> tuple[Tensor, int]:
    """Return a melody as classes, (T,), and how far it was moved for that.

    It is moved by octaves until its mean is nearest to a soprano's; where
    it does not fit there, to the nearest place in which it does.

    Raises
    ------
    CourseError
        If it spans more than the pitches of the chorales.
    """
    row = melody_to_row(melody)
    pitches = row[row != REST]
    low, high = LOWEST - pitches.min(), HIGHEST - pitches.max()
    if low > high:
        raise CourseError(
            f"a melody within {HIGHEST - LOWEST} semitones",
            f"one from {pitches.min()} to {pitches.max()}",
            "choose a melody for one voice",
        )
    wish = USUAL_MEAN - pitches.mean()
    shift = int(OCTAVE * np.round(wish / OCTAVE))
    shift = int(np.clip(shift, low, high))
    moved = np.where(row == REST, REST_CLASS, row + shift - LOWEST + 1)
    return torch.from_numpy(moved), shift


def move_back(grid: np.ndarray, shift: int) -> np.ndarray:
    """Return a grid as high as its melody was, all of it within MIDI.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches, -1 for a rest.
    shift : int
        Semitones that the melody was moved by. A lower voice that would
        leave the range of MIDI is moved by octaves until it does not.
    """
    moved = grid - shift
    for voice in range(1, grid.shape[1]):
        sounding = moved[grid[:, voice] != REST, voice]
        if sounding.size:
            low, high = int(sounding.min()), int(sounding.max())
            octaves = -(low // OCTAVE) if low < 0 else 0
            octaves -= -(-(high - 127) // OCTAVE) if high > 127 else 0
            moved[:, voice] += OCTAVE * octaves
    return np.where(grid == REST, REST, moved)


def under_melody(melody: "NoteSequence", grid: np.ndarray) -> "NoteSequence":
    """Return a melody, its notes unchanged, with the lower voices of a grid.

    Parameters
    ----------
    melody : NoteSequence
        Becomes instrument 0.
    grid : np.ndarray, shape (T, 4)
        Its last three columns are written as instruments 1 to 3, from the
        melody's beginning on, along its tempos.
    """
    piece = type(melody)()
    piece.CopyFrom(melody)
    del piece.instrument_infos[:], piece.part_infos[:]
    for note in piece.notes:
        note.instrument = 0
    for voice, name in enumerate(VOICES):
        piece.instrument_infos.add(instrument=voice, name=name)
    add_voices(piece, grid, range(1, len(VOICES)))
    struck = np.array([note.start_time for note in melody.notes])
    for note in piece.notes:
        if note.instrument:
            place = np.searchsorted(struck, note.start_time + SOON_S) - 1
            above = melody.notes[max(int(place), 0)]
            note.velocity = max(1, round(LIGHTER * above.velocity))
            note.program = above.program
    end_s = quarters_to_seconds(melody, len(grid) / STEPS_PER_QUARTER)
    piece.total_time = max(melody.total_time, float(end_s))
    return piece


def add_voices(
    piece: "NoteSequence",
    grid: np.ndarray,
    voices: Iterable[int],
    velocity: int = DEFAULT_VELOCITY,
    program: int = 0,
) -> None:
    """Add some voices of a grid to a piece, along its tempos, in place.

    The grid does not say whether a pitch that stays is struck again; see
    `symbolic.chorale.struck_again`.

    Parameters
    ----------
    piece : NoteSequence
        A voice becomes the instrument of its number.
    grid : np.ndarray, shape (T, 4)
        MIDI pitches, -1 for a rest.
    voices : iterable of int
        0 (soprano) to 3 (bass).
    velocity, program : int
        Of all notes.
    """
    chosen = set(voices)
    again = struck_again(grid)
    in_quarters = grid_to_sequence(grid, qpm=60.0, again=again)
    for note in in_quarters.notes:
        if note.instrument in chosen:
            edges = np.array([note.start_time, note.end_time])
            start_s, end_s = quarters_to_seconds(piece, edges)
            piece.notes.add(
                pitch=note.pitch,
                start_time=start_s,
                end_time=end_s,
                velocity=velocity,
                program=program,
                instrument=note.instrument,
            )
