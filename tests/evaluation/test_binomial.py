from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from course_utils.basics.checks import CourseError
from course_utils.evaluation import binomial

EXACT = 1e-12  # relative; SciPy's tails against whole numbers
COUNTS = [(0, 1), (1, 1), (0, 9), (7, 12), (12, 12), (29, 40), (300, 520)]


def tail(k, n, p=Fraction(1, 2)):
    """Return P(at least k right of n) as a fraction, without rounding."""
    terms = (comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    return sum(terms, Fraction(0))


def brute_fewest(n, alpha):
    return next((k for k in range(n + 1) if tail(k, n) <= alpha), n + 1)


@pytest.mark.parametrize(("k", "n"), COUNTS)
def test_p_value_is_the_tail_counted_in_whole_numbers(k, n):
    got = binomial.p_value(k, n)
    assert got == pytest.approx(float(tail(k, n)), rel=EXACT)


@pytest.mark.parametrize(("k", "n"), COUNTS)
def test_p_value_and_interval_equal_scipys(k, n):
    test = binomtest(k, n, 0.5, alternative="greater")
    assert binomial.p_value(k, n) == pytest.approx(test.pvalue, rel=EXACT)
    interval = binomtest(k, n).proportion_ci(0.95, method="exact")
    got = binomial.clopper_pearson(k, n)
    assert got == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_the_lady_who_tastes_eight_cups_by_hand():
    # 8 of 8: 1/256; 7 of 8: (1 + 8)/256; 6 of 8: (1 + 8 + 28)/256.
    assert binomial.p_value(8, 8) == pytest.approx(1 / 256)
    assert binomial.p_value(7, 8) == pytest.approx(9 / 256)
    assert binomial.p_value(6, 8) == pytest.approx(37 / 256)
    assert binomial.fewest_right(8) == 7


def test_interval_at_its_ends_has_a_closed_form():
    low, high = binomial.clopper_pearson(10, 10, level=0.9)
    assert (low, high) == (pytest.approx(0.05**0.1), 1.0)
    low, high = binomial.clopper_pearson(0, 10, level=0.9)
    assert (low, high) == (0.0, pytest.approx(1 - 0.05**0.1))


def test_interval_is_mirrored_when_right_and_wrong_change_places():
    low, high = binomial.clopper_pearson(3, 11)
    mirrored = binomial.clopper_pearson(8, 11)
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_interval_covers_at_least_as_often_as_it_promises():
    n, p = 13, Fraction(7, 10)
    chances = [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    ends = [binomial.clopper_pearson(k, n) for k in range(n + 1)]
    covered = sum(
        chance
        for chance, (low, high) in zip(chances, ends, strict=True)
        if low <= p <= high
    )
    assert 0.95 <= covered < 1


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.2])
def test_fewest_right_is_what_counting_finds(alpha):
    for n in range(1, 60):
        assert binomial.fewest_right(n, alpha) == brute_fewest(n, alpha)


def test_a_tail_equal_to_alpha_is_rare_enough():
    assert binomial.fewest_right(5, 1 / 32) == 5
    assert binomial.fewest_right(5, 1 / 33) == 6  # cannot be reached


def test_power_by_hand():
    # Of 5 answers all must be right (1/32 < 0.05 < 6/32).
    assert binomial.power(5, 0.9) == pytest.approx(0.9**5)
    # Of 8 answers 7 or 8: 8 * 0.8^7 * 0.2 + 0.8^8.
    assert binomial.power(8, 0.8) == pytest.approx(1.6 * 0.8**7 + 0.8**8)
    assert binomial.power(4, 1.0) == 0  # 1/16 is not rare enough
    assert binomial.power(40, 0.5) <= 0.05


def test_power_agrees_with_simulated_listeners():
    rng = np.random.default_rng(0)
    right = (rng.random((20_000, 30)) < 0.7).sum(axis=1)
    rare = np.array([binomial.p_value(k, 30) <= 0.05 for k in range(31)])
    passed = rare[right].mean()
    error = np.sqrt(passed * (1 - passed) / len(right))
    assert binomial.power(30, 0.7) == pytest.approx(passed, abs=4 * error)


@pytest.mark.parametrize("p_right", [0.7, 0.8, 0.95])
def test_answers_needed_is_the_first_number_after_which_power_stays(p_right):
    n = binomial.answers_needed(p_right)
    assert binomial.power(n - 1, p_right) < 0.8
    later = [binomial.power(m, p_right) for m in range(n, 4 * n)]
    assert min(later) >= 0.8


def test_answers_needed_by_hand():
    # A perfect listener: 1/2^n <= 0.05 first at n = 5.
    assert binomial.answers_needed(1.0) == 5
    assert binomial.answers_needed(1.0, alpha=0.01) == 7


def test_a_listener_who_guesses_is_never_noticed():
    with pytest.raises(CourseError, match="within 100,000 answers"):
        binomial.answers_needed(0.5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: binomial.p_value(0, 0), "answers from 1"),
        (lambda: binomial.p_value(5, 4), "right answers from 0 to 4"),
        (lambda: binomial.clopper_pearson(1, 2, 1.5), "level from 0"),
        (lambda: binomial.power(5, 1.5), "p_right from 0"),
        (lambda: binomial.fewest_right(0), "answers from 1"),
        (lambda: binomial.answers_needed(0.4), "p_right from 0.5"),
    ],
)
def test_a_number_out_of_range_is_named(call, text):
    with pytest.raises(CourseError, match=text):
        call()
