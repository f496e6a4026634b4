"""Pictures of ways between noise vectors: a number at each step.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError


def plot_ways(
    ways: Mapping[str, Sequence[float]],
    quantity: str,
    *,
    usual: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a quantity along several ways from a start to an end.

    Parameters
    ----------
    ways : mapping
        Name of the way -> its values, at even steps from start to end.
    quantity : str
        What the values are, with the unit.
    usual : (low, high), optional
        Drawn as a grey band: where the values of real noise lie.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is no way, or one of fewer than two steps.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    if not ways or min(len(values) for values in ways.values()) < 2:
        raise CourseError(
            "one way or more, each of two steps or more",
            {name: len(values) for name, values in ways.items()},
            "take the values at several shares between 0 and 1",
        )
    ax = plt.subplots()[1] if ax is None else ax
    if usual is not None:
        ax.axhspan(*usual, color="0.88", zorder=0, label="usual for noise")
    for name, values in ways.items():
        ax.plot(np.linspace(0, 1, len(values)), values, label=name)
    ax.set(xlabel="share of the way", ylabel=quantity, xlim=(0, 1))
    ax.legend(frameon=True, framealpha=1)
    return ax
