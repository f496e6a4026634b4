"""Pictures of attention: tables of numbers, and who looks at whom.

Taught in: notebooks/50_attention.ipynb
"""

from itertools import pairwise

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError
from course_utils.plots import style

LARGEST_DOT = 250.0  # points squared, for a weight of 1
STEP_LABEL = "time (sixteenth steps)"
MOST_SHADE = 0.7  # of the darkest blue, for what gets most attention
PITCH_MARGIN = 2  # semitones above and below


def plot_numbers(
    numbers: np.ndarray, title: str = "", *, ax: Axes | None = None
) -> Axes:
    """Draw a small table of whole numbers, one colour a number.

    Parameters
    ----------
    numbers : np.ndarray, shape (rows, columns)
        NaN is left empty.
    title : str
        Written above.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
    """
    ax = ax if ax is not None else plt.subplots()[1]
    numbers = np.atleast_2d(np.asarray(numbers, dtype=float))
    most = np.nanmax(numbers) * 1.6
    ax.imshow(numbers, cmap="Blues", vmin=-2, vmax=most, origin="upper")
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            ax.text(column, row, f"{number:.0f}", ha="center", va="center")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.set_title(title, fontsize="medium")
    return ax


def plot_gaze(
    weights: np.ndarray,
    places: np.ndarray,
    query: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw events on a score, each as large as the attention it gets.

    Parameters
    ----------
    weights : np.ndarray, shape (K,)
        Attention that each event gets from one query; they add up to 1.
    places : np.ndarray, shape (K, 2)
        Sixteenth step and MIDI pitch of each event.
    query : int
        Which event looks; it is drawn as a cross.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is not one weight a place.
    """
    if len(weights) != len(places):
        raise CourseError(
            "one weight a place",
            f"{len(weights)} weights and {len(places)} places",
            "cut both to the same events",
        )
    ax = ax if ax is not None else plt.subplots()[1]
    steps, pitches = np.asarray(places).T
    ax.plot(steps, pitches, ".", color="0.8", markersize=4, zorder=1)
    sizes = LARGEST_DOT * np.asarray(weights)
    ax.scatter(steps, pitches, sizes, color=style.COLOURS[0], zorder=2)
    mark = {"color": style.COLOURS[1], "markersize": 9, "zorder": 3}
    ax.plot(steps[query], pitches[query], "x", markeredgewidth=2.5, **mark)
    ax.set(xlabel=STEP_LABEL, ylabel="pitch (MIDI)")
    return ax


def plot_gaze_on_score(
    weights: np.ndarray,
    grid: np.ndarray,
    decided: int,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Shade a score: the more attention a sixteenth gets, the darker.

    Parameters
    ----------
    weights : np.ndarray, shape (T,)
        Attention that each sixteenth gets.
    grid : np.ndarray, shape (T, 4)
        MIDI pitches, -1 for a rest.
    decided : int
        The sixteenth that is decided; a dashed line is drawn where it
        begins.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is not one weight a sixteenth.

    Taught in: notebooks/52_transformer_composing.ipynb
    """
    weights, grid = np.asarray(weights, dtype=float), np.asarray(grid)
    if len(weights) != len(grid):
        raise CourseError(
            "one weight a sixteenth",
            f"{len(weights)} weights and {len(grid)} sixteenths",
            "cut both to the same sixteenths",
        )
    ax = ax if ax is not None else plt.subplots()[1]
    sung = grid[grid >= 0]
    low, high = sung.min() - PITCH_MARGIN, sung.max() + PITCH_MARGIN
    most = max(weights.max(), 1e-9) / MOST_SHADE
    look = {"cmap": "Blues", "interpolation": "nearest", "zorder": 0}
    edges = (0, len(grid), low, high)
    ax.imshow(weights[None], extent=edges, vmin=0, vmax=most, **look)
    notes = [note for column in grid.T for note in _notes_of(column)]
    starts, ends, pitches = np.transpose(notes)
    ax.hlines(pitches, starts + 0.1, ends - 0.1, "0.25", linewidth=3)
    ax.axvline(decided, color=style.COLOURS[1], linestyle="--")
    ax.set(xlim=(0, len(grid)), ylim=(low, high))
    ax.set(xlabel=STEP_LABEL, ylabel="pitch (MIDI)")
    return ax


def _notes_of(column: np.ndarray) -> list[tuple[int, int, int]]:
    """Return start, end and pitch of every note of one voice, (T,)."""
    edges = np.flatnonzero(np.diff(column, prepend=-2))
    return [
        (start, end, column[start])
        for start, end in pairwise([*edges, len(column)])
        if column[start] >= 0
    ]
