"""Two sets of numbers on shared axes: means, spreads, distributions.

The plots of Table Evaluator, with units, for one pair of tables, and by
`panels` for all columns of a pair or for many pairs. Real is always the first
colour and a solid line, generated the second and a dashed one.

Taught in: notebooks/60_table_evaluation.ipynb
"""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from course_utils.basics.checks import CourseError, check_choice
from course_utils.evaluation import tabular
from course_utils.evaluation.table_checks import checked_pair
from course_utils.plots.style import COLOURS

REAL = {"color": COLOURS[0], "linestyle": "-", "label": "real"}
GENERATED = {"color": COLOURS[1], "linestyle": "--", "label": "generated"}
STATISTICS = {
    "mean": tabular.column_means,
    "standard deviation": tabular.column_stds,
}
MAX_POINTS = 2_000  # drawn of a curve; more is not seen and only weighs
MARGIN = 1.0  # of the log-log axes, in units of ln
PANEL_SIZE = (2.8, 2.5)  # inches

Pairs = dict[str, tuple[np.ndarray, np.ndarray]]  # name -> real, generated


def log_log(
    real: np.ndarray,
    generated: np.ndarray,
    statistic: str = "mean",
    ax: Axes | None = None,
) -> Axes:
    """Draw one point a column; on the 45 degree line both sides agree.

    With two columns or more, a dashed line is fitted to the points and its
    angle given (`tabular.log_log_angle`). Read the distance from the dotted
    line too: a parallel line has 45 degrees and may lie far away.

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

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    check_choice("statistic", statistic, STATISTICS)
    ax = _axes(ax, figsize=(4.0, 4.0))
    compute = STATISTICS[statistic]
    x, y = (tabular.log_size(compute(t)) for t in (real, generated))
    ends = [
        min(x.min(), y.min()) - MARGIN,
        max(x.max(), y.max()) + MARGIN,
    ]
    ax.axline((0, 0), slope=1, color="grey", ls=":", label="equal, 45°")
    ax.plot(x, y, "o", color=COLOURS[0], label="one column")
    if np.ptp(x) > 0 or np.ptp(y) > 0:
        _draw_fit(x, y, ax)
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

    Taught in: notebooks/60_table_evaluation.ipynb
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
    ends: tuple[float, float] | None = None,
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
    ends : tuple of float, optional
        Or from and to these values.
    ax : Axes, optional
        Where to draw.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    ax = _axes(ax)
    edges, first, second = tabular.shared_histograms(
        real, generated, n_bins, ends
    )
    ax.stairs(first, edges, fill=True, alpha=0.35, color=REAL["color"])
    ax.stairs(first, edges, linewidth=1.5, **REAL)
    ax.stairs(second, edges, linewidth=1.5, **GENERATED)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(quantity)
    ax.set_ylabel("share of values in the bin")
    ax.legend()
    return ax


def by_column(
    real: np.ndarray, generated: np.ndarray, columns: dict[str, str]
) -> Pairs:
    """Cut two tables into their columns, for `panels`.

    Parameters
    ----------
    real, generated : np.ndarray, shape (rows, columns)
        Tables with the same columns.
    columns : dict
        Name -> unit of each column, in the tables' order.

    Returns
    -------
    dict
        `name (unit)` -> the column of both tables, each of shape (rows,).

    Raises
    ------
    CourseError
        If a table has another number of columns than there are names.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    pair = checked_pair(real, generated)
    if pair[0].shape[1] != len(columns):
        raise CourseError(
            f"tables of {len(columns)} columns, one a name",
            f"shape {pair[0].shape}",
            "give the names that belong to these tables",
        )
    titles = (f"{name} ({unit})" for name, unit in columns.items())
    columns_of_both = zip(pair[0].T, pair[1].T, strict=True)
    return dict(zip(titles, columns_of_both, strict=True))


def panels(
    draw: Callable[..., Axes],
    pairs: Pairs,
    same_x: bool = True,
    n_across: int = 3,
    **options: object,
) -> list[Axes]:
    """Draw one small panel a pair, on equal axes, so that panels compare.

    Parameters
    ----------
    draw : callable
        `log_log`, `cumulative_sums` or `histograms`.
    pairs : dict
        Title -> real and generated, as `draw` takes them: pieces, or the
        result of `by_column`.
    same_x : bool
        True gives all panels one x axis. False, for columns of different
        units, leaves each its own; the title then names quantity and unit.
    n_across : int
        Panels in a row.
    **options
        For `draw`.

    Returns
    -------
    list of Axes
        One a pair, of one new figure.

    Raises
    ------
    CourseError
        If there is no pair.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    if not pairs:
        raise CourseError("at least one pair", "none", "give real, generated")
    if draw is histograms and same_x:  # else bars of unequal width
        values = np.concatenate(
            [side for pair in pairs.values() for side in pair]
        )
        options.setdefault("ends", (values.min(), values.max()))
    axes = _grid(len(pairs), n_across)
    for ax, (title, pair) in zip(axes, pairs.items(), strict=True):
        draw(*pair, ax=ax, **options).set_title(title)
    _same_axes(axes, same_x)
    return axes


def _grid(n_panels: int, n_across: int) -> list[Axes]:
    """Return the axes of a new figure, as many as there are panels."""
    n_across = min(n_across, n_panels)
    n_down = -(-n_panels // n_across)
    size = PANEL_SIZE[0] * n_across, PANEL_SIZE[1] * n_down
    grid = plt.subplots(n_down, n_across, figsize=size, squeeze=False)[1]
    axes = list(grid.flat)
    for ax in axes[n_panels:]:
        ax.remove()
    return axes[:n_panels]


def _same_axes(axes: list[Axes], same_x: bool) -> None:
    """Give all panels the same limits; say only once what is the same."""
    for letter in "xy" if same_x else "y":
        limits = [getattr(ax, f"get_{letter}lim")() for ax in axes]
        ends = min(low for low, _ in limits), max(high for _, high in limits)
        for ax in axes:
            ax.set(**{f"{letter}lim": ends})
    labels = [set(ax.get_legend_handles_labels()[1]) for ax in axes]
    common = set.intersection(*labels)
    for ax in axes:
        first = ax is axes[0]
        if not same_x:
            ax.set_xlabel("")
        if not ax.get_subplotspec().is_first_col():
            ax.set_ylabel("")
        handles, labels = ax.get_legend_handles_labels()
        kept = [
            (handle, label)
            for handle, label in zip(handles, labels, strict=True)
            if first or label not in common
        ]
        ax.get_legend().remove()
        if kept:
            ax.legend(*zip(*kept, strict=True), fontsize="small")


def _draw_fit(x: np.ndarray, y: np.ndarray, ax: Axes) -> None:
    """Draw the main direction of some points through their middle."""
    angle = tabular.log_log_angle(x, y)
    turn = math.radians(angle)
    centre = float(x.mean()), float(y.mean())
    other = centre[0] + math.cos(turn), centre[1] + math.sin(turn)
    label = f"fitted, {angle:.1f}°"
    ax.axline(centre, other, color=COLOURS[1], ls="--", label=label)


def _axes(ax: Axes | None, **figure: object) -> Axes:
    """Return the given axes, or those of a new figure."""
    return plt.subplots(**figure)[1] if ax is None else ax
