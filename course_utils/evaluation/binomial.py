"""How sure a count is: the binomial test, its interval and its power.

A listener who hears no difference is right as often as a coin shows heads.
How many heads that can be, and how many answers are needed before a listener
who does hear something is noticed, follows from the binomial distribution
alone. Nothing here is an approximation.

Conventions: n answers, k of them right; the test is one-sided, because only
more right answers than a coin's speak for hearing; alpha is the share of
coins that it calls listeners.

Taught in: notebooks/64_listening_test.ipynb
"""

import math

import numpy as np
from scipy.stats import beta, binom

from course_utils.basics.checks import CourseError, check_range

CHANCE = 0.5  # two answers to choose from
ALPHA = 0.05
POWER = 0.8
LEVEL = 0.95
MAX_ANSWERS = 100_000


def p_value(n_right: int, n: int, chance: float = CHANCE) -> float:
    """Return how often guessing gives at least so many right answers.

    Parameters
    ----------
    n_right, n : int
        Right answers, and all of them.
    chance : float
        The probability that a guess is right.

    Raises
    ------
    CourseError
        If there is no answer, or more are right than were given.

    Taught in: notebooks/64_listening_test.ipynb
    """
    _check_counts(n_right, n)
    check_range("chance", chance, 0.0, 1.0)
    return float(binom.sf(n_right - 1, n, chance))


def clopper_pearson(
    n_right: int, n: int, level: float = LEVEL
) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for a share.

    It holds every probability of being right for which neither a count so
    high nor one so low would be rare. It covers the true one in at least
    `level` of all tests, never in fewer.

    Parameters
    ----------
    n_right, n : int
        Right answers, and all of them.
    level : float
        Between 0 and 1.

    Returns
    -------
    low, high : float

    Raises
    ------
    CourseError
        If a number is out of range.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.

    Taught in: notebooks/64_listening_test.ipynb
    """
    _check_counts(n_right, n)
    check_range("level", level, 0.0, 1.0)
    tail, n_wrong = (1 - level) / 2, n - n_right
    low = beta.ppf(tail, n_right, n_wrong + 1) if n_right else 0.0
    high = beta.isf(tail, n_right + 1, n_wrong) if n_wrong else 1.0
    return float(low), float(high)


def fewest_right(n: int, alpha: float = ALPHA) -> int:
    """Return the fewest right answers of n that guessing seldom gives.

    Parameters
    ----------
    n : int
        Answers.
    alpha : float
        Guessing may give so many right answers with this probability at most.

    Returns
    -------
    int
        n + 1 where not even n right answers would be rare enough.

    Taught in: notebooks/64_listening_test.ipynb
    """
    check_range("answers", n, 1, MAX_ANSWERS)
    check_range("alpha", alpha, 0.0, 1.0)
    return int(_fewest(np.array(n), alpha))


def power(n: int, p_right: float, alpha: float = ALPHA) -> float:
    """Return how often a listener passes the test.

    Parameters
    ----------
    n : int
        Answers that the listener gives.
    p_right : float
        The probability that an answer of this listener is right.
    alpha : float
        See `fewest_right`.

    Taught in: notebooks/64_listening_test.ipynb
    """
    check_range("p_right", p_right, 0.0, 1.0)
    return float(binom.sf(fewest_right(n, alpha) - 1, n, p_right))


def answers_needed(
    p_right: float, alpha: float = ALPHA, wanted: float = POWER
) -> int:
    """Return how many answers are needed to notice a listener.

    The power rises like a saw: one more answer may ask for one more right
    answer, and then the power falls a little. The number returned is the one
    from which on the power stays at `wanted` or above.

    Parameters
    ----------
    p_right : float
        The probability that an answer of this listener is right; above 1/2.
    alpha : float
        See `fewest_right`.
    wanted : float
        The power that is asked for, below 1.

    Raises
    ------
    CourseError
        If a number is out of range, or more than 100,000 answers may be
        needed.

    Taught in: notebooks/64_listening_test.ipynb
    """
    check_range("p_right", p_right, CHANCE, 1.0)
    check_range("alpha", alpha, 1e-6, 0.5)
    check_range("power", wanted, 0.0, 1 - 1e-6)
    n_last = _surely_enough(p_right - CHANCE, alpha, 1 - wanted)
    if n_last > MAX_ANSWERS:
        raise CourseError(
            f"a listener who is noticed within {MAX_ANSWERS:,} answers",
            f"one who is right with probability {p_right}",
            "ask for less power, or for a larger difference",
        )
    n = np.arange(1, n_last + 1)
    enough = binom.sf(_fewest(n, alpha) - 1, n, p_right) >= wanted
    return int(n[~enough].max(initial=0)) + 1


def _surely_enough(edge: float, alpha: float, missed: float) -> float:
    """Return a number of answers from which on the power surely suffices.

    By Hoeffding's bound guessing reaches n / 2 + sqrt(n log(1 / alpha) / 2)
    with probability alpha at most, and a listener who is right more often by
    `edge` falls short of n / 2 + n edge - sqrt(n log(1 / missed) / 2) with
    probability `missed` at most. Where the first plus 1 is below the second,
    the listener passes.
    """
    if edge <= 0:
        return math.inf
    width = math.sqrt(math.log(1 / alpha) / 2)
    width += math.sqrt(math.log(1 / missed) / 2)
    root = (width + math.sqrt(width**2 + 4 * edge)) / (2 * edge)
    return math.ceil(root**2)


def _fewest(n: np.ndarray, alpha: float) -> np.ndarray:
    """Return `fewest_right` of each n."""
    return binom.isf(alpha, n, CHANCE) + 1


def _check_counts(n_right: int, n: int) -> None:
    """Raise `CourseError` unless 0 <= n_right <= n and 1 <= n."""
    check_range("answers", n, 1, MAX_ANSWERS)
    check_range("right answers", n_right, 0, n)
