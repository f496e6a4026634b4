import itertools

import pytest
import torch

from course_utils.models.gansynth import Labels
from course_utils.training.gan_variety import (
    COARSE,
    VarietyTerm,
    coarse_levels,
    paired,
    real_variety,
)


def images(n, rng):
    return torch.rand(n, 2, 16, 8, generator=rng) * 2 - 1


def test_levels_are_means_of_patches_of_the_magnitude(rng):
    some = images(3, rng)
    rows, frames = COARSE
    patches = some[:, 0].reshape(3, 16 // rows, rows, 8 // frames, frames)
    expected = patches.mean(dim=(2, 4)).flatten(1)
    torch.testing.assert_close(coarse_levels(some), expected)


def test_real_variety_is_that_of_two_notes_drawn_by_chance(rng):
    labels = Labels(
        torch.tensor([0, 0, 0, 1, 1]), torch.tensor([2, 2, 2, 2, 0])
    )
    levels = torch.randn(5, 7, generator=rng)
    names = list(zip(*(part.tolist() for part in labels), strict=True))
    total = 0.0
    for i in range(5):
        same = [j for j in range(5) if names[j] == names[i]]
        apart = [(levels[i] - levels[j]).abs().mean() for j in same]
        total += float(sum(apart)) / len(same)
    assert real_variety(levels, labels) == pytest.approx(total / 5, rel=1e-5)


def test_one_note_of_each_name_has_no_variety(rng):
    labels = Labels(torch.arange(4), torch.zeros(4, dtype=torch.long))
    assert real_variety(torch.randn(4, 3, generator=rng), labels) == 0


def test_copies_lack_everything_and_real_notes_nothing(rng):
    half = images(4, rng)
    term = VarietyTerm(1.0, 0.01)
    copies = torch.cat([half, half])
    assert term.loss(copies).item() == 1
    assert term.loss(torch.cat([half, images(4, rng)])).item() == 0


def test_the_share_that_is_missing_shrinks_along_its_slope(rng):
    half = images(4, rng) / 2
    drawn = torch.cat([half, half + 0.01]).requires_grad_(True)
    term = VarietyTerm(1.0, 0.1)
    before = term.loss(drawn)
    assert before.item() == pytest.approx(0.9, abs=1e-4)
    before.backward()
    assert (drawn.grad[:, 1] == 0).all()  # phases are free
    assert term.loss(drawn.detach() - 0.1 * drawn.grad) < before


def test_paired_labels_come_twice(rng):
    labels = Labels(torch.arange(5), torch.arange(5) + 10)
    twice = paired(labels)
    assert twice.pitch.tolist() == [0, 1, 0, 1]
    assert twice.timbre.tolist() == [10, 11, 10, 11]


def test_target_of_two_equal_halves_counts_a_note_and_itself():
    labels = Labels(torch.zeros(2).long(), torch.zeros(2).long())
    levels = torch.tensor([[0.0], [1.0]])
    pairs = itertools.product(levels.flatten().tolist(), repeat=2)
    expected = sum(abs(a - b) for a, b in pairs) / 4
    assert real_variety(levels, labels) == expected == 0.5
