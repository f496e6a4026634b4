import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.gan_layers import plot_padded_vector, plot_pictures

mpl.use("Agg")
LABEL = "value"


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_each_picture_is_one_panel_with_its_values_and_title(rng):
    pictures = {
        "small": torch.rand(2, 3, generator=rng),
        "large": torch.rand(8, 4, generator=rng),
    }
    axes = plot_pictures(pictures, label=LABEL)
    assert [ax.get_title() for ax in axes] == ["small", "large"]
    for ax, values in zip(axes, pictures.values(), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), values)
        assert ax.images[0].origin == "lower"


def test_all_panels_share_one_scale():
    pictures = {"dark": np.zeros((2, 2)), "light": np.full((2, 2), 5.0)}
    axes = plot_pictures(pictures, label=LABEL, limits=(0, 3))
    assert {ax.images[0].get_clim() for ax in axes} == {(0, 3)}
    bar = axes[0].figure.axes[-1]
    assert bar.get_ylabel() == LABEL


@pytest.mark.parametrize(("n_pictures", "n_lines"), [(1, 1), (3, 1), (5, 2)])
def test_many_pictures_stand_in_lines(n_pictures, n_lines):
    pictures = {str(i): np.zeros((2, 2)) for i in range(n_pictures)}
    axes = plot_pictures(pictures, label=LABEL, n_columns=3)
    assert len(axes) == n_pictures
    places = {ax.get_subplotspec().rowspan.start for ax in axes}
    assert len(places) == n_lines
    assert len(axes[0].figure.axes) == n_pictures + 1  # and the colour bar


def test_numbers_stand_in_their_pixels():
    values = np.array([[0.0, 1.5], [-1.0, 0.21]])
    (ax,) = plot_pictures({"x": values}, label=LABEL, numbers=True)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {
        (0, 0): "0",
        (1, 0): "1.5",
        (0, 1): "-1",
        (1, 1): "0.2",
    }
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert colours["-1"] == "white"
    assert colours["1.5"] == "black"


def test_no_picture_and_no_flat_array_is_drawn():
    with pytest.raises(CourseError, match="a picture or more"):
        plot_pictures({}, label=LABEL)
    with pytest.raises(CourseError, match="one item with 2 axes"):
        plot_pictures({"x": np.zeros(3)}, label=LABEL)
    with pytest.raises(CourseError, match="at most 100 pixels"):
        plot_pictures({"x": np.zeros((11, 10))}, label=LABEL, numbers=True)


@pytest.mark.parametrize("start", [(16, 2), (1, 1), (4, 4)])
def test_the_kernel_holds_the_vector_at_its_first_and_last_place(start):
    rows, frames = start
    ax = plot_padded_vector(start)
    (mesh,) = ax.collections
    values = mesh.get_array().reshape(2 * rows - 1, 2 * frames - 1)
    assert values.sum() == values[rows - 1, frames - 1] == 1
    middle = (frames - 0.5, rows - 0.5)
    first, last = ax.patches
    for kernel in (first, last):
        assert kernel.get_bbox().contains(*middle)
        assert (kernel.get_height(), kernel.get_width()) == start
    assert first.get_xy() == (0, 0)
    assert last.get_bbox().max.tolist() == [2 * frames - 1, 2 * rows - 1]


def test_a_given_axes_is_used():
    _, ax = plt.subplots()
    assert plot_padded_vector((4, 2), ax=ax) is ax


def test_a_kernel_without_rows_is_refused():
    with pytest.raises(CourseError, match="1 row and 1 frame"):
        plot_padded_vector((0, 2))
