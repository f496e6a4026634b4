from math import comb

import numpy as np
import pytest

from course_utils.exercises import chapter_64
from course_utils.exercises.check import check


def right_level(first, second):
    rms = [np.sqrt(np.mean(clip**2)) for clip in (first, second)]
    peak = max(np.abs(first).max() / rms[0], np.abs(second).max() / rms[1])
    return 0.9 / peak / rms[0], 0.9 / peak / rms[1]


def right_threshold(n, alpha):
    tails = (sum(comb(n, i) for i in range(k, n + 1)) for k in range(n + 2))
    return next(k for k, tail in enumerate(tails) if tail / 2**n <= alpha)


def right_odd(n_right, n):
    ways = (comb(n, i) * 2 ** (n - i) for i in range(n_right, n + 1))
    return sum(ways) / 3**n


def test_the_right_answers_pass(capsys):
    check("64.1", right_level)
    check("64.2", right_threshold)
    check("64.3", right_odd)
    assert capsys.readouterr().out.count("correct") == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda first, second: (1.0, 1.0), "they should be equal"),
        (lambda first, second: 1.0, "two factors"),
        (
            lambda first, second: np.divide(right_level(first, second), 2),
            "as possible would be 0.9",
        ),
    ],
)
def test_a_wrong_level_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_64.same_level(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda n, alpha: n, "Of 12 answers, with alpha 0.05, 10 must"),
        (
            lambda n, alpha: min(right_threshold(n, alpha), n),
            "Of 4 answers, with alpha 0.05, 5 must",
        ),
    ],
)
def test_a_wrong_threshold_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_64.threshold(answer)


@pytest.mark.parametrize(
    "answer",
    [
        lambda n_right, n: sum(
            comb(n, i) / 2**n for i in range(n_right, n + 1)
        ),
        lambda n_right, n: right_odd(n_right + 1, n),
    ],
)
def test_a_wrong_p_value_is_explained(answer):
    with pytest.raises(AssertionError, match="at least as well"):
        chapter_64.odd_one_out(answer)


def test_the_empty_stubs_do_not_pass(capsys):
    check("64.1", lambda first, second: None)
    check("64.2", lambda n, alpha: None)
    check("64.3", lambda n_right, n: None)
    out = capsys.readouterr().out
    assert "correct" not in out
    assert out.count("still empty") == 3
