import matplotlib.image
import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.plots.gan_samples import (
    note_names,
    plot_samples,
    save_samples,
)
from course_utils.spectral.image import IMAGES


def images(n_notes, shape=(2, 8, 4)):
    return torch.linspace(-1, 1, n_notes * 64).reshape(n_notes, *shape)


def shown(axes):
    return [ax for ax in axes.flat if ax.get_visible()]


def test_names_say_pitch_and_timbre():
    assert note_names([60, 69], ["brass", "reed"]) == ["C4 brass", "A4 reed"]
    assert note_names([61], [None]) == ["C#4"]


@pytest.mark.parametrize("n_notes", [1, 5, 8, 9, 16])
def test_every_note_has_its_two_pictures_and_its_title(n_notes):
    names = [f"note {i}" for i in range(n_notes)]
    axes = plot_samples(images(n_notes), names)
    visible = shown(axes)
    assert len(visible) == 2 * n_notes
    titles = [ax.get_title() for ax in axes[::2].flat if ax.get_visible()]
    assert titles == names


def test_level_stands_above_phase():
    both = images(1)
    axes = plot_samples(both, ["a"])
    for ax, channel in zip(axes[:, 0], both[0], strict=True):
        assert np.array_equal(ax.images[0].get_array(), channel)


def test_only_the_first_sixteen_are_drawn():
    axes = plot_samples(images(20), ["x"] * 20)
    assert len(shown(axes)) == 32


def test_a_config_gives_seconds_and_khz():
    config = IMAGES["smoke"]
    axes = plot_samples(torch.zeros(1, *config.shape), ["a"], config)
    _, right, _, top = axes[0, 0].images[0].get_extent()
    assert right == pytest.approx(0.25, abs=0.02)
    assert top == pytest.approx(8.0, abs=0.05)
    assert axes[0, 0].figure.get_supxlabel() == "time (s)"


def test_the_page_is_written_whole(tmp_path):
    path = tmp_path / "folder" / "page.png"
    save_samples(path, images(16), ["C4 brass"] * 16)
    height, width, _ = matplotlib.image.imread(path).shape
    assert width > height > 300
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("batch", "names"),
    [
        (images(2), ["a"]),
        (images(1)[:0], []),
        (torch.zeros(1, 3, 4, 4), ["a"]),
        (torch.zeros(2, 4, 4), ["a", "b"]),
    ],
)
def test_pages_that_cannot_be_named_are_refused(batch, names):
    with pytest.raises(CourseError, match="and B names"):
        plot_samples(batch, names)
