"""How alike two tables are: the measures of Table Evaluator 1.9.0.

Each looks at another side of a table of numbers, shape (rows, columns), one
row a note or a frame and one column a feature:

- *basic statistics*: means, medians, spreads, ranked over all columns;
- *correlation correlation*: which columns rise and fall together;
- *column correlation*: the shape of each column's distribution;
- *PCA correlation*: how far the rows spread along five main directions;
- *Jensen-Shannon distance*: the histogram of each column.

The first four are better when higher, and 1 for equal tables. Their mean is
the *similarity score*. A measure is NaN where it has no meaning, such as the
correlations of a table of one column; the score is the mean of the others.

None looks at the order of the rows, that is, of the notes or frames. All of
them mix the units of the columns or throw them away: the first ranks hertz
beside decibels, the fourth is decided by the columns with the largest
numbers.

Deviation: Table Evaluator's score has a fifth part, of classifiers that are
trained on one table and tested on the other. It needs a column that is a
label, and a table of features of sound has none. Its version 1.9.0 computes
the PCA part and leaves it out of the mean; here it counts.

References
----------
Brenninkmeijer (2019), On the generation and evaluation of tabular data using
GANs. Master's thesis, Radboud University, chapter 4.
Brenninkmeijer, B. Table Evaluator 1.9.0,
github.com/Baukebrenninkmeijer/table-evaluator.

Taught in: notebooks/60_table_evaluation.ipynb
"""

import math

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import pearsonr, spearmanr

from course_utils.basics.checks import check_range
from course_utils.evaluation.table_checks import checked_pair, checked_values

N_COMPONENTS = 5  # main directions compared
N_BINS = 25  # of the histograms
BIN_MARGIN = 1e-3  # of the range: the lowest value lies inside the first bin


def basic_statistics(real: np.ndarray, generated: np.ndarray) -> float:
    """Rank means, medians, standard deviations and variances, and compare.

    Parameters
    ----------
    real, generated : np.ndarray, shape (rows, columns) or (rows,)
        Tables with the same columns; the numbers of rows may differ.

    Returns
    -------
    float
        Spearman's rank correlation over 4 x columns pairs of numbers, in
        [-1, 1]. NaN if all of one side are equal. With columns of very
        different units it is near 1 whatever the rows hold, for a variance
        in hertz squared is always larger than a mean in decibels.

    Raises
    ------
    CourseError
        If the columns differ in number, there are fewer than two rows, or a
        value is NaN or infinite.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    sides = []
    for table in checked_pair(real, generated):
        parts = (
            table.mean(axis=0),
            np.median(table, axis=0),
            table.std(axis=0, ddof=1),
            table.var(axis=0, ddof=1),
        )
        sides.append(np.concatenate(parts))
    return _correlation(spearmanr, *sides)


def correlation_correlation(real: np.ndarray, generated: np.ndarray) -> float:
    """Compare which columns go together: Pearson over all pairs of columns.

    A pair of columns has Pearson's correlation in each table; these are the
    numbers that are correlated in turn. It does not see how strong the
    correlations are, only which are stronger than others.

    Returns
    -------
    float
        In [-1, 1]; NaN with fewer than three columns that vary. Arguments
        and errors as in `basic_statistics`.
        Deviation: a column that never changes is left out; Table Evaluator
        calls its correlations 0.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    real, generated = _varying(*checked_pair(real, generated))
    n_columns = real.shape[1]
    if n_columns < 3:
        return math.nan
    pairs = np.triu_indices(n_columns, k=1)
    sides = (np.corrcoef(t, rowvar=False)[pairs] for t in (real, generated))
    return _correlation(pearsonr, *sides)


def column_correlation(real: np.ndarray, generated: np.ndarray) -> float:
    """Compare the shapes of the columns: mean correlation of sorted values.

    Both columns are sorted, so the rows they came from are forgotten; what
    is left is a quantile plot, and its correlation does not change when a
    column is moved or stretched. Twice as loud is still 1.

    Returns
    -------
    float
        Mean over the columns that vary on both sides, in [0, 1]; NaN if
        there is none. Arguments and errors as in `basic_statistics`.
        Deviation: Table Evaluator draws as many rows from the longer table
        as the shorter one has; here its quantiles are read at as many places.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    real, generated = _varying(*checked_pair(real, generated))
    n_rows = min(len(real), len(generated))
    columns = zip(real.T, generated.T, strict=True)
    found = [
        pearsonr(_quantiles(x, n_rows), _quantiles(y, n_rows)).statistic
        for x, y in columns
    ]
    return float(np.mean(found)) if found else math.nan


def pca_correlation(real: np.ndarray, generated: np.ndarray) -> float:
    """Return 1 - MAPE of the variances along the five main directions.

    MAPE is the mean absolute percentage error, as a share of the real one.
    The columns are not brought to one unit before, so a column in hertz,
    with its large numbers, is the first direction by itself.

    Returns
    -------
    float
        At most 1, and **without a lower end**: variances three times too
        large give -1. NaN if the real table spreads along fewer directions
        than are compared. Arguments and errors as in `basic_statistics`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    real, generated = checked_pair(real, generated)
    n = min(N_COMPONENTS, real.shape[1], len(real) - 1, len(generated) - 1)
    first, second = (_variances(t)[:n] for t in (real, generated))
    if first[-1] <= first[0] * np.finfo(float).eps:
        return math.nan
    return float(1 - np.mean(np.abs((first - second) / first)))


def jensen_shannon_distance(
    real: np.ndarray,
    generated: np.ndarray,
    n_bins: int = N_BINS,
    outside: bool = True,
) -> float:
    """Compare two histograms whose bins are those of the real values.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        One column of each table, in one unit.
    n_bins : int
        Equal bins from the lowest to the highest real value; never more
        than there are real values.
    outside : bool
        True counts generated values below and above in two more bins. False
        forgets them, as Table Evaluator does: then half of the values may
        lie far outside and cost nothing.

    Returns
    -------
    float
        Square root of the Jensen-Shannon divergence in nats: 0 for equal
        histograms, 0.833 (the root of ln 2) for histograms that share no
        bin. **Lower is better**. NaN if no value is left to count.

    Raises
    ------
    CourseError
        If `n_bins` is below 1, or a side is empty, not one-dimensional, or
        holds NaN or infinity.

    References
    ----------
    Endres, Schindelin (2003), A new metric for probability distributions.
    IEEE Transactions on Information Theory 49(7).

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    check_range("n_bins", n_bins, 1, 10_000)
    real, generated = checked_values(real), checked_values(generated)
    edges = _edges(real, min(n_bins, len(real)))
    counts = [_counts(values, edges) for values in (real, generated)]
    if not outside:
        counts = [inner[1:-1] for inner in counts]
    if not counts[1].any():
        return math.nan
    return float(jensenshannon(*counts))


def similarity(real: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """Return the four parts of the similarity score by name.

    Arguments and errors as in `basic_statistics`; see each function.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    parts = (
        basic_statistics,
        correlation_correlation,
        column_correlation,
        pca_correlation,
    )
    return {part.__name__: part(real, generated) for part in parts}


def similarity_score(parts: dict[str, float]) -> float:
    """Return the mean of the parts that are not NaN; NaN if all are.

    Parameters
    ----------
    parts : dict
        The result of `similarity`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    defined = [value for value in parts.values() if not math.isnan(value)]
    return float(np.mean(defined)) if defined else math.nan


def _correlation(measure: object, x: np.ndarray, y: np.ndarray) -> float:
    """Return a correlation of SciPy, or NaN where a side never changes."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(measure(x, y).statistic)


def _varying(
    real: np.ndarray, generated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the columns that change from row to row on both sides."""
    kept = (np.ptp(real, axis=0) > 0) & (np.ptp(generated, axis=0) > 0)
    return real[:, kept], generated[:, kept]


def _quantiles(values: np.ndarray, n: int) -> np.ndarray:
    """Return n quantiles at even steps: the sorted values if n is theirs."""
    ordered = np.sort(values)
    if n == len(ordered):
        return ordered
    return np.quantile(ordered, np.linspace(0, 1, n))


def _variances(table: np.ndarray) -> np.ndarray:
    """Return the variances along the main directions, largest first."""
    centred = table - table.mean(axis=0)
    stretches = np.linalg.svd(centred, compute_uv=False)
    return stretches**2 / (len(table) - 1)


def _edges(real: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the n_bins + 1 ends of the bins; a bin holds its right end."""
    low, high = float(real.min()), float(real.max())
    margin = BIN_MARGIN * ((high - low) or abs(low) or 1.0)
    if high == low:
        return np.linspace(low - margin, high + margin, n_bins + 1)
    edges = np.linspace(low, high, n_bins + 1)
    edges[0] -= margin
    return edges


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count the values below, in each bin, and above."""
    places = np.searchsorted(edges, values, side="left")
    return np.bincount(places, minlength=len(edges) + 1)
