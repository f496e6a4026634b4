import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.note_variety import variety_within


def test_the_variety_is_the_mean_distance_of_pairs_of_one_kind():
    rows = np.array([[0, 0], [3, 4], [10, 0], [15, 12], [99, 99]], float)
    kinds = np.array([0, 0, 1, 1, 2])
    assert variety_within(rows, kinds) == pytest.approx((5 + 13) / 2)


def test_copies_have_no_variety(np_rng):
    rows = np_rng.normal(size=(4, 7)).astype(np.float32)
    twice = np.concatenate([rows, rows])
    kinds = np.arange(8) % 4
    assert variety_within(twice, kinds) == pytest.approx(0, abs=1e-6)


def test_a_kind_may_be_named_by_pitch_and_timbre(np_rng):
    rows = np_rng.normal(size=(6, 3))
    pairs = np.array([[60, 0], [60, 1], [62, 0], [60, 0], [60, 1], [62, 0]])
    names = np.array([0, 1, 2, 0, 1, 2])
    assert variety_within(rows, pairs) == variety_within(rows, names)


def test_noise_of_n_values_is_as_various_as_theory_says(np_rng):
    rows = np_rng.normal(size=(60, 4000)) / 4000**0.5
    expected = 2**0.5  # of two independent rows of mean square 1
    got = variety_within(rows, np.zeros(60))
    assert got == pytest.approx(expected, rel=0.01)


def test_sets_without_pairs_or_of_other_sizes_are_refused(np_rng):
    rows = np_rng.normal(size=(3, 5))
    with pytest.raises(CourseError, match="two notes of one kind"):
        variety_within(rows, np.arange(3))
    with pytest.raises(CourseError, match="one row and one kind"):
        variety_within(rows, np.zeros(4))
