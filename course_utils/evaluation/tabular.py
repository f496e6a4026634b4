"""Compare two sets of numbers without asking what they mean.

The measures of Table Evaluator, as the 2022 study used them: how far two
distributions lie apart (Kolmogorov-Smirnov), means and standard deviations,
cumulative sums, histograms; and the two ratios the study needed, of level
and of power. None of them looks at the order of the values: a shuffled
recording is noise to the ear and the same recording to them.

`real` and `generated` are arrays of numbers of any length, shape (N,) or,
where said, tables of shape (rows, columns).

References
----------
Brenninkmeijer, B. Table Evaluator, github.com/Baukebrenninkmeijer.
Dias, Nascimento, Ferreira (2022). Case study: generation of musical audio
through GAN, LSTM and Transformer. Unicamp, IA376L.

Taught in: notebooks/61_mir_features.ipynb
"""

import math

import numpy as np

from course_utils.basics.checks import CourseError, check_range

LOG_OFFSET = 1e-5  # Table Evaluator adds it before taking logarithms
CHUNK = 2**20  # points looked up at a time, so that memory stays small


def ks_statistic(real: np.ndarray, generated: np.ndarray) -> float:
    """Return the largest gap D between two cumulative distributions.

    D is 0 for equal distributions and 1 for ranges that do not overlap:
    **lower is better**. It equals `scipy.stats.ks_2samp(...).statistic`, but
    for rounding: SciPy from 1.18 on works in the precision of the samples.

    No p-value is given, on purpose. It says how likely such a gap is between
    samples drawn *independently* from one distribution. Audio samples follow
    each other on a smooth curve, so 100,000 of them hold far fewer
    independent draws; counted as 100,000 they make the p-value of two
    halves of one recording as small as one likes.

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

    Taught in: notebooks/61_mir_features.ipynb
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

    Taught in: notebooks/61_mir_features.ipynb
    """
    first, second = np.sort(_values(real)), np.sort(_values(generated))
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

    Taught in: notebooks/61_mir_features.ipynb
    """
    return 1.0 - ks_statistic(real, generated)


def rms(values: np.ndarray) -> float:
    """Return the root mean square of values of shape (N,), in their unit."""
    return math.sqrt(np.mean(np.square(_values(values), dtype=np.float64)))


def rms_ratio(real: np.ndarray, generated: np.ndarray) -> float:
    """Return RMS of generated over RMS of real: how many times stronger.

    Raises
    ------
    CourseError
        If `real` is silent, for then there is nothing to divide by, or as
        in `ks_statistic`.

    Taught in: notebooks/61_mir_features.ipynb
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

    Taught in: notebooks/61_mir_features.ipynb
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

    Taught in: notebooks/61_mir_features.ipynb
    """
    return _table(table).mean(axis=0)


def column_stds(table: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each column, shape (columns,).

    Divided by rows - 1, as pandas and so Table Evaluator do it. Arguments as
    in `column_means`; two rows at least.

    Taught in: notebooks/61_mir_features.ipynb
    """
    table = _table(table)
    check_range("rows of the table", len(table), 2, math.inf)
    return table.std(axis=0, ddof=1)


def log_size(values: np.ndarray) -> np.ndarray:
    """Return ln(|value| + 1e-5), the axis of Table Evaluator's plots.

    A mean near 0, such as that of audio samples, becomes about -11.5 there
    whatever it is: read such a point as "no offset" and not as a match.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return np.log(np.abs(values) + LOG_OFFSET)


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

    Taught in: notebooks/61_mir_features.ipynb
    """
    ordered = np.sort(_values(values))
    return ordered, np.arange(1, len(ordered) + 1) / len(ordered)


def shared_histograms(
    real: np.ndarray, generated: np.ndarray, n_bins: int = 50
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count both sets in the same bins, so that bars can be compared.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values in one unit.
    n_bins : int
        How many bins share the range from the smaller minimum to the larger
        maximum.

    Returns
    -------
    edges : np.ndarray, shape (n_bins + 1,)
        In the unit of the values.
    real_share, generated_share : np.ndarray, shape (n_bins,)
        Share of each set in each bin; each sums to 1.

    Raises
    ------
    CourseError
        If `n_bins` is below 1, or as in `ks_statistic`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    check_range("n_bins", n_bins, 1, 10_000)
    real, generated = _values(real), _values(generated)
    low = min(real.min(), generated.min())
    high = max(real.max(), generated.max())
    counts, edges = np.histogram(real, bins=n_bins, range=(low, high))
    others, _ = np.histogram(generated, bins=edges)
    return edges, counts / len(real), others / len(generated)


def _values(values: np.ndarray) -> np.ndarray:
    """Return the values as an array, after checking that they are a row."""
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0:
        raise CourseError(
            "values of shape (N,), N > 0",
            f"shape {values.shape}",
            "choose one channel, one column or one item of the batch",
        )
    return _finite(values)


def _table(table: np.ndarray) -> np.ndarray:
    """Return the table with two axes, after checking it."""
    table = np.asarray(table)
    if table.ndim not in (1, 2) or table.size == 0:
        raise CourseError(
            "a table of shape (rows, columns), not empty",
            f"shape {table.shape}",
            "give one row an item and one column a quantity",
        )
    return _finite(table.reshape(len(table), -1))


def _finite(values: np.ndarray) -> np.ndarray:
    """Refuse NaN and infinity, which every measure would pass on."""
    if not np.isfinite(values).all():
        raise CourseError(
            "finite values",
            "NaN or infinity",
            "look for a division by zero or a diverged training",
        )
    return values
