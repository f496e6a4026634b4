"""Count the faults of four-part writing: is it written as Bach would?

Parallel fifths and octaves, notes out of range, crossed voices and wide
gaps, per 100 chords. Every rule is broken by Bach now and then, so the number
to compare with is his own; random notes in his rhythm are the other end.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections.abc import Iterable
from itertools import combinations

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.symbolic.chorale import N_VOICES, REST, check_grid

OCTAVE, FIFTH = 12, 7  # semitones
# Lowest and highest pitch: soprano C4-A5, alto G3-D5, tenor C3-A4, bass F2-D4.
RANGES = ((60, 81), (55, 74), (48, 69), (41, 62))


def count_faults(grid: np.ndarray) -> dict[str, int]:
    """Count what a teacher of harmony would mark in one piece.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches of soprano, alto, tenor, bass; rests are -1 or NaN.

    Returns
    -------
    dict
        `n_chords`: the grid is cut wherever a voice changes, so a passing
        note makes a new chord; silence is none.

        `parallel_fifths`, `parallel_octaves`: per pair of voices and change
        of chord. Both voices move, in the same direction, from one perfect
        fifth to the next, or from one octave or unison to the next; octaves
        more or less do not matter. Not counted: held or repeated notes,
        contrary motion, hidden fifths, and what has a rest between.

        `out_of_range`: per voice and chord, beyond `RANGES`.

        `crossings`: per chord and pair of neighbours, the lower voice above
        the higher one. `wide_spacing`: the same, soprano and alto or alto
        and tenor more than an octave apart.

    Raises
    ------
    CourseError
        If it is not a chorale grid.

    References
    ----------
    The rules are in every textbook, such as Aldwell & Schachter, Harmony and
    Voice Leading, or Piston, Harmony. They differ by some notes in the
    ranges. `RANGES` are those of the course Harmony at tpub.com/harmony,
    chapter 1; they have the widths of US Army Subcourse MU 3310, Traditional
    Harmony I (1987): a thirteenth, for the alto a twelfth.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    chords = _chords(check_grid(grid))
    sounds = chords != REST
    low, high = np.transpose(RANGES)
    outside = sounds & ((chords < low) | (chords > high))
    both = sounds[:, :-1] & sounds[:, 1:]
    gap = chords[:, :-1] - chords[:, 1:]
    wide = both & (gap > OCTAVE)
    return {
        "n_chords": int(sounds.any(axis=1).sum()),
        "parallel_fifths": _parallels(chords, FIFTH),
        "parallel_octaves": _parallels(chords, 0),
        "out_of_range": int(outside.sum()),
        "crossings": int((both & (gap < 0)).sum()),
        "wide_spacing": int(wide[:, :2].sum()),  # the bass may be far below
    }


def _chords(grid: np.ndarray) -> np.ndarray:
    """Return the rows at which a voice changes, (K, 4)."""
    changes = np.ones(len(grid), bool)
    changes[1:] = (np.diff(grid, axis=0) != 0).any(axis=1)
    return grid[changes]


def _parallels(chords: np.ndarray, interval: int) -> int:
    """Count the parallels at one interval class, over all pairs of voices."""
    n_parallels = 0
    for voices in combinations(range(N_VOICES), 2):
        pair = chords[:, voices]
        apart = np.abs(pair[:, 0] - pair[:, 1]) % OCTAVE == interval
        apart &= (pair != REST).all(axis=1)
        first, second = np.diff(pair, axis=0).T
        together = first * second > 0
        same = (first - second) % OCTAVE == 0  # no: a fifth turned over
        n_parallels += int((apart[:-1] & apart[1:] & together & same).sum())
    return n_parallels


def faults_per_100_chords(grids: Iterable[np.ndarray]) -> dict[str, float]:
    """Say how often faults come, so that sets of any size compare.

    Parameters
    ----------
    grids : iterable of np.ndarray, each of shape (T, 4)
        See `count_faults`. Faults and chords are summed over all pieces
        before they are divided, so long pieces weigh more.

    Returns
    -------
    dict
        The faults of `count_faults`. One chord can have several, so more
        than 100 are possible.

    Raises
    ------
    CourseError
        If there is no chord at all, or something is not a chorale grid.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    counts = [count_faults(grid) for grid in grids]
    n_chords = sum(count.pop("n_chords") for count in counts)
    if not n_chords:
        raise CourseError(
            "pieces with at least one chord",
            f"{len(counts)} pieces without any",
            "give grids in which a voice sounds",
        )
    return {
        fault: 100 * sum(count[fault] for count in counts) / n_chords
        for fault in counts[0]
    }


def random_harmony(grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Harmonise a melody blindly: right notes and rhythm, no leading.

    Each note of the alto, tenor and bass becomes one of the notes that this
    voice has in this piece, drawn as often as it has them, but never the one
    just before: that would be one longer note.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitches; rests are -1 or NaN.
    rng : np.random.Generator
        Draws the notes.

    Returns
    -------
    np.ndarray, shape (T, 4), int64
        Soprano, rests, and the steps at which each voice changes are those
        of `grid`.

    Raises
    ------
    CourseError
        If it is not a chorale grid.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    harmony = check_grid(grid).copy()
    for voice in range(1, N_VOICES):
        harmony[:, voice] = _redraw(harmony[:, voice], rng)
    return harmony


def _redraw(column: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw every note of one voice anew, (T,)."""
    starts = np.flatnonzero(np.diff(column, prepend=REST - 1))
    notes = column[starts]
    sung = notes[notes != REST]
    for i in np.flatnonzero(notes != REST):
        before = notes[i - 1] if i else REST
        notes[i] = rng.choice(sung[sung != before])
    return np.repeat(notes, np.diff(starts, append=len(column)))
