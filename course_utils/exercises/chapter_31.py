"""Exercises of chapter 31: levels of velocity, one step, what stays.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.check import Wrong, exercise
from course_utils.symbolic.performance import bin_to_velocity, velocity_to_bin
from course_utils.symbolic.polyphony import (
    STEP_END,
    continued_note,
    new_note,
)

SHARE_ATOL = 1e-9

# Struck and held pitches of one step.
STEPS = (
    ({60}, set()),
    (set(), {60}),
    (set(), set()),
    ({72, 48}, {60, 55}),
    ({60, 64}, {60, 67}),
    ({0}, {127}),
)


@exercise(
    "31.1",
    hints=(
        "Velocities 1 to 4 are level 1, 5 to 8 level 2, and so on.",
        "level = (velocity - 1) // 4 + 1",
        "The lowest velocity of a level is 1 + 4 * (level - 1).",
    ),
)
def velocity_level(answer: Callable[[int], int]) -> None:
    """Take a function of a velocity (1 to 127) giving another one."""
    for velocity in range(1, 128):
        expected = bin_to_velocity(velocity_to_bin(velocity))
        got = int(answer(velocity))
        if got != expected:
            raise Wrong(
                f"Velocity {velocity} is in level "
                f"{velocity_to_bin(velocity)} and comes back as {expected}; "
                f"your function says {got}."
            )


@exercise(
    "31.2",
    hints=(
        "All pitches of the step: struck | held. From high to low: sorted "
        "with reverse=True.",
        "A struck pitch p is number 3 + p, any other 131 + p.",
        "Put [2] at the end, also when nothing sounds.",
    ),
)
def one_step(answer: Callable[[set[int], set[int]], list[int]]) -> None:
    """Take a function of two sets of pitches giving a list of classes."""
    for struck, held in STEPS:
        expected = [
            new_note(pitch) if pitch in struck else continued_note(pitch)
            for pitch in sorted(struck | held, reverse=True)
        ]
        expected.append(STEP_END)
        got = answer(set(struck), set(held))
        if list(got) != expected:
            raise Wrong(
                f"Struck {struck or '{}'} and held {held or '{}'} is "
                f"{expected}; your function says {got}."
            )


@exercise(
    "31.3",
    hints=(
        "grid[1:] holds every step but the first, grid[:-1] all but the last.",
        "The mean of an array of True and False is the share of True.",
        "return np.mean(grid[1:] == grid[:-1])",
    ),
)
def unchanged(answer: Callable[[np.ndarray], float]) -> None:
    """Take a function of a grid (T, 4) giving a share, 0 to 1."""
    held = np.full((5, 4), 60)
    moving = np.arange(20).reshape(5, 4)
    mixed = np.array([[1, 2, 3, 4], [1, 2, 3, 5], [1, 0, 3, 5]])
    for grid, expected in ((held, 1.0), (moving, 0.0), (mixed, 6 / 8)):
        got = answer(grid.copy())
        if not abs(got - expected) < SHARE_ATOL:
            raise Wrong(
                f"Of the grid {grid.tolist()} a share of {expected} is "
                f"unchanged; your function says {got}."
            )
