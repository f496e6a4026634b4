import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.processes import plot_processes

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_every_curve_is_drawn_and_named_from_step_1():
    curves = {"1 process": [3.0, 2.0, 1.0], "2 processes": [3.0, 2.0, 1.1]}
    ax = plot_processes(curves, title="lstm", ylabel="nll (nats)")
    assert [line.get_label() for line in ax.lines] == list(curves)
    for line, losses in zip(ax.lines, curves.values(), strict=True):
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == losses
    assert ax.get_title() == "lstm"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "nll (nats)")


def test_the_first_curve_is_seen_below_the_others():
    curves = {who: [1.0, 2.0] for who in "abcd"}
    widths = [
        line.get_linewidth()
        for line in plot_processes(curves, title="", ylabel="").lines
    ]
    assert widths[0] > 2 * max(widths[1:])


def test_nothing_to_draw_is_an_error():
    with pytest.raises(CourseError, match="at least one curve"):
        plot_processes({}, title="", ylabel="")
