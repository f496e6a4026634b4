import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.gansynth import Labels
from course_utils.models.initialise import init_weights
from course_utils.models.toy_gan import (
    ToyConfig,
    ToyDiscriminator,
    ToyGenerator,
    draw_spots,
    energy_distance,
    n_spots_reached,
    nearest_spot,
)

TOY = ToyConfig()
LABELLED = ToyConfig(n_labels=8)


def at_centres(config, spots):
    return config.centres[torch.tensor(spots)][:, :, None, None]


def test_centres_lie_evenly_on_the_circle():
    centres = ToyConfig(n_spots=4).centres
    expected = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    torch.testing.assert_close(centres, expected, atol=1e-6, rtol=0)


def test_spots_have_the_spread_and_share_that_was_asked(rng):
    config = ToyConfig(n_labels=8, spread=0.1)
    points, labels = draw_spots(80_000, config, rng)
    assert points.shape == (80_000, 2, 1, 1)
    away = points.flatten(1) - config.centres[labels.pitch]
    assert away.std().item() == pytest.approx(0.1, rel=0.02)
    assert away.mean(dim=0).abs().max() < 0.002
    shares = torch.bincount(labels.pitch, minlength=8) / 80_000
    assert (shares - 1 / 8).abs().max() < 0.01


def test_points_without_labels_all_have_label_0(rng):
    _, labels = draw_spots(50, TOY, rng)
    assert labels.pitch.tolist() == labels.timbre.tolist() == [0] * 50


def test_a_seed_gives_the_same_points():
    first, again = (
        draw_spots(9, TOY, torch.Generator().manual_seed(3))[0]
        for _ in range(2)
    )
    assert torch.equal(first, again)


@pytest.mark.parametrize("config", [TOY, LABELLED])
def test_both_networks_fit_together(config, rng):
    generator, discriminator = ToyGenerator(config), ToyDiscriminator(config)
    labels = draw_spots(5, config, rng)[1]
    points = generator(torch.randn(5, 2, generator=rng), labels, 3, 0.5)
    judgement = discriminator(points, block=3, alpha=0.5)
    assert points.shape == (5, 2, 1, 1)
    assert judgement.score.shape == judgement.of(labels).shape == (5,)
    assert judgement.pitch.shape == (5, config.n_labels)
    assert judgement.timbre.shape == (5, 0)


def test_the_label_that_is_asked_changes_what_is_drawn(rng):
    generator = ToyGenerator(LABELLED)
    init_weights(generator, rng)
    z, one = torch.zeros(1, 2), torch.tensor([1])
    first = generator(z, Labels(one, one))
    assert not torch.equal(first, generator(z, Labels(2 * one, one)))


def test_nearest_spot_and_whether_a_point_is_on_it():
    points = at_centres(TOY, [0, 3, 5])
    points[1] *= 1 + 2.9 * TOY.spread
    points[2] *= 1 + 3.1 * TOY.spread
    spot, on_it = nearest_spot(points, TOY)
    assert spot.tolist() == [0, 3, 5]
    assert on_it.tolist() == [True, True, False]


def test_a_spot_is_reached_by_a_quarter_of_its_share():
    assert n_spots_reached(at_centres(TOY, list(range(8))), TOY) == 8
    assert n_spots_reached(at_centres(TOY, [2] * 40), TOY) == 1
    # 32 points: a fair share is 4, so 1 point is enough for a spot
    assert n_spots_reached(at_centres(TOY, [0] * 30 + [1, 2]), TOY) == 3
    assert n_spots_reached(at_centres(TOY, [0] * 62 + [1, 2]), TOY) == 1
    assert n_spots_reached(torch.zeros(40, 2, 1, 1), TOY) == 0


def test_energy_distance_of_two_single_places_is_twice_their_distance():
    here = torch.zeros(5, 2, 1, 1)
    there = torch.tensor([3.0, 4.0])[None, :, None, None].expand(7, 2, 1, 1)
    assert energy_distance(here, there) == pytest.approx(10.0)


def test_energy_distance_of_normal_laws_has_its_closed_form(rng):
    """Two dimensions: E|X| is sigma sqrt(pi/2) for N(0, sigma^2 I)."""
    a = torch.randn(4_000, 2, 1, 1, generator=rng)
    b = 2 * torch.randn(4_000, 2, 1, 1, generator=rng)
    root = math.sqrt(math.pi / 2)
    expected = root * (2 * math.sqrt(5) - math.sqrt(2) - math.sqrt(8))
    assert energy_distance(a, b) == pytest.approx(expected, abs=0.02)


def test_energy_distance_of_equal_laws_is_near_0(rng):
    a, b = (draw_spots(3_000, TOY, rng)[0] for _ in range(2))
    assert abs(energy_distance(a, b)) < 0.003


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_labels": 3}, "1 label, or one for each of the 8 spots; got 3"),
        ({"n_spots": 0}, "n_spots from 1"),
        ({"spread": 0.0}, "spread from"),
        ({"n_latent": 0}, "n_latent from 1"),
        ({"width": 0}, "width from 1"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(CourseError, match=message):
        ToyConfig(**sizes)


def test_clouds_too_small_are_refused(rng):
    with pytest.raises(CourseError, match="points of a cloud"):
        energy_distance(torch.zeros(1, 2, 1, 1), torch.zeros(5, 2, 1, 1))
    with pytest.raises(CourseError, match="n_points from 1"):
        draw_spots(0, TOY, rng)
