import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.tabular import (
    ks_statistic,
    log_log_angle,
    log_size,
)
from course_utils.plots import tabular


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def lines_of(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


@pytest.mark.parametrize("statistic", ["mean", "standard deviation"])
def test_equal_tables_lie_on_the_line(np_rng, statistic):
    table = np_rng.normal(3, 2, size=(50, 4))
    ax = tabular.log_log(table, table, statistic)
    points = lines_of(ax)["one column"]
    assert points.shape == (4, 2)
    np.testing.assert_array_equal(points[:, 0], points[:, 1])
    labels = [line.get_label() for line in ax.get_lines()]
    assert "equal, 45°" in labels
    assert "fitted, 45.0°" in labels
    assert ax.get_xlim() == ax.get_ylim()
    assert statistic in ax.get_xlabel()


def test_a_larger_mean_lies_above_the_line():
    real, generated = np.full((3, 1), 2.0), np.full((3, 1), 8.0)
    points = lines_of(tabular.log_log(real, generated))["one column"]
    np.testing.assert_allclose(points[0], log_size(np.array([2.0, 8.0])))


def test_one_column_has_no_angle():
    ax = tabular.log_log(np.arange(4.0), np.arange(5.0))
    labels = [line.get_label() for line in ax.get_lines()]
    assert labels == ["equal, 45°", "one column"]


def test_the_fitted_line_has_the_angle_that_is_printed(np_rng):
    real = np_rng.normal(3, 1, size=(20, 5)) ** np.arange(1, 6)
    generated = real**1.5
    ax = tabular.log_log(real, generated)
    (fit,) = (ln for ln in ax.get_lines() if "fitted" in ln.get_label())
    sizes = (log_size(t.mean(axis=0)) for t in (real, generated))
    assert fit.get_label() == f"fitted, {log_log_angle(*sizes):.1f}°"
    (x0, y0), (x1, y1) = fit.get_xy1(), fit.get_xy2()
    angle = np.degrees(np.arctan2(y1 - y0, x1 - x0))
    assert fit.get_label() == f"fitted, {angle:.1f}°"


def test_an_unknown_statistic_is_refused():
    with pytest.raises(CourseError, match="statistic"):
        tabular.log_log(np.ones(3), np.ones(3), "mode")


def test_cumulative_sums_show_d_where_it_is(np_rng):
    real, generated = np_rng.normal(size=5000), np_rng.normal(1, 1, size=900)
    ax = tabular.cumulative_sums(real, generated)
    d = ks_statistic(real, generated)
    gap = lines_of(ax)[f"D = {d:.3f}"]
    assert abs(gap[1, 1] - gap[0, 1]) == pytest.approx(d)
    assert gap[0, 0] == gap[1, 0]
    assert len(lines_of(ax)["real"]) == tabular.MAX_POINTS
    assert len(lines_of(ax)["generated"]) == 900
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_histograms_share_their_bins(np_rng):
    real, generated = np_rng.normal(size=500), 5 + np_rng.normal(size=900)
    _, ax = plt.subplots()
    assert tabular.histograms(real, generated, n_bins=20, ax=ax) is ax
    edges = [patch.get_data().edges for patch in ax.patches]
    assert len(edges) == 3  # real twice: filled, and its outline
    for other in edges[1:]:
        np.testing.assert_array_equal(edges[0], other)
    assert ax.patches[2].get_data().values.sum() == pytest.approx(1)


def test_real_and_generated_differ_by_more_than_colour():
    assert tabular.REAL["linestyle"] != tabular.GENERATED["linestyle"]


COLUMNS = {"level": "dB", "rolloff": "Hz"}


def test_columns_become_pairs_with_name_and_unit(np_rng):
    real, generated = np_rng.normal(size=(9, 2)), np_rng.normal(size=(5, 2))
    pairs = tabular.by_column(real, generated, COLUMNS)
    assert list(pairs) == ["level (dB)", "rolloff (Hz)"]
    np.testing.assert_array_equal(pairs["rolloff (Hz)"][0], real[:, 1])
    np.testing.assert_array_equal(pairs["rolloff (Hz)"][1], generated[:, 1])


def test_columns_without_a_name_are_refused(np_rng):
    with pytest.raises(CourseError, match="tables of 2 columns"):
        tabular.by_column(np.ones((4, 3)), np.ones((4, 3)), COLUMNS)


@pytest.mark.parametrize("draw", [tabular.cumulative_sums, tabular.histograms])
def test_panels_of_columns_share_only_the_height(np_rng, draw):
    pair = np_rng.normal(size=(2, 50, 2)) * [1, 1000]
    pairs = tabular.by_column(*pair, COLUMNS)
    axes = tabular.panels(draw, pairs, same_x=False)
    assert [ax.get_title() for ax in axes] == list(pairs)
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[0].get_xlim() != axes[1].get_xlim()
    assert not axes[0].get_xlabel()


def test_panels_of_pieces_share_axes_and_bins(np_rng):
    pairs = {f"piece {k}": np_rng.normal(k, 1, size=(2, 90)) for k in range(4)}
    axes = tabular.panels(tabular.histograms, pairs, n_bins=10)
    assert len(axes) == 4
    assert len(axes[0].figure.axes) == 4  # two empty places were removed
    assert len({ax.get_xlim() for ax in axes}) == 1
    assert len({ax.get_ylim() for ax in axes}) == 1
    edges = [patch.get_data().edges for ax in axes for patch in ax.patches]
    for other in edges[1:]:
        np.testing.assert_array_equal(edges[0], other)
    heights = axes[3].patches[1].get_data().values  # of the real piece
    expected = np.histogram(pairs["piece 3"][0], edges[0])[0] / 90
    np.testing.assert_allclose(heights, expected)


def test_panels_say_only_once_what_all_share(np_rng):
    pairs = {
        "a": np_rng.normal(size=(2, 50)),
        "b": np_rng.normal(size=(2, 60)),
    }
    axes = tabular.panels(tabular.cumulative_sums, pairs)
    legends = [
        [text.get_text() for text in ax.get_legend().get_texts()]
        for ax in axes
    ]
    d = [f"D = {ks_statistic(*pair):.3f}" for pair in pairs.values()]
    assert legends == [["real", "generated", d[0]], [d[1]]]
    histograms = tabular.panels(tabular.histograms, pairs)
    assert histograms[1].get_legend() is None


def test_a_gap_that_two_of_three_panels_share_is_said_in_both():
    one, two, three = np.arange(4.0), np.arange(4.0) + 1, np.arange(4.0) + 2
    pairs = {"a": (one, two), "b": (one, three), "c": (two, three)}
    axes = tabular.panels(tabular.cumulative_sums, pairs)
    legends = [ax.get_legend().get_texts()[-1].get_text() for ax in axes]
    assert legends == ["D = 0.250", "D = 0.500", "D = 0.250"]
    assert [bool(ax.get_ylabel()) for ax in axes] == [True, False, False]


def test_panels_of_log_log_take_its_options(np_rng):
    pairs = {name: np_rng.normal(3, 1, size=(2, 20, 4)) for name in "ab"}
    axes = tabular.panels(tabular.log_log, pairs, statistic="mean")
    assert axes[0].get_xlim() == axes[1].get_ylim()
    assert "mean" in axes[1].get_xlabel()


def test_no_panels_are_refused():
    with pytest.raises(CourseError, match="at least one pair"):
        tabular.panels(tabular.histograms, {})
