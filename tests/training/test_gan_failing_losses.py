from functools import partial

import pytest
import torch

from course_utils.models.gansynth import Judgement, Labels
from course_utils.training.gan_failing_losses import Saturating, SigmoidMse
from course_utils.training.gan_losses import Batch, NonSaturatingR1

ZERO = torch.zeros(1, dtype=torch.int64)
LABELS = Labels(ZERO, ZERO)


def judge(images):
    """Score an image by its mean; no opinion on its labels."""
    none = images.new_zeros(len(images), 1)
    return Judgement(images.mean(dim=(1, 2, 3)), none, none)


def batch(score):
    return Batch(torch.full((1, 2, 4, 4), score), LABELS)


def slope(loss, score):
    """Return d generator loss / d score."""
    value = torch.tensor(score, requires_grad=True)
    fake = Batch(value.expand(1, 2, 4, 4), LABELS)
    total, _ = loss.generator_loss(judge, fake)
    return torch.autograd.grad(total, value)[0].item()


def test_the_saturating_loss_is_goodfellows():
    loss, numbers = Saturating().generator_loss(judge, batch(1.5))
    caught = torch.log(1 - torch.sigmoid(torch.tensor(1.5)))
    assert loss.item() == pytest.approx(caught.item(), rel=1e-5)
    assert numbers["generator_loss"] is loss


def test_where_drawn_notes_are_caught_its_slope_vanishes():
    assert abs(slope(Saturating(), -10.0)) < 1e-4
    assert slope(NonSaturatingR1(), -10.0) == pytest.approx(-1, abs=1e-3)
    for score in (-2.0, 0.0, 3.0):
        assert slope(Saturating(), score) < 0


def test_without_a_penalty_only_the_logistic_loss_is_left(rng):
    found = partial(
        Saturating().discriminator_loss, judge, batch(2.0), batch(-1.0), rng
    )
    fine = torch.nn.functional.softplus(torch.tensor([-2.0, -1.0])).sum()
    for step in (0, 1, 8):
        assert found(step)[0].item() == pytest.approx(fine.item(), rel=1e-5)


def test_the_squared_error_is_that_of_a_sigmoid_to_one_and_zero(rng):
    loss, numbers = SigmoidMse().discriminator_loss(
        judge, batch(2.0), batch(-1.0), rng, 0
    )
    real, fake = torch.sigmoid(torch.tensor([2.0, -1.0])).tolist()
    assert loss.item() == pytest.approx((1 - real) ** 2 + fake**2, rel=1e-5)
    assert numbers["real_score"].item() == pytest.approx(2, rel=1e-5)
    assert numbers["fake_score"].item() == pytest.approx(-1, rel=1e-5)
    mine, _ = SigmoidMse().generator_loss(judge, batch(-1.0))
    assert mine.item() == pytest.approx((1 - fake) ** 2, rel=1e-5)


def test_it_is_flat_wherever_it_is_sure():
    assert abs(slope(SigmoidMse(), -12.0)) < 1e-4
    assert abs(slope(SigmoidMse(), 12.0)) < 1e-4
