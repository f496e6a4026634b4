import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.sampling.latent import latent_walk, slerp

ATOL = 1e-6  # float32 results of float64 arithmetic
SHARES = torch.linspace(0, 1, 11)


def angles(x, y):
    """Return the angle between vectors in radians, precise near 0 and pi."""
    x = x.double() / x.double().norm(dim=-1, keepdim=True)
    y = y.double() / y.double().norm(dim=-1, keepdim=True)
    return 2 * torch.atan2((x - y).norm(dim=-1), (x + y).norm(dim=-1))


def test_half_way_between_two_axes_is_the_diagonal():
    middle = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    assert torch.allclose(middle, torch.tensor([0.5**0.5, 0.5**0.5]))


def test_a_third_of_a_right_angle_is_thirty_degrees():
    got = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 1 / 3)
    assert torch.allclose(got, 2 * torch.tensor([3**0.5 / 2, 0.5]))


def test_it_is_shoemakes_formula_for_vectors_of_one_length(rng):
    start, end = torch.randn(2, 64, generator=rng).double()
    start, end = start / start.norm(), end / end.norm()
    omega = torch.arccos(start @ end)
    for share in SHARES.tolist():
        first = torch.sin((1 - share) * omega) / torch.sin(omega)
        second = torch.sin(share * omega) / torch.sin(omega)
        formula = first * start + second * end
        assert torch.allclose(slerp(start, end, share), formula)


def test_both_ends_are_reached_whatever_their_norms(rng):
    start = torch.randn(7, 32, generator=rng)
    end = 3 * torch.randn(7, 32, generator=rng)
    assert torch.allclose(slerp(start, end, 0.0), start, atol=ATOL)
    assert torch.allclose(slerp(start, end, 1.0), end, atol=10 * ATOL)


def test_angle_and_norm_grow_evenly(rng):
    start = torch.randn(32, generator=rng)
    end = 2 * torch.randn(32, generator=rng)
    way = slerp(start, end, SHARES)
    whole = angles(start, end)
    assert torch.allclose(
        angles(start, way), whole * SHARES.double(), atol=1e-5
    )
    norms = torch.lerp(start.norm(), end.norm(), SHARES)
    assert torch.allclose(way.norm(dim=-1), norms, atol=1e-5)


def test_a_straight_line_loses_norm_where_the_arc_does_not(rng):
    start, end = torch.randn(2, 256, generator=rng)
    arc = slerp(start, end, 0.5).norm()
    line = torch.lerp(start, end, 0.5).norm()
    assert arc == pytest.approx(16, rel=0.1)  # sqrt(256)
    assert line / arc == pytest.approx(0.5**0.5, rel=0.1)  # near right angle


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-7, 1e-4])
def test_nearly_parallel_vectors_stay_where_they_are(gap):
    start = torch.tensor([3.0, 0.0, 4.0], dtype=torch.float64)
    end = start + gap * torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    way = slerp(start, end, SHARES)
    straight = start + SHARES[:, None].double() * (end - start)
    assert torch.allclose(way, straight, atol=1e-7)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-5])
def test_opposite_vectors_go_half_round_a_circle(gap):
    start = torch.tensor([0.0, 5.0, 0.0], dtype=torch.float64)
    end = torch.tensor([gap, -5.0, 0.0], dtype=torch.float64)
    way = slerp(start, end, SHARES)
    assert way.isfinite().all()
    assert torch.allclose(way.norm(dim=-1), torch.full((11,), 5.0).double())
    expected = math.pi * SHARES.double()
    assert torch.allclose(angles(start, way), expected, atol=1e-5)
    assert torch.allclose(way[-1], end, atol=1e-9)


def test_precision_and_shape_are_those_of_the_vectors(rng):
    start, end = torch.randn(2, 5, 8, generator=rng)
    assert slerp(start, end, 0.3).dtype == torch.float32
    assert slerp(start, end, torch.rand(5, generator=rng)).shape == (5, 8)
    assert slerp(start[0], end[0], SHARES).shape == (11, 8)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (torch.ones(3), torch.ones(4), r"shapes \(3,\) and \(4,\)"),
        (torch.ones(1), torch.ones(1), "2 or more"),
        (torch.zeros(3), torch.ones(3), "zero or not finite"),
        (torch.ones(3), torch.full((3,), math.nan), "zero or not finite"),
    ],
)
def test_vectors_without_an_arc_are_refused(start, end, message):
    with pytest.raises(CourseError, match=message):
        slerp(start, end, 0.5)


def test_a_walk_passes_its_points_and_the_middles_between(rng):
    points = torch.randn(4, 16, generator=rng)
    way = latent_walk(points, torch.tensor([0.0, 1.0, 1.5, 3.0]))
    assert torch.allclose(way[[0, 1, 3]], points[[0, 1, 3]], atol=ATOL)
    middle = slerp(points[1], points[2], 0.5)
    assert torch.allclose(way[2], middle, atol=ATOL)


def test_a_walk_has_no_jumps(rng):
    points = torch.randn(5, 64, generator=rng)
    way = latent_walk(points, torch.linspace(0, 4, 401))
    steps = angles(way[:-1], way[1:])
    assert steps.max() < 1.01 * angles(points[:-1], points[1:]).max() / 100


def test_a_walk_of_no_steps_is_empty(rng):
    points = torch.randn(3, 8, generator=rng)
    assert latent_walk(points, torch.zeros(0)).shape == (0, 8)


@pytest.mark.parametrize(
    ("points", "places", "message"),
    [
        (torch.ones(1, 4), torch.zeros(1), "two or more points"),
        (torch.ones(4), torch.zeros(1), "two or more points"),
        (torch.ones(3, 4), torch.tensor([2.1]), "place on the walk"),
        (torch.ones(3, 4), torch.tensor([-0.1]), "place on the walk"),
    ],
)
def test_a_walk_beyond_its_points_is_refused(points, places, message):
    with pytest.raises(CourseError, match=message):
        latent_walk(points, places)
