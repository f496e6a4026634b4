import numpy as np
import pytest
from scipy.stats import binom

from course_utils.basics.checks import CourseError
from course_utils.evaluation.bootstrap import (
    bootstrap_interval,
    mean_interval,
)

SHARE_ATOL = 0.015  # a quantile of 1000 draws, and steps of 1/200


@pytest.mark.parametrize("right", [100, 160, 190])
def test_the_interval_of_a_share_is_the_binomial_one(right):
    values = np.arange(200) < right
    expected = binom(200, right / 200).ppf([0.025, 0.975]) / 200
    assert mean_interval(values, 0) == pytest.approx(expected, abs=SHARE_ATOL)


def test_the_interval_of_a_mean_is_1_96_standard_errors(np_rng):
    values = np_rng.normal(3, 2, 400)
    low, high = mean_interval(values, 1)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert (high - low) / 2 == pytest.approx(1.96 * 2 / 20, rel=0.1)


def test_equal_values_leave_no_doubt():
    assert mean_interval([1.0] * 7, 0) == (1, 1)


def test_one_seed_gives_one_interval(np_rng):
    values = np_rng.normal(size=50)
    assert mean_interval(values, 3) == mean_interval(values, 3)
    assert mean_interval(values, 3) != mean_interval(values, 4)


def test_a_score_that_repeats_make_worse_lies_in_its_centred_interval():
    def repeats(places):
        return len(places) - len(np.unique(places))

    plain = bootstrap_interval(repeats, 100, 0)
    low, high = bootstrap_interval(repeats, 100, 0, centre=True)
    assert plain[0] > repeats(np.arange(100)) == 0
    assert low < 0 < high


def test_no_item_is_refused():
    with pytest.raises(CourseError, match="at least one item"):
        mean_interval([], 0)
