"""How far a share could have come out otherwise: Wilson's interval.

A share is k of n pieces that were judged right. Unlike the bootstrap it also
says something when all were right: 60 of 60 is not "100 % for sure".

Source: Wilson (1927), Probable inference, the law of succession, and
statistical inference, Journal of the American Statistical Association 22.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import math
from collections.abc import Sequence

from course_utils.basics.checks import CourseError

Z = 1.959964  # standard deviations around a normal mean that hold 95 %


def wilson_interval(n_right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Parameters
    ----------
    n_right, n : int
        How many of how many.

    Returns
    -------
    low, high : float
        Between 0 and 1; the share lies inside.

    Raises
    ------
    CourseError
        If n is 0, or n_right is not from 0 to n.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    if not 0 <= n_right <= n or n == 0:
        raise CourseError(
            "at least one item, and no more right than there are",
            f"{n_right} of {n}",
            "count again",
        )
    share = n_right / n
    centre = share + Z**2 / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + (Z / (2 * n)) ** 2)
    size = 1 + Z**2 / n
    low, high = (centre - spread) / size, (centre + spread) / size
    return max(low, 0.0), min(high, 1.0)


def share_right(right: Sequence[bool]) -> dict[str, object]:
    """Return a share with its interval, ready to be stored.

    Parameters
    ----------
    right : sequence of bool
        One an item; none: an error as in `wilson_interval`.

    Returns
    -------
    dict
        `n`, `right` (how many), `share`, `interval` (low, high), with four
        decimals.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    n, n_right = len(right), sum(map(bool, right))
    ends = wilson_interval(n_right, n)
    return {
        "n": n,
        "right": n_right,
        "share": round(n_right / n, 4),
        "interval": [round(end, 4) for end in ends],
    }
