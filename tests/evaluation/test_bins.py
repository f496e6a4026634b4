import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from sklearn.cluster import KMeans

from course_utils.basics.checks import CourseError
from course_utils.evaluation.bins import (
    Bins,
    compare_bins,
    compare_places,
    first_centres,
    fit_bins,
    lloyd,
    nearest_centres,
    squared_distances,
)


def islands(rng, counts, spread=0.1):
    """Return points around the corners of a far-flung simplex."""
    corners = 10 * np.eye(len(counts))
    rows = np.repeat(corners, counts, axis=0)
    return rows + spread * rng.normal(size=rows.shape)


def test_a_set_fills_its_own_bins_alike(np_rng):
    values = np_rng.normal(size=(200, 3))
    found = compare_bins(fit_bins(values, 0, 10), values)
    assert (found.ndb, found.js_divergence) == (0, 0)
    assert (found.z == 0).all()


def test_clear_islands_become_the_bins(np_rng):
    counts = [30, 50, 20, 40]
    bins = fit_bins(islands(np_rng, counts), 0, 4)
    assert sorted(bins.counts) == sorted(counts)


def test_a_dropped_island_is_found_missing(np_rng):
    bins = fit_bins(islands(np_rng, [200] * 4), 0, 4)
    found = compare_bins(bins, islands(np_rng, [267, 267, 266, 0]))
    assert found.counts.min() == 0
    assert found.z[found.counts.argmin()] < -1.96
    assert found.ndb == 4  # what one lacks, three have too much


def test_another_draw_differs_in_few_bins(np_rng):
    bins = fit_bins(np_rng.normal(size=(1000, 2)), 0, 50)
    found = compare_bins(bins, np_rng.normal(size=(1000, 2)))
    assert found.ndb <= 8  # 2.5 expected by chance


def test_one_island_only_gives_the_divergence_in_closed_form():
    bins = Bins(np.array([[0.0], [10.0]]), np.array([50, 50]))
    found = compare_bins(bins, np.zeros((80, 1)))
    p, q = np.array([0.5, 0.5]), np.array([1, 1e-300])
    m = (p + q) / 2
    expected = (p * np.log(p / m) + q * np.log(q / m)).sum() / 2
    assert found.js_divergence == pytest.approx(expected)
    assert found.js_divergence < math.log(2)


def test_z_equals_that_of_a_hand_computed_table():
    bins = Bins(np.zeros((2, 1)), np.array([30, 70]))
    places = np.array([0] * 10 + [1] * 190)
    found = compare_places(bins, places)
    both = 40 / 300
    error = math.sqrt(both * (1 - both) * (1 / 100 + 1 / 200))
    assert found.z[0] == pytest.approx((0.05 - 0.3) / error)
    assert found.z[1] == pytest.approx(-found.z[0])


def test_squared_z_is_the_chi_square_of_scipy():
    bins = Bins(np.zeros((2, 1)), np.array([30, 70]))
    found = compare_places(bins, np.array([0] * 10 + [1] * 190))
    table = [[30, 70], [10, 190]]
    expected = chi2_contingency(table, correction=False).statistic
    assert found.z[0] ** 2 == pytest.approx(expected)


def test_lloyd_ends_where_scikit_learn_does(np_rng):
    values = np_rng.normal(size=(150, 4))
    start = values[:6]
    centres, inertia = lloyd(values, start)
    other = KMeans(6, init=start, n_init=1, algorithm="lloyd", tol=0)
    other.fit(values)
    assert inertia == pytest.approx(other.inertia_)
    assert centres == pytest.approx(other.cluster_centers_)
    assert (nearest_centres(values, centres) == other.labels_).all()


def test_centres_are_drawn_far_apart(np_rng):
    values = islands(np_rng, [97, 1, 1, 1], spread=1e-6)
    drawn = first_centres(values, 4, np_rng)
    apart = squared_distances(drawn, drawn)[~np.eye(4, dtype=bool)]
    assert apart.min() > 100


def test_equal_notes_can_still_be_binned(np_rng):
    bins = fit_bins(np.ones((5, 2)), 0, 3)
    assert bins.counts.sum() == 5


def test_one_seed_gives_the_same_bins(np_rng):
    values = np_rng.normal(size=(60, 3))
    first, second = (fit_bins(values, 5, 8) for _ in range(2))
    assert (first.centres == second.centres).all()


def test_fewer_notes_than_bins_are_refused():
    with pytest.raises(CourseError, match="at least 50 notes"):
        fit_bins(np.zeros((49, 2)), 0)


@pytest.mark.parametrize("shape", [(0, 2), (4, 3), (2,)])
def test_notes_that_do_not_fit_the_bins_are_refused(shape):
    bins = Bins(np.zeros((2, 2)), np.array([1, 1]))
    with pytest.raises(CourseError, match="notes of 2 values"):
        compare_bins(bins, np.zeros(shape))
