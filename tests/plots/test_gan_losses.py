import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.gan_losses import plot_landscape, plot_stages
from course_utils.training.gan_schedules import growing_stages

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def points(*pairs):
    return torch.tensor(pairs)[:, :, None, None]


def landscape(score, **words):
    real = points((1.0, 0.0), (0.0, 1.0))
    return plot_landscape(score, real, points((0.5, -0.5)), **words)


def test_the_landscape_shows_the_score_of_each_place():
    ax = landscape(lambda x: x[:, 0, 0, 0] + 10 * x[:, 1, 0, 0], reach=2.0)
    heights = ax.get_images()[0].get_array()
    rows = np.linspace(-2, 2, len(heights))
    np.testing.assert_allclose(
        heights, rows[None, :] + 10 * rows[:, None], atol=1e-4
    )
    assert ax.get_xlim() == ax.get_ylim() == (-2, 2)


def test_both_clouds_lie_over_the_landscape():
    ax = landscape(lambda x: x[:, 0, 0, 0])
    real, drawn = ax.get_lines()
    np.testing.assert_array_equal(real.get_xdata(), [1, 0])
    np.testing.assert_array_equal(real.get_ydata(), [0, 1])
    np.testing.assert_array_equal(drawn.get_ydata(), [-0.5])
    assert real.get_marker() != drawn.get_marker()
    assert [line.get_label() for line in ax.get_lines()] == ["real", "drawn"]


def test_a_network_with_gradients_can_be_drawn():
    weight = torch.ones(2, requires_grad=True)
    ax = landscape(lambda x: x.flatten(1) @ weight)
    assert ax.get_images()


def test_the_plan_rises_from_size_to_size():
    ax = plot_stages(growing_stages(3, 1_000_000, (8, 8, 8)), "abc")
    (line,) = ax.get_lines()
    x, y = line.get_data()
    assert x[0] == 0
    assert x[-1] == pytest.approx(5)
    assert (np.diff(y) >= 0).all()
    assert y[x < 0.99].tolist() == [0] * int((x < 0.99).sum())
    between = np.interp([1.5, 2.5, 3.5], x, y)
    np.testing.assert_allclose(between, [0.5, 1, 1.5], atol=1e-5)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c"]


def test_fading_stages_are_shaded():
    ax = plot_stages(growing_stages(3, 1_000_000, (8, 8, 8)), "abc")
    edges = [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches]
    assert edges == [(1, 2), (3, 4)]


def test_a_given_axes_is_used():
    _, ax = plt.subplots()
    assert plot_stages(growing_stages(1, 10, (8,)), "a", ax=ax) is ax
    assert landscape(lambda x: x[:, 0, 0, 0], ax=ax) is ax


def test_a_size_without_a_name_is_refused():
    with pytest.raises(CourseError, match="names of 3 sizes; got 2"):
        plot_stages(growing_stages(3, 10, (8, 8, 8)), ["a", "b"])
