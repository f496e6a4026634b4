"""One dot for each item, one row for each kind: all values, not only means.

Taught in: notebooks/12_spectral_images.ipynb
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError
from course_utils.plots import style

ROW_FILL = 0.6  # share of a row's height that dots spread over


def plot_spread(
    values: Mapping[str, Sequence[float]],
    *,
    label: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the values of several kinds, each with its median as a line.

    Parameters
    ----------
    values : mapping of str to sequence of float
        Name of a kind -> its values; the first is drawn on top.
    label : str
        Quantity and unit of the values.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If a kind has no value, or one that is not finite.
    """
    ax = plt.subplots()[1] if ax is None else ax
    for row, (name, given) in enumerate(values.items()):
        items = _finite(name, given)
        colour = style.COLOURS[row % len(style.COLOURS)]
        height = row + _offsets(len(items))
        ax.plot(items, height, "o", color=colour, markersize=4, alpha=0.6)
        median = np.median(items)
        ends = [row - ROW_FILL / 2, row + ROW_FILL / 2]
        ax.plot([median, median], ends, "-", color="black", linewidth=2)
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlabel(label)
    return ax


def _finite(name: str, given: Sequence[float]) -> np.ndarray:
    """Return the values of one kind as an array."""
    items = np.asarray(given, dtype=float)
    if items.size == 0 or not np.isfinite(items).all():
        raise CourseError(
            f"one finite value or more for {name}",
            items,
            "leave this kind out, or find out where NaN comes from",
        )
    return items


def _offsets(n_items: int) -> np.ndarray:
    """Return heights that keep neighbouring dots apart, the same each time."""
    golden = 0.6180339887  # its multiples fill an interval evenly
    return ROW_FILL * ((np.arange(n_items) * golden) % 1 - 0.5)
