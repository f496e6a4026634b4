import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.latent_ways import plot_ways


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def test_each_way_goes_from_start_to_end():
    ax = plot_ways({"line": [4, 2, 4], "arc": [4, 4]}, "norm of z")
    line, arc = ax.lines
    assert np.array_equal(line.get_xdata(), [0, 0.5, 1])
    assert np.array_equal(line.get_ydata(), [4, 2, 4])
    assert np.array_equal(arc.get_xdata(), [0, 1])
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["line", "arc"]
    assert ax.get_ylabel() == "norm of z"


def test_what_is_usual_is_a_band_behind():
    ax = plot_ways({"line": [4, 2]}, "norm", usual=(3, 5))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "usual for noise" in names
    assert ax.get_ylim()[1] >= 5


def test_it_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert plot_ways({"a": [0, 1]}, "x", ax=ax) is ax


@pytest.mark.parametrize("ways", [{}, {"a": [1]}])
def test_ways_without_steps_are_refused(ways):
    with pytest.raises(CourseError, match="two steps or more"):
        plot_ways(ways, "x")
