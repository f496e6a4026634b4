import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.scaling import (
    PAPER_NORMALISER,
    Normaliser,
    fit_normaliser,
)


def images(rng):
    image = torch.randn(5, 2, 8, 6, generator=rng) * 4 - 3
    image[:, 1] = 2 * torch.rand(5, 8, 6, generator=rng) - 1
    return image


def test_the_papers_constants_as_computed_by_hand():
    image = torch.zeros(1, 2, 1, 2)
    image[0, :, 0, 0] = torch.tensor([-13.8155, 0.5])  # ln(1e-6)
    unit = PAPER_NORMALISER.image_to_unit(image)
    assert unit[0, 0, 0, 0] == pytest.approx(-0.8, abs=1e-4)
    assert unit[0, 0, 0, 1] == pytest.approx(0.113718730221)
    assert unit[0, 1, 0, 0] == pytest.approx(0.4)


def test_images_survive_the_round_trip_where_nothing_is_clipped(rng):
    image = images(rng)
    normaliser = fit_normaliser(image)
    assert normaliser.share_clipped(image) == 0
    back = normaliser.unit_to_image(normaliser.image_to_unit(image))
    torch.testing.assert_close(back, image, atol=1e-5, rtol=0)


def test_a_fitted_normaliser_fills_the_range_and_no_more(rng):
    image = images(rng)
    unit = fit_normaliser(image, reach=0.7).image_to_unit(image)
    assert unit[:, 0].min() == pytest.approx(-0.7, abs=1e-5)
    assert unit[:, 0].max() == pytest.approx(0.7, abs=1e-5)
    torch.testing.assert_close(unit[:, 1], 0.7 * image[:, 1])


def test_what_leaves_the_range_is_clipped_and_counted():
    image = torch.tensor([-3.0, 0.0, 3.0, 30.0]).reshape(1, 1, 1, 4)
    image = torch.cat([image, torch.zeros_like(image)], dim=1)
    normaliser = Normaliser(0.5, 0.0, 0.8)
    unit = normaliser.image_to_unit(image)
    assert unit[0, 0, 0].tolist() == [-1.0, 0.0, 1.0, 1.0]
    assert normaliser.share_clipped(image) == pytest.approx(3 / 8)


@pytest.mark.parametrize("scales", [(0.0, 1.0), (1.0, -1.0)])
def test_a_scale_without_a_way_back_is_refused(scales):
    with pytest.raises(CourseError, match="scales above 0"):
        Normaliser(scales[0], 0.0, scales[1])


def test_silence_alone_cannot_be_fitted():
    with pytest.raises(CourseError, match="not to silence"):
        fit_normaliser(torch.zeros(1, 2, 4, 4))


@pytest.mark.parametrize("reach", [0.0, 1.5])
def test_an_impossible_reach_is_refused(rng, reach):
    with pytest.raises(CourseError, match="reach"):
        fit_normaliser(images(rng), reach=reach)
