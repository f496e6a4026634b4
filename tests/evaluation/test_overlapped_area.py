import numpy as np
import pytest
from scipy.stats import gaussian_kde, norm

from course_utils.basics.checks import CourseError
from course_utils.evaluation.overlapped_area import (
    compare_sets,
    compare_tables,
    overlap,
)

N = 4000
# A normal heap of N values, smoothed by Scott's width, is a normal density
# again, of this standard deviation.
SIGMA = np.sqrt(1 + N**-0.4)
NORMAL = norm.ppf((np.arange(N) + 0.5) / N)
ATOL = 0.01  # the heap is finite and the density lies on a grid


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 1.0])
def test_two_normal_heaps_overlap_as_the_formula_says(shift):
    area, kl = overlap(NORMAL, NORMAL + shift)
    assert area == pytest.approx(2 * norm.cdf(-shift / SIGMA / 2), abs=ATOL)
    expected = shift**2 / SIGMA**2 / 2
    assert kl == pytest.approx(expected, abs=ATOL + 0.02 * expected)


def test_the_density_is_scipys():
    rng = np.random.default_rng(0)
    first, second = rng.gamma(2.0, size=300), rng.gamma(3.0, size=200)
    x = np.linspace(-5, 25, 20_000)
    p, q = gaussian_kde(first)(x), gaussian_kde(second)(x)
    area, kl = overlap(first, second)
    assert area == pytest.approx(np.trapezoid(np.minimum(p, q), x), abs=1e-3)
    expected = np.trapezoid(p * np.log((p + 1e-12) / (q + 1e-12)), x)
    assert kl == pytest.approx(expected, abs=5e-3)


def test_distances_are_between_all_pairs():
    # pairs: 1, 3, 2 apart; 0, 0, 0 apart; from 10: 10, 9, 7 each
    found = compare_sets(np.array([0.0, 1, 3]), np.array([10.0, 10, 10]))
    assert found.real_intra == pytest.approx(2)
    assert found.generated_intra == 0
    assert found.inter == pytest.approx(26 / 3)
    assert found.generated_area == pytest.approx(0, abs=1e-6)
    assert found.generated_kl > 5


def test_rows_are_compared_by_euclidean_distance():
    real = np.array([[0.0, 0], [3, 4], [6, 8]])  # 5, 10, 5 apart
    found = compare_sets(real, real)
    assert found.real_intra == pytest.approx(20 / 3)
    assert found.inter == pytest.approx(40 / 9)  # with three zeros of nine


def test_two_halves_of_one_set_overlap_and_one_repeated_piece_does_not():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(200, 3))
    same = compare_sets(rows[:100], rows[100:])
    assert same.real_area > 0.9
    assert same.generated_area > 0.9
    average = np.zeros((100, 3)) + 1e-3 * rng.normal(size=(100, 3))
    stuck = compare_sets(rows[:100], average)
    assert stuck.generated_intra < 0.01 < stuck.real_intra
    assert stuck.generated_area < 0.1


def test_sets_that_never_vary_and_are_alike_overlap_wholly():
    found = compare_sets(np.full(5, 100.0), np.full(4, 100.0))
    assert found.real_area == found.generated_area == pytest.approx(1)
    assert found.real_kl + found.generated_kl == pytest.approx(0)


def test_the_unit_does_not_change_area_and_divergence():
    rng = np.random.default_rng(2)
    real, generated = rng.normal(size=50), rng.normal(1.0, 2.0, size=40)
    one = compare_sets(real, generated)
    other = compare_sets(1000 * real, 1000 * generated)
    assert other.real_area == pytest.approx(one.real_area, abs=1e-6)
    assert other.real_kl == pytest.approx(one.real_kl, abs=1e-6)
    assert other.inter == pytest.approx(1000 * one.inter)


def test_tables_are_compared_feature_by_feature():
    rng = np.random.default_rng(3)
    table = {"range": rng.normal(size=9), "classes": rng.random((9, 12))}
    found = compare_tables(table, table)
    assert set(found) == {"range", "classes"}
    assert found["range"] == compare_sets(table["range"], table["range"])
    with pytest.raises(CourseError, match="the same features"):
        compare_tables(table, {"range": table["range"]})


@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (np.zeros(2), np.zeros(5), "at least three pieces"),
        (np.zeros((4, 2)), np.zeros((4, 3)), "rows of one size"),
        (np.array([1, 2, np.nan]), np.zeros(3), "finite numbers"),
        (np.zeros((3, 3, 3)), np.zeros(3), "at least three pieces"),
    ],
)
def test_what_cannot_be_compared_is_refused(real, generated, message):
    with pytest.raises(CourseError, match=message):
        compare_sets(real, generated)
