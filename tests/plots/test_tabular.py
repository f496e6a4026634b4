import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.tabular import ks_statistic, log_size
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
    ends = lines_of(ax)["equal"]
    np.testing.assert_array_equal(ends[:, 0], ends[:, 1])
    assert ax.get_xlim() == ax.get_ylim()
    assert statistic in ax.get_xlabel()


def test_a_larger_mean_lies_above_the_line():
    real, generated = np.full((3, 1), 2.0), np.full((3, 1), 8.0)
    points = lines_of(tabular.log_log(real, generated))["one column"]
    np.testing.assert_allclose(points[0], log_size(np.array([2.0, 8.0])))


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
