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
MOST_SHADE = 0.85  # opacity of what gets most attention
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
    shades = MOST_SHADE * weights / max(weights.max(), 1e-9)
    for step in np.flatnonzero(shades > 0.01):
        look = {"color": style.COLOURS[4], "linewidth": 0, "zorder": 0}
        ax.axvspan(step, step + 1, alpha=shades[step], **look)
    for voice in range(grid.shape[1]):
        edges = np.flatnonzero(np.diff(grid[:, voice], prepend=-2))
        for start, end in pairwise([*edges, len(grid)]):
            if grid[start, voice] >= 0:
                ends = (start + 0.1, end - 0.1)
                ax.hlines(grid[start, voice], *ends, "0.25", linewidth=3)
    mark = {"color": style.COLOURS[1], "linestyle": "--"}
    ax.axvline(decided, **mark)
    sung = grid[grid >= 0]
    ax.set(xlim=(0, len(grid)), xlabel=STEP_LABEL, ylabel="pitch (MIDI)")
    ax.set_ylim(sung.min() - PITCH_MARGIN, sung.max() + PITCH_MARGIN)
    return ax
