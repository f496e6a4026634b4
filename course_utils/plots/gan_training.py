"""Pictures of a GAN's training: curves of scores, and trials side by side.

Every function draws on axes that are given, or on new ones, and returns them.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError
from course_utils.plots import style

N_SMOOTHED = 200  # windows along a curve
Curve = tuple[Sequence[float], Sequence[float]]


def smoothed(x: Sequence[float], y: Sequence[float]) -> Curve:
    """Average a long curve over neighbours, so that its course is seen.

    Parameters
    ----------
    x, y : sequence of float
        Of one length.

    Returns
    -------
    x, y : ndarray
        At most 200 means of neighbouring points.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not len(x) or x.shape != y.shape:
        raise CourseError(
            "as many values as places, at least one",
            f"shapes {x.shape} and {y.shape}",
            "take both from one column of a history",
        )
    parts = min(N_SMOOTHED, len(x))
    means = [
        [part.mean() for part in np.array_split(values, parts)]
        for values in (x, y)
    ]
    return np.array(means[0]), np.array(means[1])


def plot_curves(
    curves: Mapping[str, Curve],
    *,
    xlabel: str,
    ylabel: str,
    dots: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw several curves over one axis, each named.

    Parameters
    ----------
    curves : mapping
        Name -> (x, y). More curves than the style has colours repeat them
        with another line.
    xlabel, ylabel : str
        Quantity and unit.
    dots : bool
        True marks each point, for curves of few points.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is no curve, or one has no points.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    if not curves:
        raise CourseError("at least one curve", "none", "give name -> (x, y)")
    ax = plt.subplots()[1] if ax is None else ax
    marker = "o" if dots else ""
    for index, (name, (x, y)) in enumerate(curves.items()):
        x, y = smoothed(x, y)
        look = style.LINES[index % len(style.LINES)]
        colour = style.COLOURS[index % len(style.COLOURS)]
        named = {"marker": marker, "markersize": 4, "label": name}
        ax.plot(x, y, linestyle=look, color=colour, **named)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(curves) > 2:  # too many to fit between the curves
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    elif len(curves) == 2:
        ax.legend()
    return ax


def plot_trials(
    values: Mapping[str, Mapping[str, float]],
    real: Mapping[str, float],
    *,
    axes: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Draw the scores of several trials: one panel a score, one row a trial.

    Parameters
    ----------
    values : mapping of str to mapping
        Title of a trial -> name of a score -> its value.
    real : mapping of str to float
        Name of a score -> the real notes' own, a line in its panel.
    axes : sequence of Axes, optional
        One for each score in `real`; new ones if None.

    Returns
    -------
    sequence of Axes

    Raises
    ------
    CourseError
        If there is no trial, or one lacks a score.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    lacking = [t for t, row in values.items() if not real.keys() <= row.keys()]
    if not values or lacking:
        raise CourseError(
            f"trials with the scores {', '.join(real)}",
            ", ".join(lacking) or "no trial",
            "run them: python -m course_utils.recipes.gansynth_trials",
        )
    if axes is None:
        size = (9.5, 0.8 + 0.28 * len(values))
        _, axes = plt.subplots(1, len(real), sharey=True, figsize=size)
        axes = np.atleast_1d(axes)
    rows = range(len(values))
    for ax, (name, usual) in zip(axes, real.items(), strict=True):
        ax.plot([row[name] for row in values.values()], rows, "o")
        ax.axvline(usual, color="black", linestyle=":", linewidth=1)
        ax.set_xlabel(name)
        ax.set_ylim(len(values) - 0.5, -0.5)
    axes[0].set_yticks(list(rows), list(values))
    return axes


def plot_strengths(
    rows: Sequence[Mapping[str, float]], chosen: float
) -> Sequence[Axes]:
    """Draw what the strength of a network's drawing does to its notes.

    Parameters
    ----------
    rows : sequence of mapping
        One for each strength: `strength`, `pitch_accuracy`,
        `timbre_accuracy`, `fid` and `variety_db`.
    chosen : float
        The strength that is played with; marked by a line.

    Returns
    -------
    sequence of Axes
        Shares heard right, Fréchet distance, variety.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    panels = {
        "share heard right": ("pitch_accuracy", "timbre_accuracy"),
        "Fréchet distance": ("fid",),
        "variety (dB)": ("variety_db",),
    }
    _, axes = plt.subplots(1, len(panels), figsize=(10, 3))
    places = [row["strength"] for row in rows]
    for ax, (ylabel, names) in zip(axes, panels.items(), strict=True):
        for name, marker in zip(names, "os", strict=False):
            values = [row[name] for row in rows]
            ax.plot(places, values, marker=marker, label=name)
        ax.axvline(chosen, color="0.4", ls=":")
        ax.set(xlabel="strength", ylabel=ylabel)
    axes[0].legend(fontsize="small")
    return axes
