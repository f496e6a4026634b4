"""Compare two sets of numbers without asking what they mean.

The measures of Table Evaluator, as the 2022 study used them: how far two
distributions lie apart (Kolmogorov-Smirnov), means and standard deviations,
cumulative sums, histograms; and the two ratios the study needed, of level
and of power. None of them looks at the order of the values: a shuffled
recording is noise to the ear and the same recording to them. The measures
that need several columns are in `table_similarity`.

`real` and `generated` have shape (N,) or, where said, (rows, columns).

References
----------
Brenninkmeijer, B. Table Evaluator, github.com/Baukebrenninkmeijer.
Dias, Nascimento, Ferreira (2022). Case study: generation of musical audio
through GAN, LSTM and Transformer. Unicamp, IA376L.

Taught in: notebooks/60_table_evaluation.ipynb
"""

import math

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.evaluation.table_checks import checked_table, checked_values

LOG_OFFSET = 1e-5  # Table Evaluator adds it before taking logarithms
CHUNK = 2**20  # points looked up at a time, so that memory stays small


def ks_statistic(real: np.ndarray, generated: np.ndarray) -> float:
    """Return the largest gap D between two cumulative distributions.

    D is 0 for equal distributions and 1 for ranges that do not overlap:
    **lower is better**. It equals `scipy.stats.ks_2samp(...).statistic`, but
    for rounding: SciPy from 1.18 on works in the precision of the samples.

    No p-value is given here, on purpose. It says how likely such a gap is
    between samples drawn *independently* from one distribution. Audio samples
    follow each other on a smooth curve, so 100,000 of them hold far fewer
    independent draws; counted as 100,000 they make the p-value of two
    halves of one recording as small as one likes. See
    `effective_size.ks_p_value` for one that counts what is independent.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values in any one unit.

    Returns
    -------
    float
        D, in [0, 1].

    Raises
    ------
    CourseError
        If one is empty, not one-dimensional, or holds NaN or infinity.

    References
    ----------
    Hodges (1958), The significance probability of the Smirnov two-sample
    test. Arkiv foer Matematik 3(43).

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    return ks_gap(real, generated)[0]


def ks_gap(real: np.ndarray, generated: np.ndarray) -> tuple[float, float]:
    """Return D, and the value at which the two curves lie that far apart.

    Arguments and errors as in `ks_statistic`.

    Returns
    -------
    d : float
        In [0, 1].
    place : float
        In the unit of the values.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    first = np.sort(checked_values(real))
    second = np.sort(checked_values(generated))
    gap, place = 0.0, float(first[0])
    for points in (first, second):
        for start in range(0, len(points), CHUNK):
            x = points[start : start + CHUNK]
            below = np.searchsorted(first, x, side="right") / len(first)
            under = np.searchsorted(second, x, side="right") / len(second)
            difference = np.abs(below - under)
            widest = int(difference.argmax())
            if difference[widest] > gap:
                gap, place = float(difference[widest]), float(x[widest])
    return gap, place


def ks_score(real: np.ndarray, generated: np.ndarray) -> float:
    """Return 1 - D: **higher is better**, 1 for equal distributions.

    This is what the 2022 study reports, and what SDMetrics calls
    KSComplement; Table Evaluator's own `kolmogorov_smirnov_df` returns D.
    Arguments and errors as in `ks_statistic`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    return 1.0 - ks_statistic(real, generated)


def rms(values: np.ndarray) -> float:
    """Return the root mean square of values of shape (N,), in their unit."""
    squares = np.square(checked_values(values), dtype=np.float64)
    return math.sqrt(squares.mean())


def rms_ratio(real: np.ndarray, generated: np.ndarray) -> float:
    """Return RMS of generated over RMS of real: how many times stronger.

    Raises
    ------
    CourseError
        If `real` is silent, for then there is nothing to divide by, or as
        in `ks_statistic`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    level = rms(real)
    if level == 0:
        raise CourseError(
            "a real recording that sounds",
            "silence: every sample is 0",
            "compare with another recording",
        )
    return rms(generated) / level


def power_ratio(real: np.ndarray, generated: np.ndarray) -> float:
    """Return mean power of generated over that of real: `rms_ratio` squared.

    Twice the RMS is four times the power; say which of the two is meant.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    return rms_ratio(real, generated) ** 2


def column_means(table: np.ndarray) -> np.ndarray:
    """Return the mean of each column, shape (columns,), in its unit.

    Parameters
    ----------
    table : np.ndarray, shape (rows, columns) or (rows,)
        One row an item (a note, a frame, a sample), one column a quantity.

    Raises
    ------
    CourseError
        If the table is empty, has three axes, or holds NaN or infinity.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    return checked_table(table).mean(axis=0)


def column_stds(table: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column, shape (columns,).

    Divided by rows - 1, as pandas and so Table Evaluator do it. Arguments as
    in `column_means`; two rows at least.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    table = checked_table(table)
    check_range("rows of the table", len(table), 2, math.inf)
    return table.std(axis=0, ddof=1)


def log_size(values: np.ndarray) -> np.ndarray:
    """Return ln(|value| + 1e-5), the axis of Table Evaluator's plots.

    A mean near 0, such as that of audio samples, becomes about -11.5 there
    whatever it is: read such a point as "no offset" and not as a match.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    return np.log(np.abs(values) + LOG_OFFSET)


def log_log_angle(real: np.ndarray, generated: np.ndarray) -> float:
    """Return the slope of a log-log plot: 45 degrees if columns agree.

    The line is the main direction of the points, which treats both axes
    alike: to exchange real and generated turns `a` degrees into 90 - `a`.
    A line fitted to the vertical distances would lie flatter, the more the
    points scatter.

    **45 degrees do not say that the tables agree.** If every column is
    three times too large, the points lie on a parallel line, at 45 degrees.

    Parameters
    ----------
    real, generated : np.ndarray, shape (columns,)
        `log_size` of the means or of the standard deviations.

    Returns
    -------
    float
        Degrees from the real axis, in (-90, 90].

    Raises
    ------
    CourseError
        If there are fewer than two columns, or all points are one, or a
        value is NaN or infinite.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    points = np.stack([checked_values(real), checked_values(generated)])
    if points.shape[1] < 2 or not np.ptp(points, axis=1).any():
        raise CourseError(
            "two different points at least, to fit a line to",
            f"{points.shape[1]} columns at one point",
            "give tables with several columns, such as features",
        )
    (xx, xy), (_, yy) = np.cov(points)
    return math.degrees(0.5 * math.atan2(2 * xy, xx - yy))


def cumulative_sum(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve whose largest distance to another one is D.

    Table Evaluator calls it "cumulative sum"; statistics calls it the
    empirical cumulative distribution.

    Parameters
    ----------
    values : np.ndarray, shape (N,)
        In any unit.

    Returns
    -------
    ordered : np.ndarray, shape (N,)
        The values, smallest first.
    share : np.ndarray, shape (N,)
        Share of all values up to and including each one, 1/N to 1.
        Deviation: each curve has its own N, where Table Evaluator needs two
        tables of equal length.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    ordered = np.sort(checked_values(values))
    return ordered, np.arange(1, len(ordered) + 1) / len(ordered)


def shared_histograms(
    real: np.ndarray,
    generated: np.ndarray,
    n_bins: int = 50,
    ends: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count both sets in the same bins, so that bars can be compared.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values in one unit.
    n_bins : int
        How many bins share the range.
    ends : tuple of float, optional
        The range; without it, from the smaller minimum to the larger
        maximum. What lies outside is not counted, but is part of the whole.

    Returns
    -------
    edges : np.ndarray, shape (n_bins + 1,)
        In the unit of the values.
    real_share, generated_share : np.ndarray, shape (n_bins,)
        Share of each set in each bin; each sums to 1 if all of it is inside.

    Raises
    ------
    CourseError
        If `n_bins` is below 1, `ends` do not rise, or as in `ks_statistic`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    check_range("n_bins", n_bins, 1, 10_000)
    real, generated = checked_values(real), checked_values(generated)
    if ends is None:
        ends = (
            min(real.min(), generated.min()),
            max(real.max(), generated.max()),
        )
    elif not ends[0] < ends[1]:
        raise CourseError("ends that rise", ends, "give the lower one first")
    counts, edges = np.histogram(real, bins=n_bins, range=ends)
    others, _ = np.histogram(generated, bins=edges)
    return edges, counts / len(real), others / len(generated)
