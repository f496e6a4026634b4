import math

import pytest
import torch
from torch.optim import lr_scheduler

from course_utils.basics.checks import CourseError
from course_utils.training.gan_schedules import (
    Constant,
    CosineRestarts,
    MultiStep,
    Place,
    Stage,
    growing_stages,
    place_at,
)

N_STEPS = 5_000
RTOL = 1e-7  # torch multiplies step by step in double precision

PAPER = growing_stages(7, 800_000, (8,) * 7)


def rates_of_torch(base, new_scheduler):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = new_scheduler(optimizer)
    rates = []
    for _ in range(N_STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def rates_of_ours(rate):
    return [rate.at(n_images) for n_images in range(N_STEPS)]


@pytest.mark.parametrize("factor", [0.5, 0.1, 1.0])
def test_multi_step_equals_torch(factor):
    ours = MultiStep(8e-4, (1, 700, 701, 4_999), factor)
    theirs = rates_of_torch(
        ours.base,
        lambda o: lr_scheduler.MultiStepLR(o, ours.milestones, gamma=factor),
    )
    assert rates_of_ours(ours) == pytest.approx(theirs, rel=RTOL)


@pytest.mark.parametrize("growth", [1, 2, 3])
@pytest.mark.parametrize("period", [1, 7, 640])
def test_cosine_restarts_equal_torch(period, growth):
    ours = CosineRestarts(2e-3, period, growth, floor=1e-5)
    theirs = rates_of_torch(
        ours.base,
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(
            o, period, growth, eta_min=ours.floor
        ),
    )
    assert rates_of_ours(ours) == pytest.approx(theirs, rel=RTOL)


def test_a_cosine_starts_at_base_and_is_half_way_in_the_middle():
    rate = CosineRestarts(3.0, 100, growth=2, floor=1.0)
    for start, length in ((0, 100), (100, 200), (300, 400)):
        assert rate.at(start) == 3.0
        assert rate.at(start + length // 2) == pytest.approx(2.0)
        assert rate.at(start + length - 1) < 1.001


def test_late_places_of_a_cosine_are_found_at_once():
    rate = CosineRestarts(1.0, 1_000)
    assert rate.at(10**12 + 500) == pytest.approx(0.5)


def test_a_warm_up_rises_in_a_straight_line_to_the_plain_rate():
    warm = MultiStep(2.0, (50, 400), warm_up=100)
    plain = MultiStep(2.0, (50, 400))
    assert [warm.at(n) for n in (0, 25, 49)] == [0.0, 0.5, 0.98]
    assert warm.at(50) == 0.5  # half risen, once halved
    assert all(warm.at(n) == plain.at(n) for n in range(100, 500))


def test_a_constant_rate_is_constant():
    assert {Constant(8e-4).at(n) for n in (0, 1, 10**9)} == {8e-4}


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (lambda: CosineRestarts(1.0, 0), "period from 1"),
        (lambda: CosineRestarts(1.0, 5, growth=0), "growth from 1"),
    ],
)
def test_impossible_cosines_are_refused(rate, message):
    with pytest.raises(CourseError, match=message):
        rate()


def test_the_papers_plan_has_13_stages_and_10_million_images():
    assert len(PAPER) == 13
    assert sum(stage.n_images for stage in PAPER) == 10_400_000
    assert [stage.block for stage in PAPER] == [
        *(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6)
    ]
    assert [stage.fades_in for stage in PAPER] == [False, True] * 6 + [False]


def test_every_size_has_its_own_batch():
    stages = growing_stages(3, 10, (32, 16, 8))
    assert [stage.batch_size for stage in stages] == [32, 16, 16, 8, 8]


def test_one_size_is_one_stage():
    assert growing_stages(1, 10, (8,)) == (Stage(0, 10, 8),)


@pytest.mark.parametrize("border", range(1, 13))
def test_a_stage_begins_at_its_first_image(border):
    start = border * 800_000
    before, after = place_at(PAPER, start - 1), place_at(PAPER, start)
    assert (before.stage, after.stage) == (border - 1, border)
    if PAPER[border].fades_in:
        assert (before.alpha, after.alpha) == (1.0, 0.0)
        assert after.block == before.block + 1
    else:
        assert before.alpha == 1 - 1 / 800_000
        assert (after.alpha, after.block) == (1.0, before.block)


def test_alpha_rises_evenly_within_a_fade():
    for share in (0, 0.25, 0.5, 0.75):
        place = place_at(PAPER, int((1 + share) * 800_000))
        assert place == Place(1, 1, share, 8)


@pytest.mark.parametrize("n_images", [10_400_000, 11_000_000, 10**12])
def test_the_last_stage_has_no_end(n_images):
    assert place_at(PAPER, n_images) == Place(12, 6, 1.0, 8)


def test_alpha_of_a_last_stage_that_fades_stops_at_1():
    stages = (Stage(0, 10, 4), Stage(1, 10, 4, fades_in=True))
    assert place_at(stages, 15).alpha == 0.5
    assert place_at(stages, 1_000).alpha == 1.0


def test_a_place_never_goes_back():
    places = [place_at(PAPER, n) for n in range(0, 11_000_000, 50_000)]
    heights = [place.block - 1 + place.alpha for place in places]
    assert heights == sorted(heights)
    assert math.isclose(heights[-1], 6)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: place_at((), 0), "at least one stage"),
        (lambda: Stage(-1, 10, 8), "block from 0"),
        (lambda: Stage(0, 0, 8), "images of a stage from 1"),
        (lambda: Stage(0, 10, 0), "batch size from 1"),
        (lambda: growing_stages(3, 10, (8, 8)), "a batch size for each of 3"),
        (lambda: growing_stages(0, 10, ()), "blocks from 1"),
    ],
)
def test_impossible_plans_are_refused(mistake, message):
    with pytest.raises(CourseError, match=message):
        mistake()
