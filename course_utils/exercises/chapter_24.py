"""Exercises of chapter 24: back onto the sphere, octaves, a mix.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math
from collections.abc import Callable

import numpy as np

from course_utils.basics.runtime import numpy_rng
from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

RTOL = 1e-4
ATOL = 1e-5


@exercise(
    "24.1",
    hints=(
        "Draw both arrows, and the line between their tips. The middle of "
        "the line is one corner of a triangle with a right angle.",
        "Half of the angle lies at the origin; the arrow is the hypotenuse.",
        "The middle lies at cos(angle / 2) times the length of an arrow.",
    ),
)
def back_to_sphere(answer: Callable[[float], float]) -> None:
    """Take a function of the angle in degrees giving a factor."""
    for angle_deg in (0.0, 60.0, 90.0, 120.0, 170.0):
        got = answer(angle_deg)
        if got is None:
            raise Wrong(NO_ANSWER)
        expected = 1 / math.cos(math.radians(angle_deg) / 2)
        if math.isclose(got, expected, rel_tol=RTOL):
            continue
        where = f"At {angle_deg:g} degrees"
        if math.isclose(got, 1 / expected, rel_tol=RTOL):
            raise Wrong(
                f"{where} that is how much shorter the middle is. Asked is "
                "the factor that undoes it."
            )
        raise Wrong(f"{where} expected {expected:.4f}, got {got:.4f}.")


@exercise(
    "24.2",
    hints=(
        "Pitches that differ by 12 have the same name.",
        "List all pitches from low to high whose difference from the pitch "
        "is a multiple of 12.",
        "Of those take the one with the smallest distance: min(..., key=...).",
    ),
)
def into_range(answer: Callable[[int, int, int], int | None]) -> None:
    """Take a function of (pitch, low, high) giving the moved pitch."""
    for pitch, low, high, expected in (
        (60, 48, 84, 60),
        (36, 48, 84, 48),
        (40, 48, 84, 52),
        (100, 48, 84, 76),
        (84, 48, 84, 84),
        (59, 60, 65, None),
    ):
        got = answer(pitch, low, high)
        where = f"Pitch {pitch} into {low} to {high}"
        if expected is None:
            if got is not None:
                raise Wrong(f"{where}: no octave of it is there; say None.")
            continue
        if got is None:
            raise Wrong(f"{where}: expected {expected}, got None.")
        if (got - pitch) % 12:
            raise Wrong(f"{where}: {got} has another name than {pitch}.")
        if not low <= got <= high:
            raise Wrong(f"{where}: {got} lies outside.")
        if got != expected:
            raise Wrong(f"{where}: {expected} is nearer than {got}.")


@exercise(
    "24.3",
    hints=(
        "The mix must reach to the end of the note that ends last.",
        "Add each note with mix[start : start + len(note)] += note.",
        "Only if the highest absolute value is above the peak, multiply the "
        "whole mix by peak / highest.",
    ),
)
def mix(answer: Callable[[list, list, float], object]) -> None:
    """Take a function of (notes, starts, peak) giving the mix."""
    rng = numpy_rng(24)
    notes = [0.2 * rng.uniform(-1, 1, n) for n in (50, 80, 10)]
    starts = [0, 20, 30]
    _check_mix(answer, notes, starts, 0.9)
    _check_mix(answer, [6 * note for note in notes], starts, 0.9)


def _check_mix(
    answer: Callable, notes: list[np.ndarray], starts: list[int], peak: float
) -> None:
    """Compare one mix with the sum of its notes."""
    ends = [s + len(note) for s, note in zip(starts, notes, strict=True)]
    total = np.zeros(max(ends))
    for start, note in zip(starts, notes, strict=True):
        total[start : start + len(note)] += note
    given = [note.copy() for note in notes]
    got = answer(given, list(starts), peak)
    if got is None:
        raise Wrong(NO_ANSWER)
    got = np.asarray(got, float)
    if got.shape != total.shape:
        raise Wrong(
            f"The last note ends at sample {len(total)}; the mix has shape "
            f"{got.shape}."
        )
    loudest = np.abs(total).max()
    if np.allclose(got, total * min(1, peak / loudest), atol=ATOL):
        return
    if np.allclose(got, total, atol=ATOL):
        raise Wrong(f"The mix reaches {loudest:.2f}: a player would clip it.")
    if np.allclose(got, total.clip(-peak, peak), atol=ATOL):
        raise Wrong("Clipping bends the wave; use one factor for the whole.")
    if np.allclose(got, total * peak / loudest, atol=ATOL):
        raise Wrong("A mix below the peak keeps its level: never turn it up.")
    raise Wrong("The samples are not the sum of the notes at their starts.")
