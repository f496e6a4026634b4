"""Two sets of numbers on shared axes: means, spreads, distributions.

The plots of Table Evaluator, with units. Real is always the first colour and
a solid line, generated the second and a dashed one.

Taught in: notebooks/61_mir_features.ipynb
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_utils.basics.checks import check_choice
from course_utils.evaluation import tabular
from course_utils.plots.style import COLOURS

REAL = {"color": COLOURS[0], "linestyle": "-", "label": "real"}
GENERATED = {"color": COLOURS[1], "linestyle": "--", "label": "generated"}
STATISTICS = {
    "mean": tabular.column_means,
    "standard deviation": tabular.column_stds,
}
MAX_POINTS = 2_000  # drawn of a curve; more is not seen and only weighs
MARGIN = 1.0  # of the log-log axes, in units of ln


def log_log(
    real: np.ndarray,
    generated: np.ndarray,
    statistic: str = "mean",
    ax: Axes | None = None,
) -> Axes:
    """Draw one point a column; on the 45 degree line both sides agree.

    Parameters
    ----------
    real, generated : np.ndarray, shape (rows, columns) or (rows,)
        Tables with the same columns.
    statistic : str
        `mean` or `standard deviation`.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        Both axes are ln(|value| + 1e-5), as in Table Evaluator.

    Taught in: notebooks/61_mir_features.ipynb
    """
    check_choice("statistic", statistic, STATISTICS)
    ax = _axes(ax, figsize=(4.0, 4.0))
    compute = STATISTICS[statistic]
    x, y = (tabular.log_size(compute(t)) for t in (real, generated))
    ends = [
        min(x.min(), y.min()) - MARGIN,
        max(x.max(), y.max()) + MARGIN,
    ]
    ax.plot(ends, ends, color="grey", linestyle=":", label="equal")
    ax.plot(x, y, "o", color=COLOURS[0], label="one column")
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.set_xlabel(f"ln |{statistic}|, real")
    ax.set_ylabel(f"ln |{statistic}|, generated")
    ax.legend()
    return ax


def cumulative_sums(
    real: np.ndarray,
    generated: np.ndarray,
    quantity: str = "sample value (full scale 1)",
    ax: Axes | None = None,
) -> Axes:
    """Draw both cumulative distributions, and D as the gap between them.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values in one unit.
    quantity : str
        What they are, with the unit.
    ax : Axes, optional
        Where to draw.

    Taught in: notebooks/61_mir_features.ipynb
    """
    ax = _axes(ax)
    for values, line in ((real, REAL), (generated, GENERATED)):
        ordered, share = tabular.cumulative_sum(values)
        last = len(ordered) - 1
        kept = np.linspace(0, last, min(last + 1, MAX_POINTS)).astype(int)
        ax.plot(ordered[kept], share[kept], **line)
    gap, place = tabular.ks_gap(real, generated)
    ends = [np.mean(values <= place) for values in (real, generated)]
    ax.plot([place, place], ends, "k-", linewidth=2, label=f"D = {gap:.3f}")
    ax.set_xlabel(quantity)
    ax.set_ylabel("share of values below")
    ax.legend()
    return ax


def histograms(
    real: np.ndarray,
    generated: np.ndarray,
    quantity: str = "sample value (full scale 1)",
    n_bins: int = 60,
    ax: Axes | None = None,
) -> Axes:
    """Draw both histograms in the same bins; the share axis is logarithmic.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values in one unit.
    quantity : str
        What they are, with the unit.
    n_bins : int
        Bins from the smallest to the largest value of both.
    ax : Axes, optional
        Where to draw.

    Taught in: notebooks/61_mir_features.ipynb
    """
    ax = _axes(ax)
    edges, first, second = tabular.shared_histograms(real, generated, n_bins)
    ax.stairs(first, edges, fill=True, alpha=0.35, color=REAL["color"])
    ax.stairs(first, edges, linewidth=1.5, **REAL)
    ax.stairs(second, edges, linewidth=1.5, **GENERATED)
    ax.set_yscale("log")
    ax.set_xlabel(quantity)
    ax.set_ylabel("share of values in the bin")
    ax.legend()
    return ax


def _axes(ax: Axes | None, **figure: object) -> Axes:
    """Return the given axes, or those of a new figure."""
    return plt.subplots(**figure)[1] if ax is None else ax
