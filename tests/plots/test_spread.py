import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.spread import plot_spread

mpl.use("Agg")
VALUES = {"first": [1.0, 2.0, 9.0], "second": [5.0]}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_each_value_is_one_dot_in_the_row_of_its_kind():
    ax = plot_spread(VALUES, label="SNR (dB)")
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    for row, (line, items) in enumerate(
        zip(dots, VALUES.values(), strict=True)
    ):
        np.testing.assert_array_equal(line.get_xdata(), items)
        assert (abs(line.get_ydata() - row) < 0.5).all()
    assert [t.get_text() for t in ax.get_yticklabels()] == list(VALUES)
    assert ax.get_xlabel() == "SNR (dB)"


def test_the_line_stands_at_the_median():
    ax = plot_spread(VALUES, label="SNR (dB)")
    lines = [line for line in ax.get_lines() if line.get_marker() != "o"]
    assert [line.get_xdata()[0] for line in lines] == [2.0, 5.0]


def test_the_first_kind_is_on_top():
    low, high = plot_spread(VALUES, label="x").get_ylim()
    assert low > high


def test_a_given_axes_is_used():
    _, ax = plt.subplots()
    assert plot_spread(VALUES, label="x", ax=ax) is ax


@pytest.mark.parametrize("items", [[], [1.0, float("nan")], [float("inf")]])
def test_missing_or_infinite_values_are_refused(items):
    with pytest.raises(CourseError, match="finite value or more for bad"):
        plot_spread({"bad": items}, label="x")
