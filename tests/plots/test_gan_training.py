import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.gan_training import (
    plot_curves,
    plot_strengths,
    plot_trials,
    smoothed,
)

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_a_short_curve_stays_as_it_is():
    x, y = smoothed([1, 2, 4], [3.0, 1.0, 2.0])
    assert x.tolist() == [1, 2, 4]
    assert y.tolist() == [3.0, 1.0, 2.0]


def test_a_long_curve_is_averaged_and_keeps_its_mean():
    x, y = smoothed(range(1000), np.tile([0.0, 2.0], 500))
    assert len(x) == len(y) == 200
    assert x[0] == 2.0  # of 0, 1, 2, 3, 4
    assert np.all(np.diff(x) == 5)
    assert y.mean() == pytest.approx(1)
    assert np.ptp(y) < 1


def test_each_curve_has_its_name_and_its_own_look():
    ax = plot_curves(
        {"one": ([0, 1], [2, 3]), "two": ([0, 1], [5, 4])},
        xlabel="images",
        ylabel="score",
        dots=True,
    )
    first, second = ax.get_lines()
    assert first.get_ydata().tolist() == [2, 3]
    assert first.get_marker() == "o"
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["one", "two"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("images", "score")


def test_one_curve_needs_no_legend_and_goes_onto_given_axes():
    given = plt.subplots()[1]
    ax = plot_curves({"a": ([0], [1])}, xlabel="", ylabel="", ax=given)
    assert ax is given
    assert ax.get_legend() is None


@pytest.mark.parametrize(
    ("curves", "message"),
    [({}, "at least one curve"), ({"a": ([1, 2], [1])}, "as many values")],
)
def test_curves_that_cannot_be_drawn_are_refused(curves, message):
    with pytest.raises(CourseError, match=message):
        plot_curves(curves, xlabel="", ylabel="")


def test_trials_stand_in_rows_and_scores_in_panels():
    values = {"IF": {"FID": 3, "PA": 0.9}, "phase": {"FID": 9, "PA": 0.5}}
    axes = plot_trials(values, {"FID": 1.0, "PA": 1.0})
    assert [ax.get_xlabel() for ax in axes] == ["FID", "PA"]
    names = [text.get_text() for text in axes[0].get_yticklabels()]
    assert names == ["IF", "phase"]
    dots, real = axes[0].get_lines()
    assert list(dots.get_xdata()) == [3, 9]
    assert list(real.get_xdata()) == [1, 1]
    assert axes[0].yaxis_inverted()


def test_the_panel_of_one_score_may_be_given():
    ax = plt.subplots()[1]
    assert plot_trials({"IF": {"PA": 1}}, {"PA": 1}, axes=[ax]) == [ax]


@pytest.mark.parametrize("values", [{}, {"IF": {"FID": 3}}])
def test_trials_without_a_score_are_refused(values):
    with pytest.raises(CourseError, match="trials with the scores FID, PA"):
        plot_trials(values, {"FID": 1.0, "PA": 1.0})


def test_strengths_are_drawn_in_three_panels_with_the_chosen_one_marked():
    rows = [
        {
            "strength": s,
            "pitch_accuracy": 1 - s / 10,
            "timbre_accuracy": 0.9 - s / 5,
            "fid": 5 - s,
            "variety_db": 3 * s,
        }
        for s in (0.0, 0.5, 1.0)
    ]
    axes = plot_strengths(rows, 0.5)
    assert [len(ax.lines) for ax in axes] == [3, 2, 2]
    assert axes[1].lines[0].get_ydata().tolist() == [5.0, 4.5, 4.0]
    assert set(axes[2].lines[-1].get_xdata()) == {0.5}
