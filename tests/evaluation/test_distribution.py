import math

import numpy as np
import pytest
from scipy.linalg import sqrtm

from course_utils.basics.checks import CourseError
from course_utils.evaluation.distribution import (
    entropies,
    frechet_distance,
    inception_score,
    right_notes,
    symmetric_root,
)

SURE = 1e4  # a logit that makes a softmax one-hot
ATOL = 1e-9  # sums of float64


def one_hot(classes, n_classes):
    return SURE * np.eye(n_classes)[classes]


def test_a_sure_answer_has_no_entropy_and_a_blank_one_all():
    assert entropies(one_hot([0, 3], 5)) == pytest.approx([0, 0], abs=ATOL)
    assert entropies(np.zeros((2, 5))) == pytest.approx([math.log(5)] * 2)


def test_entropy_of_a_fair_coin_among_many_is_ln_2():
    logits = np.array([[0.0, 0.0, -SURE, -SURE]])
    assert entropies(logits) == pytest.approx([math.log(2)])


@pytest.mark.parametrize("n_classes", [2, 7])
def test_sure_and_even_answers_score_the_number_of_classes(n_classes):
    classes = np.repeat(np.arange(n_classes), 3)
    score = inception_score(one_hot(classes, n_classes))
    assert score == pytest.approx(n_classes)


def test_one_class_or_no_opinion_scores_1():
    assert inception_score(one_hot([2] * 9, 4)) == pytest.approx(1)
    assert inception_score(np.zeros((9, 4))) == pytest.approx(1)


def test_a_dropped_class_lowers_the_inception_score():
    kept = one_hot(np.arange(12) % 3, 4)
    assert inception_score(kept) == pytest.approx(3)


def test_notes_count_as_right_only_in_the_class_asked_for():
    logits = one_hot([0, 1, 2, 2], 3)
    found = right_notes(logits, np.array([0, 1, 2, -1]))
    assert found.tolist() == [True, True, True, False]
    assert not right_notes(logits, np.array([1, 2, 0, 0])).any()


def test_a_set_lies_at_0_from_itself(np_rng):
    values = np_rng.normal(size=(50, 8)) @ np_rng.normal(size=(8, 8))
    assert frechet_distance(values, values) == pytest.approx(0, abs=1e-6)


def test_a_shift_costs_its_square(np_rng):
    values = np_rng.normal(size=(40, 6))
    shift = np.arange(6.0)
    moved = frechet_distance(values, values + shift)
    assert moved == pytest.approx(shift @ shift, rel=1e-6)


def test_a_scaling_costs_the_difference_of_the_deviations(np_rng):
    values = np_rng.normal(size=(40, 6))
    values -= values.mean(axis=0)
    variance = values.var(axis=0, ddof=1).sum()
    assert frechet_distance(values, 3 * values) == pytest.approx(
        (3 - 1) ** 2 * variance, rel=1e-6
    )


def test_large_samples_reach_the_closed_form_of_two_gaussians(np_rng):
    deviation1, deviation2 = np.array([1.0, 2.0]), np.array([2.0, 0.5])
    first = np_rng.normal(size=(200_000, 2)) * deviation1
    second = np_rng.normal(size=(200_000, 2)) * deviation2 + 1
    expected = 2 + ((deviation1 - deviation2) ** 2).sum()
    assert frechet_distance(first, second) == pytest.approx(expected, rel=0.02)


def test_distance_equals_that_with_the_root_of_scipy(np_rng):
    first = np_rng.normal(size=(60, 5)) @ np_rng.normal(size=(5, 5))
    second = np_rng.normal(size=(90, 5)) @ np_rng.normal(size=(5, 5)) + 0.3
    c1, c2 = (np.cov(x, rowvar=False) for x in (first, second))
    step = first.mean(axis=0) - second.mean(axis=0)
    root = sqrtm(c1 @ c2).real
    expected = step @ step + np.trace(c1 + c2 - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(second, first) == pytest.approx(expected)


def test_the_root_times_itself_is_the_matrix(np_rng):
    values = np_rng.normal(size=(30, 4))
    matrix = np.cov(values, rowvar=False)
    root = symmetric_root(matrix)
    assert root @ root == pytest.approx(matrix)


def test_more_noise_is_farther(np_rng):
    real = np_rng.normal(size=(300, 4))
    noise = np_rng.normal(size=(300, 4))
    ladder = [frechet_distance(real, real + a * noise) for a in (0, 0.5, 1, 2)]
    assert ladder == sorted(ladder)


@pytest.mark.parametrize("shape", [(0, 3), (3,)])
def test_what_is_not_one_row_a_note_is_refused(shape):
    with pytest.raises(CourseError, match="one row a note"):
        entropies(np.zeros(shape))


def test_classes_must_be_asked_for_each_note():
    with pytest.raises(CourseError, match="one class asked"):
        right_notes(np.zeros((3, 2)), np.zeros(2, int))


@pytest.mark.parametrize("shape", [(1, 3), (5, 2)])
def test_sets_that_do_not_fit_are_refused(shape):
    with pytest.raises(CourseError, match="two sets of two or more"):
        frechet_distance(np.zeros(shape), np.zeros((5, 3)))
