import math

import pytest
import torch

from course_utils.training.rates import set_rate, warm_up_and_decay

N, WARM_UP = 100, 10


def shares(**words):
    return [warm_up_and_decay(i, N, WARM_UP, **words) for i in range(N + 1)]


def test_the_rate_rises_in_a_straight_line_under_the_cosine():
    for step, share in enumerate(shares()):
        cosine = math.cos(math.pi * step / N / 2) ** 2
        rise = (step + 1) / WARM_UP if step < WARM_UP else 1.0
        assert share == pytest.approx(rise * cosine)


def test_the_rate_first_rises_then_falls_and_never_leaves_its_range():
    found = shares()
    peak = found.index(max(found))
    assert peak == WARM_UP - 1
    assert found[: peak + 1] == sorted(found[: peak + 1])
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[0] > 0
    assert max(found) <= 1


def test_the_last_share_is_where_the_rate_ends():
    for last in (0.0, 0.25, 1.0):
        found = shares(last_share=last)
        assert found[-1] == pytest.approx(last)
        half = found[N // 2]
        assert half == pytest.approx((1 + last) / 2)
        assert warm_up_and_decay(5 * N, N, WARM_UP, last) == found[-1]


def test_without_a_warm_up_the_first_step_is_the_fastest():
    assert warm_up_and_decay(0, N, 0) == 1.0
    assert warm_up_and_decay(0, 0, 0) == 1.0


def test_all_weights_get_the_rate():
    weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    groups = [
        {"params": [weights[0]], "lr": 0.1},
        {"params": [weights[1]], "lr": 0.7},
    ]
    optimizer = torch.optim.SGD(groups)
    set_rate(optimizer, 0.25)
    sum(weight.sum() for weight in weights).backward()
    optimizer.step()
    assert [weight.item() for weight in weights] == [-0.25, -0.25]
