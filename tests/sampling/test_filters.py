import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.sampling.filters import (
    apply_temperature,
    draw,
    keep_top_k,
    keep_top_p,
)

# probabilities 0.5, 0.25, 0.15, 0.1, in mixed order
LOGITS = torch.tensor([[0.15, 0.5, 0.1, 0.25]]).log()


def kept(logits):
    return torch.isfinite(logits)[0].tolist()


def test_temperature_sharpens_and_flattens():
    cold = apply_temperature(LOGITS, 0.5).softmax(-1)
    by_hand = torch.tensor([[0.15, 0.5, 0.1, 0.25]]) ** 2
    torch.testing.assert_close(cold, by_hand / by_hand.sum())
    assert apply_temperature(LOGITS, 10).softmax(-1).max() < 0.3


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, [False, True, False, False]),
        (2, [False, True, False, True]),
        (4, [True, True, True, True]),
    ],
)
def test_top_k_keeps_the_k_likeliest(k, expected):
    assert kept(keep_top_k(LOGITS, k)) == expected


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0, [False, True, False, False]),
        (0.49, [False, True, False, False]),
        (0.51, [False, True, False, True]),
        (0.76, [True, True, False, True]),
        (1.0, [True, True, True, True]),
    ],
)
def test_top_p_keeps_the_smallest_set_that_reaches_p(p, expected):
    assert kept(keep_top_p(LOGITS, p)) == expected


def test_what_was_forbidden_stays_forbidden():
    logits = LOGITS.clone()
    logits[0, 1] = -math.inf
    assert kept(keep_top_p(logits, 1.0)) == [True, False, True, True]


def test_draws_follow_the_probabilities(rng):
    drawn = draw(LOGITS.expand(20_000, -1), rng)
    share = torch.bincount(drawn, minlength=4) / 20_000
    # five standard errors of a share of 0.5 over 20,000 draws: 0.018
    torch.testing.assert_close(
        share, LOGITS.softmax(-1)[0], atol=0.018, rtol=0
    )


def test_draws_follow_the_seed():
    rows = LOGITS.expand(50, -1)
    first, again, other = (
        draw(rows, torch.Generator().manual_seed(s)) for s in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("logits", [-math.inf, math.nan])
def test_nothing_to_draw_is_an_error(rng, logits):
    with pytest.raises(CourseError, match="at least one possible event"):
        draw(torch.full((1, 4), logits), rng)


def test_impossible_settings_are_refused():
    with pytest.raises(CourseError, match=r"temperature from 0\.01"):
        apply_temperature(LOGITS, 0.0)
    with pytest.raises(CourseError, match="top_p from"):
        keep_top_p(LOGITS, 1.5)
    with pytest.raises(CourseError, match="top_k from 1 to 4"):
        keep_top_k(LOGITS, 5)
