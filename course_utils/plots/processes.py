"""Loss curves of one process and of several, one over the other.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError

WIDTHS = (5.0, 2.0, 1.2)  # points; the first is seen below the others


def plot_processes(
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the losses of a training, by the number of its processes.

    Parameters
    ----------
    curves : mapping
        Who -> the loss of each step. The first is drawn broad and pale, so
        that equal ones show on it.
    title : str
        Such as the model's name.
    ylabel : str
        Name and unit of the loss.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is no curve.

    Taught in: notebooks/40_lstm_training.ipynb
    """
    if not curves:
        raise CourseError(
            "at least one curve", "none", "give the losses of a training"
        )
    ax = plt.subplots()[1] if ax is None else ax
    for i, (who, losses) in enumerate(curves.items()):
        ax.plot(
            range(1, len(losses) + 1),
            losses,
            linewidth=WIDTHS[min(i, len(WIDTHS) - 1)],
            alpha=1.0 if i else 0.4,
            label=who,
        )
    ax.set(title=title, xlabel="step", ylabel=ylabel)
    ax.legend()
    return ax
