"""Which metric answers rightly: a table of yes and no, drawn.

Taught in: notebooks/65_known_answers.ipynb
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

RIGHT, WRONG, OPEN = "#cfe8f5", "#f6b26b", "#eeeeee"
HALF = 0.5  # share of right answers above which a cell counts as right


def plot_answers(
    said: np.ndarray,
    truth: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    ax: Axes,
) -> None:
    """Draw how often each metric says *same*, and whether that is right.

    Parameters
    ----------
    said : np.ndarray, shape (R, C)
        Share of pieces; NaN where nothing was said.
    truth : np.ndarray, shape (R, C)
        1: the same; 0: not; NaN: no certain answer.
    rows, columns : sequence of str
        R changes and C metrics.
    ax : Axes
        What is drawn into. Wrong cells are marked by a cross, too.

    Taught in: notebooks/65_known_answers.ipynb
    """
    right = 1 - np.abs(said - truth)
    kinds = np.where(np.isnan(right), 2, np.where(right > HALF, 0, 1))
    colours = ListedColormap([RIGHT, WRONG, OPEN])
    look = {"vmin": 0, "vmax": 2, "aspect": "auto", "origin": "upper"}
    ax.imshow(kinds, cmap=colours, **look)
    for (row, column), share in np.ndenumerate(said):
        if not np.isnan(share):
            mark = " ×" if kinds[row, column] == 1 else ""
            ax.text(
                column,
                row,
                f"{share:.2f}{mark}",
                ha="center",
                va="center",
                color="black",
            )
    ax.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)
