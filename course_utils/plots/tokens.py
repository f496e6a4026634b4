"""Pictures of the tokens that stand for notes, drawn over the notes.

Axes of pictures: time in seconds or sixteenth steps, pitch as MIDI number
(60 is C4). Every function draws on `ax` (a new one if None) and returns it.

Taught in: notebooks/31_event_tokens.ipynb
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.plots import style
from course_utils.plots.symbolic import (
    NOTE_HEIGHT,
    TIME_LABEL,
    check_notes,
    frame_pitches,
)
from course_utils.symbolic import performance, polyphony
from course_utils.symbolic.chorale import VOICES

STEP_LABEL = "time (sixteenth steps)"
LEVEL_GAP = 0.03  # of the width; closer numbers would overlap


def plot_polyphony_events(
    events: list[int], *, ax: Axes | None = None, n_steps: int = 32
) -> Axes:
    """Draw each polyphony token as a cell: struck dark, held light.

    Parameters
    ----------
    events : list of int
        Classes 0 to 258, of `symbolic.polyphony`.
    ax : Axes, optional
        A new one if None.
    n_steps : int
        How many steps to draw, from the first.

    Returns
    -------
    Axes
        Dotted lines are the STEP_END tokens.
    """
    ax = ax if ax is not None else plt.subplots()[1]
    steps = list(polyphony.steps_of(events))[:n_steps]
    cells = [(t, p, new) for t, s in enumerate(steps) for p, new in s.items()]
    check_notes(cells)
    for step, pitch, is_new in cells:
        ax.add_patch(_cell(step, pitch, is_new))
    for step in range(1, len(steps) + 1):
        ax.axvline(step, color="0.8", linestyle=":", linewidth=0.7, zorder=0)
    handles = [_cell(0, 0, True), _cell(0, 0, False)]
    names = ["NEW_NOTE", "CONTINUED_NOTE"]
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1))
    pitches = [pitch for _, pitch, _ in cells]
    frame_pitches(ax, pitches, (0, len(steps)), STEP_LABEL)
    return ax


def _cell(step: int, pitch: int, is_new: bool) -> Rectangle:
    """Return the cell of one note token."""
    return Rectangle(
        (step, pitch - NOTE_HEIGHT / 2),
        1,
        NOTE_HEIGHT,
        facecolor=style.COLOURS[0] if is_new else (style.COLOURS[4], 0.35),
        edgecolor=style.COLOURS[0],
        linewidth=0.6,
        hatch=None if is_new else "////",
    )


def plot_performance_events(
    events: list[int], *, ax: Axes | None = None, end_s: float = 4.0
) -> Axes:
    """Draw performance tokens where they act: key down, key up, new level.

    Parameters
    ----------
    events : list of int
        Classes 0 to 387, of `symbolic.performance`.
    ax : Axes, optional
        A new one if None.
    end_s : float
        Draw until this time, in seconds.

    Returns
    -------
    Axes
        Triangles: NOTE_ON; crosses: NOTE_OFF; thin lines: the moments
        between which TIME_SHIFT waits; numbers above: the level of VELOCITY
        (of several close together only the first is named).
    """
    ax = ax if ax is not None else plt.subplots()[1]
    found: dict[str, list[tuple[float, int]]] = {}
    now = 0.0
    for event in events:
        kind, value = performance.event_value(event)
        if kind == "TIME_SHIFT":
            now += value / performance.STEPS_PER_SECOND
        if now < end_s:
            found.setdefault(kind, []).append((now, value))
    check_notes(found.get("NOTE_ON", []))
    for kind, marker in (("NOTE_ON", ">"), ("NOTE_OFF", "x")):
        points = np.array(found.get(kind, np.empty((0, 2))))
        look = {"linestyle": "none", "markersize": 5, "color": "black"}
        ax.plot(*points.T, marker=marker, label=kind, **look)
    _draw_waits_and_levels(ax, found, end_s * LEVEL_GAP)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    frame_pitches(ax, [p for _, p in found["NOTE_ON"]], (0, end_s), TIME_LABEL)
    return ax


def _draw_waits_and_levels(
    ax: Axes, found: dict[str, list], gap_s: float
) -> None:
    """Draw a line per TIME_SHIFT and a number per VELOCITY, `gap_s` apart."""
    for time_s, _ in found.get("TIME_SHIFT", []):
        ax.axvline(time_s, color="0.85", linewidth=0.7, zorder=0)
    free_s = 0.0
    for time_s, level in found.get("VELOCITY", []):
        if time_s < free_s:
            continue
        free_s = time_s + gap_s
        ax.annotate(
            str(level),
            (time_s, 1),
            xycoords=ax.get_xaxis_transform(),
            va="bottom",
            fontsize="x-small",
        )


def plot_grid(
    grid: np.ndarray, *, ax: Axes | None = None, n_steps: int = 64
) -> Axes:
    """Draw the four voices of a chorale grid, one line each.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitch or -1, of `symbolic.chorale`.
    ax : Axes, optional
        A new one if None.
    n_steps : int
        How many steps to draw, from the first.

    Returns
    -------
    Axes
    """
    ax = ax if ax is not None else plt.subplots()[1]
    shown = grid[:n_steps].astype(float)
    check_notes(shown[shown >= 0].tolist())
    shown[shown < 0] = np.nan
    for voice, name in enumerate(VOICES):
        levels = shown[:, voice]
        edges = np.arange(len(levels) + 1)
        ax.stairs(
            levels,
            edges,
            baseline=None,
            color=style.COLOURS[voice],
            linestyle=style.LINES[voice],
            linewidth=2,
            label=name,
        )
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    pitches = shown[~np.isnan(shown)].tolist()
    frame_pitches(ax, pitches, (0, len(shown)), STEP_LABEL)
    return ax
