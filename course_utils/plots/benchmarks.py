"""How many times as fast each part is as its baseline, commit by commit.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError
from course_utils.plots import style

OLD, NEW = style.COLOURS[4], style.COLOURS[0]


def plot_ratios(
    ratios: Mapping[str, Sequence[float]], *, ax: Axes | None = None
) -> Axes:
    """Draw a row of dots for each part, the newest large and dark.

    Parameters
    ----------
    ratios : mapping of str to sequence of float
        Part -> how many times as fast it was, oldest commit first.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If a part has no ratio, or one that is not above 0.
    """
    ax = plt.subplots()[1] if ax is None else ax
    for row, (name, values) in enumerate(ratios.items()):
        if not values or not min(values) > 0:
            raise CourseError(
                f"one ratio above 0 or more for {name}",
                list(values),
                "leave this part out",
            )
        before = values[:-1]
        ax.plot(before, [row] * len(before), "o", color=OLD, markersize=4)
        ax.plot(values[-1], row, "D", color=NEW, markersize=7)
    ax.axvline(1.0, color="black", ls=":", lw=1)
    ax.set_xscale("log")
    ax.set_yticks(range(len(ratios)), list(ratios))
    ax.set_ylim(len(ratios) - 0.5, -0.5)
    ax.set_xlabel("times as fast as the baseline (log scale)")
    return ax
