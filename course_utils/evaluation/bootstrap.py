"""How far a score could have come out otherwise: bootstrap intervals.

The notes that were scored are drawn again, as many and with repeats, a
thousand times, and the score is computed for each draw. The middle 95 % of
these scores are the interval. It covers the luck in which notes were drawn;
it does not cover another training, another judge or another data set.

Source: Efron (1979), Bootstrap methods, Annals of Statistics 7.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.runtime import numpy_rng

N_RESAMPLES = 1000
LEVEL = 0.95


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float],
    n: int,
    seed: int,
    *,
    n_resamples: int = N_RESAMPLES,
    centre: bool = False,
) -> tuple[float, float]:
    """Return the 95 % percentile interval of any score of n items.

    Parameters
    ----------
    statistic : callable
        Takes places, integers of shape (n,) below n, some of them repeated;
        returns the score of the items there.
    n : int
        Number of items.
    seed : int
        Of the draws.
    n_resamples : int
        How often is drawn.
    centre : bool
        Move the interval so that its draws have the score itself as mean.
        For a score that repeats alone make worse, such as a distance between
        distributions or NDB; else such a score could lie outside its own
        interval.

    Returns
    -------
    low, high : float

    Raises
    ------
    CourseError
        If there is no item.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    if n < 1:
        raise CourseError("at least one item", n, "score some notes first")
    check_range("n_resamples", n_resamples, 2, 10**7)
    rng = numpy_rng(seed)
    scores = np.array(
        [statistic(rng.integers(0, n, n)) for _ in range(n_resamples)],
        dtype=float,
    )
    if centre:
        scores += statistic(np.arange(n)) - scores.mean()
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def mean_interval(
    values: Sequence[float] | np.ndarray, seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of a mean; a share is a mean of 0s and 1s.

    Parameters
    ----------
    values : sequence of float, length n
        One a note.
    seed : int
        Of the draws.

    Raises
    ------
    CourseError
        If there is no value.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    values = np.asarray(values, dtype=float)
    return bootstrap_interval(
        lambda places: values[places].mean(), len(values), seed
    )
