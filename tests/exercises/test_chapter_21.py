import pytest
import torch
from torch.nn import functional

from course_utils.exercises import chapter_21
from course_utils.exercises.check import check
from course_utils.models.layers import add_minibatch_std


def right_share(n_latent, n_one_hots, scale):
    labels = n_one_hots * scale**2
    return labels / (n_latent + labels)


def right_unfold(small):
    n_images, channels, rows, frames = small.shape
    large = torch.zeros(n_images, channels // 4, 2 * rows, 2 * frames)
    for c in range(channels // 4):
        for r in range(2):
            for s in range(2):
                large[:, c, r::2, s::2] = small[:, 4 * c + 2 * r + s]
    return large


def right_groups(x, n_group):
    groups = x.unflatten(0, (-1, n_group))
    std = groups.std(dim=1, correction=0).mean(dim=(1, 2, 3))
    return std.repeat_interleave(n_group)


def test_the_right_answers_pass(capsys):
    check("21.1", right_share)
    check("21.2", right_unfold)
    check("21.3", right_groups)
    assert capsys.readouterr().out.count("correct") == 3


def test_other_right_ways_pass(capsys):
    check("21.2", lambda small: functional.pixel_shuffle(small, 2))
    check(
        "21.3",
        lambda x, n_group: torch.cat(
            [add_minibatch_std(part)[:, -1, 0, 0] for part in x.split(n_group)]
        ),
    )
    assert capsys.readouterr().out.count("correct") == 2


def test_the_empty_stubs_do_not_pass(capsys):
    check("21.1", lambda n_latent, n_one_hots, scale: None)
    check("21.2", lambda small: None)
    check("21.3", lambda x, n_group: None)
    shown = capsys.readouterr().out
    assert "correct" not in shown
    assert shown.count("still empty") == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda n, k, s: k * s / (n + k * s), "Share out their squares"),
        (lambda n, k, s: k / (n + k), "it is 0.3333"),
        (lambda n, k, s: s * s / (n + s * s), "2 ones of 4.0"),
        (lambda n, k, s: 0.5, "it is 0.0039"),
    ],
)
def test_a_wrong_share_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_21.share_of_labels(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda small: small, "should come back"),
        (lambda small: right_unfold(small).mT.contiguous(), "should come"),
        (lambda small: right_unfold(small).flip(3), "not at their places"),
        (
            lambda small: right_unfold(
                small.unflatten(1, (-1, 2, 2)).transpose(2, 3).flatten(1, 3)
            ),
            "not at their places",
        ),
        (lambda small: 2 * right_unfold(small), "other numbers"),
    ],
)
def test_a_wrong_unfolding_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_21.unfold_by_hand(answer)


def whole(x, n_group):
    return right_groups(x, len(x))


def by_step(x, n_group):
    n_groups = len(x) // n_group
    groups = x.unflatten(0, (n_group, n_groups))
    std = groups.std(dim=0, correction=0).mean(dim=(1, 2, 3))
    return std.repeat_interleave(n_group)


def per_pixel(x, n_group):
    return x.unflatten(0, (-1, n_group)).std(dim=1, correction=0)


def unequal(x, n_group):
    groups = x.unflatten(0, (-1, n_group))
    return groups.std(dim=1).mean(dim=(1, 2, 3)).repeat_interleave(n_group)


def spread_of_all(x, n_group):
    groups = x.unflatten(0, (-1, n_group)).flatten(1)
    return groups.std(dim=1, correction=0).repeat_interleave(n_group)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (whole, "the whole batch"),
        (by_step, "groups are neighbours"),
        (per_pixel, "one number an item"),
        (unequal, "not by one less"),
        (spread_of_all, "its group's number is 0|their group's number is 0"),
        (lambda x, n_group: right_groups(x, 2), "groups of 3 are not"),
    ],
)
def test_a_wrong_deviation_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_21.grouped_std(answer)
