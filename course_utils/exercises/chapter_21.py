"""Exercises of chapter 21: the pitch's share, unfolding, groups of a batch.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.basics.runtime import torch_rng
from course_utils.exercises.check import NO_ANSWER, Wrong, exercise
from course_utils.models.layers import fold

ATOL = 1e-4  # of single precision, and of the tiny number under the root
SIZES = (  # noise, one-hot vectors, size of their one
    (256, 1, 1.0),
    (64, 2, 4.0),
    (10, 1, 0.0),
)


def _given(value: object) -> object:
    """Return what an answer gave; None means that it is not written yet."""
    if value is None:
        raise Wrong(NO_ANSWER)
    return value


@exercise(
    "21.1",
    hints=(
        "Pixel norm divides all numbers by one number, so shares stay.",
        "The mean square of noise is 1: n_latent numbers give n_latent.",
        "Each one-hot vector gives scale squared; divide by the whole.",
    ),
)
def share_of_labels(answer: Callable[[int, int, float], float]) -> None:
    """Take a function of (n_latent, n_one_hots, scale) giving a share."""
    for n_latent, n_one_hots, scale in SIZES:
        labels = n_one_hots * scale**2
        expected = labels / (n_latent + labels)
        got = float(_given(answer(n_latent, n_one_hots, scale)))
        if abs(got - expected) < ATOL:
            continue
        case = f"{n_latent} numbers of noise and {n_one_hots} ones of {scale}"
        unsquared = n_one_hots * scale / (n_latent + n_one_hots * scale)
        if scale > 1 and abs(got - unsquared) < ATOL:
            raise Wrong(
                f"for {case} you share out the numbers. Share out their "
                "squares: pixel norm looks at the mean square."
            )
        raise Wrong(f"for {case} it is {expected:.4f}; you say {got:.4f}.")


@exercise(
    "21.2",
    hints=(
        "Make the large image of zeros first, then fill it block by block.",
        "large[:, c, r::2, s::2] are all places r, s within their 2 x 2.",
        "Its numbers are small[:, 4 * c + 2 * r + s], as fold put them.",
    ),
)
def unfold_by_hand(answer: Callable[[Tensor], Tensor]) -> None:
    """Take the inverse of `fold(x, (2, 2))`."""
    for shape in ((1, 1, 4, 6), (3, 2, 8, 4)):
        image = torch.randn(shape, generator=torch_rng(21))
        got = _given(answer(fold(image, (2, 2))))
        if tuple(got.shape) != shape:
            raise Wrong(
                f"an image of shape {shape} should come back; got "
                f"{tuple(got.shape)}."
            )
        if torch.equal(got, image):
            continue
        if torch.equal(got.sort().values, image.sort().values) or torch.equal(
            got.flatten(1).sort().values, image.flatten(1).sort().values
        ):
            raise Wrong(
                "all numbers are there, but not at their places. The channel "
                "counts c first, then the row r, then the frame s."
            )
        raise Wrong("other numbers come back than were folded.")


def _grouped_std(x: Tensor, n_group: int) -> Tensor:
    """Return one deviation for each item, shape (B,): that of its group."""
    groups = x.unflatten(0, (-1, n_group))
    std = groups.std(dim=1, correction=0).flatten(1).mean(dim=1)
    return std.repeat_interleave(n_group)


@exercise(
    "21.3",
    hints=(
        "x.unflatten(0, (-1, n_group)) has an axis for groups and one inside.",
        "Take the deviation inside each group, then the mean of the rest.",
        "std.repeat_interleave(n_group) gives each item its group's number.",
    ),
)
def grouped_std(answer: Callable[[Tensor, int], Tensor]) -> None:
    """Take a function from (B, C, F, T) and a size to (B,) deviations."""
    x = torch.randn(6, 3, 4, 2, generator=torch_rng(21))
    x[:2] = x[:1]  # the first two items are the same
    x[4:] *= 10
    got = _given(answer(x.clone(), 2))
    if tuple(got.shape) != (6,):
        raise Wrong(f"one number an item, shape (6,); got {tuple(got.shape)}.")
    if torch.allclose(got, _grouped_std(x, 6), atol=1e-2):
        raise Wrong("that is the number of the whole batch for each item.")
    if torch.allclose(got, _grouped_std(x[[0, 3, 1, 4, 2, 5]], 2), atol=1e-2):
        raise Wrong("groups are neighbours: items 0 and 1, then 2 and 3.")
    if got[0].abs() > 1e-2:
        raise Wrong(
            "items 0 and 1 are the same, so their group's number is 0; got "
            f"{got[0]:.3f}."
        )
    if not torch.allclose(got, _grouped_std(x, 2), atol=1e-2):
        raise Wrong(
            "divide by the items of the group, not by one less "
            "(correction=0), and take the mean of all deviations."
        )
    if not torch.allclose(answer(x.clone(), 3), _grouped_std(x, 3), atol=1e-2):
        raise Wrong("groups of 2 are right, groups of 3 are not.")
