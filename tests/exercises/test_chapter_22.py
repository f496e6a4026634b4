import math

import pytest
import torch

from course_utils.exercises.chapter_22 import growing, r1, slopes
from course_utils.exercises.check import Wrong, check


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def right_slopes(score):
    return -sigmoid(score), -sigmoid(-score)


def slopes_by_autograd(score):
    s = torch.tensor(score, dtype=torch.float64, requires_grad=True)
    losses = -torch.nn.functional.softplus(s), -s.sigmoid().log()
    return [torch.autograd.grad(loss, s)[0] for loss in losses]


def slope_of(score, points, *, graph=True):
    points = points.clone().requires_grad_()
    total = score(points).sum()
    return torch.autograd.grad(total, points, create_graph=graph)[0]


def right_r1(score, points):
    return slope_of(score, points).square().sum(dim=1).mean()


def r1_cut_off(score, points):
    return slope_of(score, points, graph=False).square().sum(dim=1).mean()


def r1_of_a_wrong_graph(score, points):
    penalty = right_r1(score, points).detach()
    return penalty + 0 * score(points).sum()


def right_growing(n_blocks, length, n_images):
    stage = min(n_images // length, 2 * n_blocks - 2)
    fades = stage % 2 == 1
    return (stage + 1) // 2, n_images % length / length if fades else 1.0


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (slopes, right_slopes),
        (slopes, slopes_by_autograd),
        (r1, right_r1),
        (r1, lambda s, p: slope_of(s, p).norm(dim=1).square().mean()),
        (growing, right_growing),
        (growing, lambda *sizes: list(right_growing(*sizes))),
    ],
)
def test_a_right_answer_passes(judge, answer):
    judge(answer)


@pytest.mark.parametrize(
    ("judge", "answer", "message"),
    [
        (slopes, lambda s: (sigmoid(s), sigmoid(-s)), "wrong sign"),
        (slopes, lambda s: right_slopes(s)[::-1], "saturating, score -8: exp"),
        (slopes, lambda s: (right_slopes(s)[0],), "two slopes, not 1"),
        (r1, lambda s, p: slope_of(s, p).norm(dim=1).mean(), "its square"),
        (r1, lambda s, p: 6 * right_r1(s, p), "take the mean"),
        (r1, lambda s, p: slope_of(s, p).square().sum(dim=1), "one number"),
        (r1, lambda s, p: right_r1(s, p) / 2, "expected 25, got 12.5"),
        (r1, r1_cut_off, "cannot be trained on"),
        (r1, r1_of_a_wrong_graph, "gradient for the weights is wrong"),
        (growing, lambda b, n, i: (i // n, 1.0), "expected alpha 0, got 1"),
        (
            growing,
            lambda b, n, i: right_growing(99, n, i),
            "expected block 6, got 31",
        ),
    ],
)
def test_a_wrong_answer_is_told_why(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)


@pytest.mark.parametrize("name", ["22.1", "22.2", "22.3"])
def test_an_untouched_stub_is_called_empty(name, capsys):
    check(name, lambda *arguments: None)
    assert "still empty" in capsys.readouterr().out
