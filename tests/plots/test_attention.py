import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.attention import plot_gaze, plot_numbers


def test_a_table_shows_its_numbers_and_leaves_gaps():
    ax = plot_numbers([[1, np.nan], [2, 13]], "Distances")
    assert sorted(text.get_text() for text in ax.texts) == ["1", "13", "2"]
    assert ax.get_title() == "Distances"
    assert ax.yaxis_inverted()  # the first row is on top
    plt.close("all")


def test_dots_are_as_large_as_the_attention():
    places = np.array([[0, 60], [1, 62], [2, 64]])
    ax = plot_gaze(np.array([0.5, 0.25, 0.25]), places, query=2)
    (dots,) = ax.collections
    sizes = dots.get_sizes()
    assert sizes[0] == pytest.approx(2 * sizes[1])
    np.testing.assert_array_equal(dots.get_offsets(), places)
    cross = ax.lines[-1]
    assert cross.get_xydata().tolist() == [[2, 64]]
    plt.close("all")


def test_weights_without_places_are_refused():
    with pytest.raises(CourseError, match="one weight a place"):
        plot_gaze(np.ones(2), np.ones((3, 2)), query=0)
