import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.painter import (
    PainterConfig,
    PhasePainter,
    angle_to_pair,
    painting_loss,
    pair_to_angle,
)

ATOL = 1e-6
SMALL = PainterConfig(in_channels=2, channels=6, n_layers=2)


def painter(config, rng):
    net = PhasePainter(config)
    init_weights(net, rng)
    return net


def test_angles_survive_the_round_trip(rng):
    angle = math.pi * (2 * torch.rand(2, 5, 7, generator=rng) - 1)
    assert (pair_to_angle(angle_to_pair(angle)) - angle).abs().max() < ATOL
    assert (pair_to_angle(3 * angle_to_pair(angle)) - angle).abs().max() < ATOL


def test_a_steady_input_is_painted_steady_inside(rng):
    net = painter(SMALL, rng)
    column = torch.randn(1, 2, 8, 1, generator=rng)
    with torch.no_grad():
        painted = net(column.expand(-1, -1, -1, 12))
    inside = painted[..., SMALL.reach : -SMALL.reach]
    assert (inside - inside[..., :1]).abs().max() < ATOL
    assert (painted[..., :1] - inside[..., :1]).abs().max() > 100 * ATOL


def test_the_reach_is_exact(rng):
    net = painter(SMALL, rng)
    planes = torch.randn(1, 2, 8, 15, generator=rng, requires_grad=True)
    net(planes)[..., 7].square().sum().backward()
    seen = planes.grad.abs().sum(dim=(0, 1, 2)) > 0
    expected = [abs(t - 7) <= SMALL.reach for t in range(15)]
    assert seen.tolist() == expected


def test_a_clock_tells_the_frames_apart(rng):
    config = PainterConfig(2, 6, n_layers=2, clock_frames=12)
    net = painter(config, rng)
    column = torch.randn(1, 2, 8, 1, generator=rng)
    with torch.no_grad():
        painted = net(column.expand(-1, -1, -1, 12))
    inside = painted[..., config.reach : -config.reach]
    assert (inside - inside[..., :1]).abs().max() > 100 * ATOL


def test_loss_of_right_silent_and_opposite_paintings(rng):
    angle = math.pi * (2 * torch.rand(2, 5, 7, generator=rng) - 1)
    weight = torch.rand(2, 5, 7, generator=rng)
    right = angle_to_pair(angle)
    assert painting_loss(right, angle, weight) < ATOL
    turned = painting_loss(right, angle + 2 * math.pi, weight)
    assert turned < ATOL
    silent = painting_loss(torch.zeros_like(right), angle, weight)
    assert abs(silent - 1) < ATOL
    assert abs(painting_loss(-right, angle, weight) - 4) < 10 * ATOL


def test_pixels_without_weight_do_not_count(rng):
    angle = torch.zeros(1, 2, 3)
    painted = angle_to_pair(angle)
    painted[:, :, 0] = 9.0
    weight = torch.ones(1, 2, 3)
    weight[:, 0] = 0
    assert painting_loss(painted, angle, weight) == 0


def test_wrong_inputs_are_refused(rng):
    with pytest.raises(CourseError, match=r"planes of shape \(B, 2, F, T\)"):
        painter(SMALL, rng)(torch.zeros(1, 3, 8, 8))
    clocked = painter(PainterConfig(2, 6, clock_frames=4), rng)
    with pytest.raises(CourseError, match=r"\(B, 2, F, 4\)"):
        clocked(torch.zeros(1, 2, 8, 8))


@pytest.mark.parametrize(
    "sizes",
    [
        {"in_channels": 0},
        {"channels": 0},
        {"n_layers": 0},
        {"clock_frames": -1},
    ],
)
def test_impossible_sizes_are_refused(sizes):
    (name,) = sizes
    with pytest.raises(CourseError, match=f"expected {name} from"):
        PainterConfig(**sizes)
