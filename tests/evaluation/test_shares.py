import pytest
from scipy.stats import binomtest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.shares import Z, share_right, wilson_interval


@pytest.mark.parametrize(("n_right", "n"), [(0, 5), (5, 5), (55, 60), (1, 2)])
def test_it_equals_scipys(n_right, n):
    theirs = binomtest(n_right, n).proportion_ci(method="wilson")
    assert wilson_interval(n_right, n) == pytest.approx(
        (theirs.low, theirs.high), abs=1e-6
    )


def test_when_all_are_right_only_the_lower_end_is_open():
    low, high = wilson_interval(60, 60)
    assert low == pytest.approx(60 / (60 + Z**2))  # closed form at share 1
    assert high == 1.0


@pytest.mark.parametrize(("n_right", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(n_right, n):
    with pytest.raises(CourseError, match="no more right than there are"):
        wilson_interval(n_right, n)


def test_a_share_is_stored_with_its_interval():
    found = share_right([True, True, False])
    assert found["n"] == 3
    assert found["right"] == 2
    assert found["share"] == 0.6667
    low, high = found["interval"]
    assert low < 2 / 3 < high
    assert (low, high) == pytest.approx(wilson_interval(2, 3), abs=1e-4)
