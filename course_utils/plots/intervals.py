"""Means with their intervals, a row for each of several ways.

Taught in: notebooks/63_case_study.ipynb
"""

from collections.abc import Mapping

from matplotlib.axes import Axes

from course_utils.plots import style


def plot_intervals(
    points: Mapping[str, tuple[float, float, float]], *, ax: Axes
) -> None:
    """Draw a point and a line for each way, the first one on top.

    Parameters
    ----------
    points : mapping
        Name -> mean, and the low and high end of its interval.
    ax : Axes
        What is drawn into; its rows are named.

    Taught in: notebooks/63_case_study.ipynb
    """
    for row, (mean, low, high) in enumerate(points.values()):
        colour = style.COLOURS[row % len(style.COLOURS)]
        ax.plot([low, high], [row, row], color=colour, ls="-", lw=2)
        ax.plot(mean, row, "o", color=colour)
    ax.set_yticks(range(len(points)), list(points))
    ax.set_ylim(len(points) - 0.5, -0.5)
