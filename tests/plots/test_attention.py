import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.attention import (
    plot_gaze,
    plot_gaze_on_score,
    plot_numbers,
)


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


def test_a_score_is_shaded_where_attention_lies():
    grid = np.array([[72, 64, 60, 48]] * 3 + [[74, 65, -1, 50]])
    weights = np.array([0.0, 0.6, 0.3, 0.1])
    ax = plot_gaze_on_score(weights, grid, decided=3)
    (shade,) = ax.images
    np.testing.assert_array_equal(shade.get_array(), [weights])
    assert shade.get_extent()[:2] == [0, 4]
    (notes,) = ax.collections
    starts = sorted(line[0, 0] for line in notes.get_segments())
    assert starts == pytest.approx([0.1] * 4 + [3.1] * 3)  # one rests
    assert ax.lines[-1].get_xdata() == [3, 3]
    plt.close("all")


def test_a_score_of_another_length_is_refused():
    with pytest.raises(CourseError, match="one weight a sixteenth"):
        plot_gaze_on_score(np.ones(3), np.full((4, 4), 60), decided=0)
