import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.self_similarity import (
    bars_sounding,
    overlap,
    returning,
    self_similarity,
)
from course_utils.symbolic.chorale import REST, grid_to_sequence


def bar(pitches):
    """Return 16 sixteenths: the soprano sings each pitch for a quarter."""
    grid = np.full((16, 4), REST)
    grid[:, 0] = np.repeat(pitches, 4)
    return grid


def piece(*bars):
    return grid_to_sequence(np.concatenate(bars), 100.0, (4, 4))


A, B = bar([60, 62, 64, 65]), bar([67, 69, 71, 72])
HALF = bar([60, 62, 73, 70])  # two notes of A


def test_overlap_by_hand():
    assert overlap(frozenset({1, 2, 3}), frozenset({2, 3, 4})) == 0.5
    assert overlap(frozenset(), frozenset()) == 0.0


def test_equal_bars_are_alike_and_others_are_not():
    likeness = self_similarity(piece(A, B, A, HALF))
    expected = [[1, 0, 1, 1 / 3], [0, 1, 0, 0], [1, 0, 1, 1 / 3]]
    np.testing.assert_allclose(likeness[:3], expected)
    np.testing.assert_array_equal(likeness, likeness.T)


def test_octaves_do_not_matter_but_the_key_does():
    lower, higher = A - 12 * (A >= 0), A + 1 * (A >= 0)
    likeness = self_similarity(piece(A, lower, higher))
    assert likeness[0, 1] == 1
    assert likeness[0, 2] == 0  # of C D E F and C# D# F F#, none in place


def test_held_and_repeated_notes_are_alike():
    held = piece(bar([60, 60, 64, 64]), B)
    repeated = piece(bar([60, 60, 64, 64]), B)
    del repeated.notes[0]  # held for two quarters
    for beat in range(2):
        edges = {"start_time": 0.6 * beat, "end_time": 0.6 * (beat + 1)}
        repeated.notes.add(pitch=60, velocity=80, **edges)
    assert len(repeated.notes) == len(held.notes) + 1
    assert bars_sounding(repeated) == bars_sounding(held)


def test_the_same_notes_at_other_places_are_not_alike():
    turned = np.roll(A, 4, axis=0)
    assert self_similarity(piece(A, turned))[0, 1] == 0


def test_silent_bars_are_like_no_other_bar():
    silence = np.full((16, 4), REST)
    likeness = self_similarity(piece(A, silence, silence, A))
    assert likeness[1, 2] == 0
    assert likeness[1, 1] == 1


def test_what_returns_by_hand():
    likeness = self_similarity(piece(A, B, A, HALF))
    # bar 3 is bar 1; bar 4 is nearest to bar 1 again, a third
    assert returning(likeness) == pytest.approx((1 + 1 / 3) / 2)
    assert returning(likeness, apart=3) == pytest.approx(1 / 3)


def test_a_bar_that_only_goes_on_is_no_return():
    likeness = self_similarity(piece(A, B, B))
    assert returning(likeness) == 0
    assert returning(likeness, apart=1) == pytest.approx(0.5)


@pytest.mark.parametrize("apart", [0, 2])
def test_too_few_bars_are_refused(apart):
    with pytest.raises(CourseError, match="apart"):
        returning(np.eye(2), apart)
