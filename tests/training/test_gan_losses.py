import math

import pytest
import torch
from torch import nn

from course_utils.models.gansynth import Judgement, Labels
from course_utils.training.gan_losses import (
    LOSSES,
    Batch,
    NonSaturatingR1,
    WassersteinGp,
    classification_loss,
    gradient_penalty,
    squared_slope,
)

SHAPE = (2, 3, 4)  # of one image: channels, rows, frames
N_PITCHES, N_TIMBRES = 5, 3
RTOL = 1e-5  # float32


class LinearJudge(nn.Module):
    """Score and logits are linear in the image; slopes are known."""

    def __init__(self, rng, n_timbres=N_TIMBRES):
        super().__init__()
        size = math.prod(SHAPE)
        self.score, self.pitch, self.timbre = (
            nn.Parameter(torch.randn(size, n, generator=rng))
            for n in (1, N_PITCHES, n_timbres)
        )

    def forward(self, images):
        x = images.flatten(1)
        return Judgement(
            (x @ self.score)[:, 0], x @ self.pitch, x @ self.timbre
        )


def batch(rng, n=6):
    return Batch(
        torch.randn(n, *SHAPE, generator=rng),
        Labels(
            torch.randint(N_PITCHES, (n,), generator=rng),
            torch.randint(N_TIMBRES, (n,), generator=rng),
        ),
    )


def quadratic(images):
    empty = images.flatten(1)[:, :0]
    score = images.square().sum(dim=(1, 2, 3))
    return Judgement(score, empty, empty)


def soft(x):
    return math.log1p(math.exp(-abs(x))) + max(x, 0.0)


@pytest.fixture
def judge(rng):
    return LinearJudge(rng)


def test_the_penalty_of_a_linear_score_is_its_slopes_distance_from_1(
    judge, rng
):
    penalty = gradient_penalty(judge, *(batch(rng).images for _ in "ab"), rng)
    expected = (judge.score.norm() - 1) ** 2
    torch.testing.assert_close(penalty, expected, rtol=RTOL, atol=0)


def test_the_penalty_pulls_the_slope_towards_1(judge, rng):
    penalty = gradient_penalty(judge, *(batch(rng).images for _ in "ab"), rng)
    (slope,) = torch.autograd.grad(penalty, judge.score)
    length = judge.score.norm()
    expected = 2 * (length - 1) * judge.score / length
    torch.testing.assert_close(slope, expected, rtol=1e-4, atol=1e-5)


def test_the_penalty_is_measured_at_the_point_itself_if_both_are_equal(rng):
    images = batch(rng).images
    lengths = images.square().sum(dim=(1, 2, 3)).sqrt()
    penalty = gradient_penalty(quadratic, images, images, rng)
    expected = (2 * lengths - 1).square().mean()
    torch.testing.assert_close(penalty, expected, rtol=RTOL, atol=0)


def test_the_slope_is_measured_on_the_straight_way_between_the_pair(rng):
    seen = []

    def watching(images):
        seen.append(images.detach())
        return quadratic(images)

    real, fake = batch(rng).images, batch(rng).images
    gradient_penalty(watching, real, fake, rng)
    share = (seen[0] - real) / (fake - real)
    one_each = share.mean(dim=(1, 2, 3), keepdim=True)
    torch.testing.assert_close(
        share, one_each.expand_as(share), rtol=1e-3, atol=1e-3
    )
    assert ((one_each >= 0) & (one_each <= 1)).all()
    assert one_each.unique().numel() == len(real)


def test_a_flat_score_costs_1_and_gives_finite_gradients(rng):
    weight = torch.zeros(math.prod(SHAPE), requires_grad=True)

    def flat(images):
        empty = images.flatten(1)[:, :0]
        return Judgement(images.flatten(1) @ weight, empty, empty)

    penalty = gradient_penalty(flat, *(batch(rng).images for _ in "ab"), rng)
    (slope,) = torch.autograd.grad(penalty, weight)
    assert penalty.item() == pytest.approx(1, abs=1e-4)
    assert slope.isfinite().all()


def test_the_penalty_draws_from_its_generator_alone(judge, rng):
    real, fake = batch(rng).images, batch(rng).images
    first, again, other = (
        gradient_penalty(
            quadratic, real, fake, torch.Generator().manual_seed(s)
        )
        for s in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_squared_slope_of_a_quadratic_is_4_times_the_squared_length(rng):
    images = batch(rng).images.requires_grad_()
    slope = squared_slope(quadratic(images).score, images)
    expected = 4 * images.square().sum(dim=(1, 2, 3))
    torch.testing.assert_close(slope, expected, rtol=RTOL, atol=0)


def test_wasserstein_is_gap_penalty_drift_and_classifier(judge, rng):
    real, fake = batch(rng), batch(rng)
    loss, numbers = WassersteinGp(7.0, 0.5, 3.0).discriminator_loss(
        judge, real, fake, rng, 0
    )
    on_real, on_fake = judge(real.images), judge(fake.images)
    classes = classification_loss(on_real, real.labels)
    expected = (
        on_fake.score.mean()
        - on_real.score.mean()
        + 7 * (judge.score.norm() - 1) ** 2
        + 0.5 * on_real.score.square().mean()
        + 3 * classes
    )
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=0)
    torch.testing.assert_close(numbers["real_class"], classes)
    torch.testing.assert_close(numbers["fake_score"], on_fake.score.mean())


def test_the_papers_weights_are_the_default():
    assert WassersteinGp() == WassersteinGp(10.0, 0.001, 10.0)


def test_wasserstein_wants_the_generator_scored_high_and_recognised(
    judge, rng
):
    fake = batch(rng)
    loss, numbers = WassersteinGp(class_weight=3.0).generator_loss(judge, fake)
    on_fake = judge(fake.images)
    classes = classification_loss(on_fake, fake.labels)
    torch.testing.assert_close(loss, 3 * classes - on_fake.score.mean())
    torch.testing.assert_close(numbers["fake_class"], classes)


def test_the_classifier_learns_from_real_images_only(judge, rng):
    real, weights = batch(rng), [judge.pitch, judge.timbre]
    slopes = [
        torch.autograd.grad(
            WassersteinGp().discriminator_loss(judge, real, fake, rng, 0)[0],
            weights,
        )
        for fake in (batch(rng), batch(rng))
    ]
    for one, other in zip(*slopes, strict=True):
        torch.testing.assert_close(one, other)
        assert one.abs().max() > 0


def test_projection_learns_labels_from_real_and_drawn_images(judge, rng):
    real, loss = batch(rng), NonSaturatingR1()
    one, other = (
        torch.autograd.grad(
            loss.discriminator_loss(judge, real, fake, rng, 1)[0], judge.pitch
        )[0]
        for fake in (batch(rng), batch(rng))
    )
    assert not torch.allclose(one, other)


def test_non_saturating_is_the_logarithm_of_the_probability_to_be_right(
    judge, rng
):
    real, fake = batch(rng), batch(rng)
    loss, _ = NonSaturatingR1().discriminator_loss(judge, real, fake, rng, 1)
    s_real = judge(real.images).of(real.labels).tolist()
    s_fake = judge(fake.images).of(fake.labels).tolist()
    expected = sum(soft(-s) for s in s_real) + sum(soft(s) for s in s_fake)
    assert loss.item() == pytest.approx(expected / 6, rel=RTOL)

    loss, numbers = NonSaturatingR1().generator_loss(judge, fake)
    expected = sum(soft(-s) for s in s_fake) / 6
    assert loss.item() == pytest.approx(expected, rel=RTOL)
    assert numbers["generator_loss"] is loss


def test_classes_add_their_cross_entropy_to_the_non_saturating_loss(
    judge, rng
):
    real, fake = batch(rng), batch(rng)
    plain, both = NonSaturatingR1(0.0), NonSaturatingR1(0.0, class_weight=3.0)
    words = (judge, real, fake, rng, 1)
    of_real = classification_loss(judge(real.images), real.labels)
    of_fake = classification_loss(judge(fake.images), fake.labels)
    added = (
        both.discriminator_loss(*words)[0]
        - plain.discriminator_loss(*words)[0]
    )
    torch.testing.assert_close(added, 3 * of_real)
    loss, numbers = both.generator_loss(judge, fake)
    torch.testing.assert_close(
        loss - plain.generator_loss(judge, fake)[0], 3 * of_fake
    )
    torch.testing.assert_close(numbers["fake_class"], of_fake)
    assert "fake_class" not in plain.generator_loss(judge, fake)[1]


def test_scores_count_with_the_logits_that_were_asked_for(judge, rng):
    labels = batch(rng).labels
    images = batch(rng).images
    judgement = judge(images)
    for i, total in enumerate(judgement.of(labels)):
        by_hand = (
            judgement.score[i]
            + judgement.pitch[i, labels.pitch[i]]
            + judgement.timbre[i, labels.timbre[i]]
        )
        torch.testing.assert_close(total, by_hand)


def test_r1_is_half_gamma_times_the_squared_slope_of_the_notes_score(
    judge, rng
):
    real, fake = batch(rng), batch(rng)
    words = (judge, real, fake, rng, 0)
    with_penalty, numbers = NonSaturatingR1(3.0, 1).discriminator_loss(*words)
    without, _ = NonSaturatingR1(0.0, 1).discriminator_loss(*words)
    slope = (
        judge.score.T
        + judge.pitch.T[real.labels.pitch]
        + judge.timbre.T[real.labels.timbre]
    )
    expected = slope.square().sum(dim=1).mean()
    torch.testing.assert_close(numbers["penalty"], expected, rtol=1e-4, atol=0)
    torch.testing.assert_close(
        with_penalty - without, 1.5 * expected, rtol=1e-3, atol=0
    )


def test_a_lazy_penalty_adds_as_much_over_a_period(judge, rng):
    real, fake = batch(rng), batch(rng)

    def added(loss):
        return [
            (
                loss.discriminator_loss(judge, real, fake, rng, step)[0]
                - NonSaturatingR1(0.0).discriminator_loss(
                    judge, real, fake, rng, step
                )[0]
            ).item()
            for step in range(16)
        ]

    each, lazy = (added(NonSaturatingR1(2.0, every)) for every in (1, 8))
    assert sum(lazy) == pytest.approx(sum(each), rel=1e-3)
    assert [step for step, term in enumerate(lazy) if term] == [0, 8]


def test_a_penalty_is_told_only_where_it_was_measured(judge, rng):
    real, fake = batch(rng), batch(rng)
    told = [
        "penalty"
        in NonSaturatingR1(penalty_every=3).discriminator_loss(
            judge, real, fake, rng, step
        )[1]
        for step in range(7)
    ]
    assert told == [True, False, False] * 2 + [True]


@pytest.mark.parametrize("kind", LOSSES.values())
def test_the_callers_images_stay_as_they_are(judge, rng, kind):
    real, fake = batch(rng), batch(rng)
    before = real.images.clone()
    kind().discriminator_loss(judge, real, fake, rng, 0)[0].backward()
    assert torch.equal(real.images, before)
    assert not real.images.requires_grad
    assert real.images.grad is fake.images.grad is None


@pytest.mark.parametrize("kind", LOSSES.values())
def test_the_generators_loss_reaches_every_drawn_image(judge, rng, kind):
    fake = batch(rng)
    images = fake.images.requires_grad_()
    loss, _ = kind().generator_loss(judge, Batch(images, fake.labels))
    (slope,) = torch.autograd.grad(loss, images)
    assert (slope.flatten(1).norm(dim=1) > 0).all()


def test_equal_logits_cost_the_logarithm_of_their_number():
    labels = Labels(torch.tensor([0, 4]), torch.tensor([1, 2]))
    zeros = Judgement(torch.zeros(2), torch.zeros(2, 5), torch.zeros(2, 3))
    loss = classification_loss(zeros, labels).item()
    assert loss == pytest.approx(math.log(5) + math.log(3))


def test_without_timbres_only_the_pitch_counts(rng):
    judge, real = LinearJudge(rng, n_timbres=0), batch(rng)
    on_real = judge(real.images)
    log_p = on_real.pitch.log_softmax(dim=1)
    expected = -log_p[torch.arange(6), real.labels.pitch].mean()
    loss = classification_loss(on_real, real.labels)
    torch.testing.assert_close(loss, expected)
    assert on_real.of(real.labels).shape == (6,)
