"""Exercises of chapter 22: slopes of the losses, R1, stages that grow.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.basics.runtime import torch_rng
from course_utils.exercises.check import Wrong, exercise

ATOL = 1e-5  # float32 answers pass
Score = Callable[[Tensor], Tensor]


@exercise(
    "22.1",
    hints=(
        "The derivative of ln(1 + exp(x)) is sigmoid(x).",
        "ln(1 - sigmoid(s)) is -ln(1 + exp(s)): its slope is -sigmoid(s).",
        "-ln(sigmoid(s)) is ln(1 + exp(-s)): mind the inner derivative, -1.",
    ),
)
def slopes(answer: Callable[[float], tuple[float, float]]) -> None:
    """Take a function of a score giving the slopes of both losses."""
    for score in (-8.0, -1.0, 0.0, 2.0, 8.0):
        got = [float(slope) for slope in answer(score)]
        if len(got) != 2:
            raise Wrong(f"Return two slopes, not {len(got)}.")
        falls = 1 / (1 + math.exp(-score))
        expected = (-falls, falls - 1)
        names = ("saturating", "non-saturating")
        for name, ours, right in zip(names, got, expected, strict=True):
            where = f"{name}, score {score:g}"
            if abs(ours + right) < ATOL and abs(right) > ATOL:
                raise Wrong(f"{where}: {ours:g} has the wrong sign.")
            if abs(ours - right) > ATOL:
                raise Wrong(f"{where}: expected {right:.5f}, got {ours:.5f}.")


@exercise(
    "22.2",
    hints=(
        "torch.autograd.grad(score(points).sum(), points) gives a tuple.",
        "Square, sum over each point's two numbers, mean over the points.",
        "Points need requires_grad_(); the gradient needs create_graph=True.",
    ),
)
def r1(answer: Callable[[Score, Tensor], Tensor]) -> None:
    """Take a function of (score, points (B, 2)) giving R1's mean slope."""
    rng = torch_rng(22)
    points = torch.randn(6, 2, generator=rng)
    weight = torch.tensor([3.0, -4.0], requires_grad=True)
    _compare("score 3x - 4y", answer(lambda x: x @ weight, points), 25.0)
    square = answer(lambda x: x.square().sum(dim=1), points)
    mean = points.square().sum(dim=1).mean().item()
    _compare("score x² + y²", square, 4 * mean)
    penalty = answer(lambda x: x @ weight, points)
    if not penalty.requires_grad:
        raise Wrong("The penalty cannot be trained on: keep the graph.")
    (slope,) = torch.autograd.grad(penalty, weight)
    if (slope - 2 * weight).abs().max() > ATOL:
        raise Wrong("Its gradient for the weights is wrong: keep the graph.")


def _compare(where: str, got: Tensor, expected: float) -> None:
    """Raise `Wrong` unless `got` is one number, the expected one."""
    if tuple(got.shape) != ():
        raise Wrong(f"Return one number, not shape {tuple(got.shape)}.")
    ratio = got.item() / expected
    if abs(ratio - 6) < 1e-3:
        raise Wrong(f"{where}: six times too much; take the mean of points.")
    if abs(ratio - expected**-0.5) < 1e-3:
        raise Wrong(f"{where}: that is the slope; R1 has its square.")
    if abs(ratio - 1) > 1e-3:
        raise Wrong(f"{where}: expected {expected:g}, got {got.item():g}.")


@exercise(
    "22.3",
    hints=(
        "The number of the stage is n_images // length, at most the last.",
        "Stage 0 is block 0; stages 1 and 2 are block 1; 3 and 4 block 2.",
        "Odd stages fade in: alpha is what is over, divided by length.",
    ),
)
def growing(answer: Callable[[int, int, int], tuple[int, float]]) -> None:
    """Take a function of (blocks, stage's length, n) for (block, alpha)."""
    for n_blocks, length, n_images, expected in (
        (7, 800, 0, (0, 1.0)),
        (7, 800, 799, (0, 1.0)),
        (7, 800, 800, (1, 0.0)),
        (7, 800, 1_000, (1, 0.25)),
        (7, 800, 1_600, (1, 1.0)),
        (7, 800, 2_800, (2, 0.5)),
        (7, 800, 10_399, (6, 1.0)),
        (7, 800, 50_000, (6, 1.0)),
        (1, 10, 25, (0, 1.0)),
    ):
        block, alpha = answer(n_blocks, length, n_images)
        where = f"{n_blocks} blocks, stages of {length}, after {n_images}"
        if block != expected[0]:
            raise Wrong(f"{where}: expected block {expected[0]}, got {block}.")
        if abs(alpha - expected[1]) > ATOL:
            raise Wrong(
                f"{where}: expected alpha {expected[1]:g}, got {alpha:g}."
            )
