"""Pictures of a whole piece: how it grew, and how it comes back to itself.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from course_utils.basics.checks import CourseError
from course_utils.plots import style

STEP_LABEL = "time (sixteenth steps)"


def plot_self_similarity(
    likeness: np.ndarray, title: str = "", *, ax: Axes | None = None
) -> Axes:
    """Draw how alike every two bars are: white not at all, dark the same.

    Parameters
    ----------
    likeness : np.ndarray, shape (n_bars, n_bars)
        0 to 1; see `evaluation.self_similarity`.
    title : str
        Written above.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        Bars are counted from 1.
    """
    ax = ax if ax is not None else plt.subplots()[1]
    edge = len(likeness) + 0.5
    ax.imshow(
        likeness,
        cmap="Blues",
        vmin=0,
        vmax=1,
        origin="lower",
        extent=(0.5, edge, 0.5, edge),
        aspect="equal",
        interpolation="nearest",
    )
    ax.set(xlabel="bar", ylabel="bar", title=title)
    return ax


def plot_genealogy(
    parents: np.ndarray, ancestors: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw who went on from whom, and the lines that are left at the end.

    Parameters
    ----------
    parents, ancestors : np.ndarray of int, shape (T, B)
        See `sampling.genealogy.ancestors`.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        Grey: all lines; coloured and thick: those of the last versions.

    Raises
    ------
    CourseError
        If the two have different shapes.
    """
    parents, ancestors = np.asarray(parents), np.asarray(ancestors)
    if parents.shape != ancestors.shape:
        raise CourseError(
            "parents and ancestors of the same versions",
            f"shapes {parents.shape} and {ancestors.shape}",
            "take both from one filter",
        )
    ax = ax if ax is not None else plt.subplots()[1]
    n_steps, n_versions = parents.shape
    everyone = np.broadcast_to(np.arange(n_versions), parents.shape)
    all_lines = _links(parents[:-1], everyone[1:])
    kept = _links(ancestors[:-1], ancestors[1:])
    ax.add_collection(LineCollection(all_lines, colors="0.85", linewidths=0.6))
    colour = style.COLOURS[0]
    ax.add_collection(LineCollection(kept, colors=colour, linewidths=1.5))
    ax.set(xlim=(0, max(n_steps - 1, 1)), ylim=(-0.5, n_versions - 0.5))
    ax.set(xlabel=STEP_LABEL, ylabel="version")
    return ax


def _links(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return a short line from each place to the next, (K, 2, 2)."""
    steps = np.broadcast_to(np.arange(len(before))[:, None], before.shape)
    start = np.stack([steps, before], axis=-1)
    end = np.stack([steps + 1, after], axis=-1)
    return np.stack([start, end], axis=2).reshape(-1, 2, 2)
