"""The picture of ratios: a row a part, the newest one marked."""

import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.benchmarks import plot_ratios


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_every_part_has_a_row_and_its_newest_ratio_is_a_diamond():
    ax = plot_ratios({"a": [2.0, 3.0, 5.0], "b": [0.5]})
    newest = [line for line in ax.lines if line.get_marker() == "D"]
    assert [line.get_xdata()[0] for line in newest] == [5.0, 0.5]
    assert [line.get_ydata()[0] for line in newest] == [0, 1]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    older = next(line for line in ax.lines if line.get_marker() == "o")
    assert list(older.get_xdata()) == [2.0, 3.0]


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [float("nan")]])
def test_a_part_without_a_ratio_is_refused(values):
    with pytest.raises(CourseError, match="ratio above 0"):
        plot_ratios({"a": values})
