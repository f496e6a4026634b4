"""How many independent observations a series of values is worth.

The frames of a sound, and far more so its samples, follow each other on a
smooth curve: the next one is known in part before it comes. A test that
counts them all as independent is too sure of itself. The *effective sample
size* is the number of independent values whose mean would be known as well
as the mean of these:

    N times the variance of a value / long-run variance,

where the long-run variance is the sum of the autocovariance over all lags,
both ways. The sum is cut where noise takes over, by Geyer's rule: lags are
taken in pairs, and the first pair with a sum of 0 or less ends it.

`block` averages that many neighbours before the sum is taken. Geyer's rule
is made for series whose autocovariance only falls. That of a tone swings: its
first half period ends the sum, and what is slower, such as the notes, goes
unseen. So for samples of sound give a block longer than the period of the
lowest tone. 1 is right for frames and notes.

Taught in: notebooks/60_table_evaluation.ipynb
"""

import math

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import kstwo

from course_utils.basics.checks import CourseError, check_range
from course_utils.evaluation.table_checks import checked_values
from course_utils.evaluation.tabular import ks_statistic

MIN_BLOCKS = 8  # fewer say nothing about what follows what
SHARES = np.arange(1, 10) / 10  # of the values below: where curves are tested


def autocovariance(values: np.ndarray) -> np.ndarray:
    """Return how values vary together with those some places later.

    Parameters
    ----------
    values : np.ndarray, shape (N,)
        In order, in any unit.

    Returns
    -------
    np.ndarray, shape (N,)
        Lag 0 (the variance) to N - 1, in the unit squared; divided by N at
        each lag, so that far lags are small.

    Raises
    ------
    CourseError
        If values are missing, not one-dimensional, or NaN or infinite.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    values = checked_values(values)
    n = len(values)
    size = next_fast_len(2 * n, real=True)  # zeros, so that ends do not meet
    spectrum = rfft(values - values.mean(dtype=np.float64), size)
    return irfft(np.abs(spectrum) ** 2, size)[:n] / n


def effective_sample_size(values: np.ndarray, block: int = 1) -> float:
    """Return how many independent values would know the mean as well.

    For a series in which each value is `rho` times the last one plus fresh
    noise it is N (1 - rho) / (1 + rho); so 1,000 frames with rho = 0.9 are
    worth about 53.

    Parameters
    ----------
    values : np.ndarray, shape (N,)
        In their order, in any unit.
    block : int
        Neighbours that are averaged first; see the module.

    Returns
    -------
    float
        Larger than N if neighbours lie on opposite sides of the mean, up to
        N times log10 N: a smaller long-run variance is lost in the noise of
        its estimate, and Stan cuts it there too.

    Raises
    ------
    CourseError
        If there are fewer than 8 blocks, if all values are equal, or if
        they are not one-dimensional or not finite.

    References
    ----------
    Geyer (1992), Practical Markov chain Monte Carlo. Statistical Science
    7(4), section 3.3: the initial positive sequence.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    values = _series(values, block)
    return len(values) * values.var() / _long_run_variance(values, block)


def curve_sample_size(values: np.ndarray, block: int = 1) -> float:
    """Return how many independent values would know the distribution as well.

    The KS test compares not means but cumulative curves. A point of the
    curve is a mean too: of "below that value or not", 1 or 0, over the
    series. So the variances, and the long-run variances, of nine such series
    of 0 and 1, one for each tenth of the values, are added up and divided.

    Returns
    -------
    float
        At most N: a curve is never known better than from N independent
        values. Arguments and errors as in `effective_sample_size`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    values = _series(values, block)
    variance = long_run = 0.0
    for place in np.unique(np.quantile(values, SHARES)):
        below = (values <= place).astype(np.float64)
        if below.any() and not below.all():
            variance += below.var()
            long_run += _long_run_variance(below, block)
    return min(len(values) * variance / long_run, float(len(values)))


def ks_p_value(
    real: np.ndarray, generated: np.ndarray, block: int = 1
) -> float:
    """Return how likely a gap as large as D is if both have one source.

    The p-value of the two-sample KS test, with `curve_sample_size` in place
    of the numbers of values. If the values are independent it is that of
    `scipy.stats.ks_2samp(..., method="asymp")` but for the noise of the
    estimate.

    Limits. The size is an estimate, unsure by a fifth or so, and only as
    good as the series is long: what changes once in the whole clip, such as
    a key or a loudness, is not seen to repeat, and then p is too small. It
    is on the careful side for series whose autocorrelation falls steadily:
    of equal sources it calls fewer than 5 in 100 different at p < 0.05. A
    large p does not say that the sources are equal, only that this test
    found too little to tell them apart; and whether the *music* is alike it
    cannot say at all.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Values of one quantity, each side in its own order.
    block : int
        See `effective_sample_size`.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    CourseError
        As in `effective_sample_size`, for either side.

    References
    ----------
    Weiss (1978), Modification of the Kolmogorov-Smirnov statistic for use
    with correlated data. Journal of the American Statistical Association 73.
    Deviation: Weiss adjusts for autoregressive series; here the size is
    estimated from the curve itself.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    sizes = [curve_sample_size(side, block) for side in (real, generated)]
    together = sizes[0] * sizes[1] / (sizes[0] + sizes[1])
    d = ks_statistic(real, generated)
    return float(kstwo.sf(d, max(1, round(together))))


def _series(values: np.ndarray, block: int) -> np.ndarray:
    """Return values of which something can be said, in double precision."""
    check_range("block", block, 1, 10_000_000, "values")
    values = checked_values(values).astype(np.float64)
    if len(values) < MIN_BLOCKS * block or np.ptp(values) == 0:
        raise CourseError(
            f"at least {MIN_BLOCKS * block} values that are not all equal",
            f"{len(values)} values from {values.min()} to {values.max()}",
            "give a longer series, or a smaller block",
        )
    return values


def _long_run_variance(values: np.ndarray, block: int) -> float:
    """Return N times the variance of the mean of N such values, N large."""
    n_blocks = len(values) // block
    means = values[: n_blocks * block].reshape(n_blocks, block).mean(axis=1)
    covariance = autocovariance(means)
    pairs = covariance[: n_blocks // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    n_pairs = max(int(ends[0]) if len(ends) else len(pairs), 1)
    found = block * float(2 * pairs[:n_pairs].sum() - covariance[0])
    return max(found, values.var() / max(math.log10(len(values)), 1.0))
