import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.form import plot_genealogy, plot_self_similarity


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_bars_are_counted_from_one():
    ax = plot_self_similarity(np.eye(4), "A piece")
    (image,) = ax.images
    assert image.get_extent() == [0.5, 4.5, 0.5, 4.5]
    assert image.get_clim() == (0, 1)
    assert ax.get_title() == "A piece"


def test_lines_lead_from_parents_to_children():
    parents = np.array([[1, 1], [0, 1]])
    ancestors = np.array([[1, 1], [0, 1]])
    ax = plot_genealogy(parents, ancestors)
    everyone, kept = (c.get_segments() for c in ax.collections)
    expected = [[[0, 1], [1, 0]], [[0, 1], [1, 1]]]
    np.testing.assert_array_equal(everyone, expected)
    np.testing.assert_array_equal(kept, expected)


def test_a_line_without_descendants_is_grey_only():
    parents = np.array([[0, 1, 2], [0, 0, 0], [0, 1, 2]])
    ancestors = np.array([[0, 0, 0], [0, 0, 0], [0, 1, 2]])
    ax = plot_genealogy(parents, ancestors)
    everyone, kept = (c.get_segments() for c in ax.collections)
    dead_end = [[0, 2], [1, 2]]
    assert dead_end in [line.tolist() for line in everyone]
    assert dead_end not in [line.tolist() for line in kept]


def test_lines_of_two_filters_are_refused():
    with pytest.raises(CourseError, match="same versions"):
        plot_genealogy(np.zeros((3, 2), int), np.zeros((2, 2), int))
