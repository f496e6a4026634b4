import pytest
import torch

from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import GanSynthConfig, Labels
from course_utils.models.generator import Generator
from course_utils.models.layers import init_equalised
from course_utils.training.gan_losses import (
    Batch,
    NonSaturatingR1,
    WassersteinGp,
)
from course_utils.training.gan_schedules import Place
from course_utils.training.gan_steps import (
    GanNets,
    GanRules,
    as_drawn,
    average_step,
    count_weights,
    discriminator_step,
    draw,
    generator_step,
)
from course_utils.training.gan_variety import VarietyTerm
from course_utils.training.rates import set_rate

TINY = GanSynthConfig(
    n_pitches=3, n_timbres=2, channels=(6, 4), start=(4, 2), n_latent=5
)
B = 4
NETS = ("generator", "discriminator", "average")
LOSSES = [NonSaturatingR1(), WassersteinGp()]
SIZES = [Place(0, 0, 1.0, B), Place(1, 1, 0.5, B), Place(2, 1, 1.0, B)]

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=["r1", "gp"])
each_size = pytest.mark.parametrize(
    "place", SIZES, ids=["small", "fade", "full"]
)


def new_nets(seed=1):
    rng = torch.Generator().manual_seed(seed)
    generator, average = Generator(TINY), Generator(TINY)
    discriminator = Discriminator(TINY)
    init_equalised(generator, rng)
    init_equalised(discriminator, rng)
    average.load_state_dict(generator.state_dict())
    nets = GanNets(generator, discriminator, average)
    set_rate(nets.generator_optimizer, 1e-2)
    set_rate(nets.discriminator_optimizer, 1e-2)
    return nets


def notes(place, rng):
    labels = Labels(
        torch.randint(3, (B,), generator=rng),
        torch.randint(2, (B,), generator=rng),
    )
    shape = TINY.image_shape(place.block)
    images = torch.rand(B, *shape, generator=rng) * 2 - 1
    return Batch(images, labels)


def weights(nets):
    return {
        name: [w.detach().clone() for w in getattr(nets, name).parameters()]
        for name in NETS
    }


def changed(before, after):
    """Return the names of the networks of which any weight changed."""
    return {
        name
        for name in NETS
        if not all(map(torch.equal, before[name], after[name]))
    }


@each_loss
@each_size
def test_the_discriminators_step_changes_the_discriminator_alone(
    loss, place, rng
):
    nets, real = new_nets(), notes(place, rng)
    before = weights(nets)
    numbers = discriminator_step(
        nets, GanRules(loss), real, real.labels, place, 0, rng
    )
    assert changed(before, weights(nets)) == {"discriminator"}
    assert all(w.grad is None for w in nets.generator.parameters())
    assert {"discriminator_loss", "real_score", "fake_score"} <= set(numbers)
    assert all(type(value) is float for value in numbers.values())


@each_loss
@each_size
def test_the_generators_step_changes_the_generator_alone(loss, place, rng):
    nets, real = new_nets(), notes(place, rng)
    before = weights(nets)
    numbers = generator_step(nets, GanRules(loss), real.labels, place, rng)
    assert changed(before, weights(nets)) == {"generator"}
    assert all(w.grad is None for w in nets.discriminator.parameters())
    assert all(w.requires_grad for w in nets.discriminator.parameters())
    assert "generator_loss" in numbers


def test_blocks_not_yet_in_use_keep_their_weights(rng):
    nets, place = new_nets(), SIZES[0]
    real = notes(place, rng)
    unused = [
        *nets.generator.blocks[1].parameters(),
        *nets.discriminator.blocks[1].parameters(),
    ]
    before = [w.clone() for w in unused]
    rules = GanRules(WassersteinGp())
    discriminator_step(nets, rules, real, real.labels, place, 0, rng)
    generator_step(nets, rules, real.labels, place, rng)
    assert all(map(torch.equal, before, unused))


@each_loss
def test_a_step_equals_the_update_by_hand(loss, rng):
    nets, other, place = new_nets(), new_nets(), SIZES[2]
    nets.discriminator_optimizer = torch.optim.SGD(
        nets.discriminator.parameters(), lr=0.1
    )
    real = notes(place, rng)
    seeds = (torch.Generator().manual_seed(5) for _ in range(2))
    discriminator_step(
        nets, GanRules(loss), real, real.labels, place, 0, next(seeds)
    )

    same = next(seeds)
    z = torch.randn(B, TINY.n_latent, generator=same)
    fake = Batch(other.generator(z, real.labels).detach(), real.labels)
    value, _ = loss.discriminator_loss(
        other.discriminator, real, fake, same, 0
    )
    value.backward()
    for ours, theirs in zip(
        nets.discriminator.parameters(),
        other.discriminator.parameters(),
        strict=True,
    ):
        step = 0 if theirs.grad is None else 0.1 * theirs.grad
        torch.testing.assert_close(ours, theirs - step)


def test_the_seed_decides_a_step(rng):
    place = SIZES[2]
    real = notes(place, rng)
    results = []
    for seed in (1, 1, 2):
        nets, noise = new_nets(), torch.Generator().manual_seed(seed)
        rules = GanRules(WassersteinGp())
        discriminator_step(nets, rules, real, real.labels, place, 0, noise)
        generator_step(nets, rules, real.labels, place, noise)
        results.append(weights(nets))
    assert not changed(results[0], results[1])
    assert changed(results[0], results[2]) == {"generator", "discriminator"}


def test_the_discriminator_is_shown_what_is_heard(rng):
    seen, place = [], SIZES[2]
    nets, real = new_nets(), notes(place, rng)
    hook = nets.discriminator.register_forward_pre_hook(
        lambda _, arguments: seen.append(arguments[0].detach())
    )
    rules = GanRules(NonSaturatingR1(), listen=lambda x: torch.zeros_like(x))
    discriminator_step(nets, rules, real, real.labels, place, 1, rng)
    hook.remove()
    assert torch.equal(seen[0], real.images)
    assert not seen[1].any()


def test_the_gradient_passes_through_what_is_heard(rng):
    nets, place = new_nets(), SIZES[2]
    labels = notes(place, rng).labels
    before = weights(nets)
    rules = GanRules(NonSaturatingR1(), listen=lambda x: 0.5 * x)
    generator_step(nets, rules, labels, place, rng)
    assert changed(before, weights(nets)) == {"generator"}


def test_images_stay_as_drawn_by_default(rng):
    images = torch.randn(2, 2, 3, 3, generator=rng)
    assert as_drawn(images) is images
    assert GanRules(NonSaturatingR1()).listen is as_drawn


@each_size
def test_notes_are_drawn_at_the_size_of_the_place(place, rng):
    nets, labels = new_nets(), notes(place, rng).labels
    images = draw(nets, GanRules(NonSaturatingR1()), labels, place, rng)
    assert images.shape == (B, *TINY.image_shape(place.block))


def test_variety_is_asked_of_notes_of_one_name(rng):
    nets, place = new_nets(), SIZES[2]
    labels, asked = notes(place, rng).labels, []
    hook = nets.generator.register_forward_pre_hook(
        lambda _, arguments: asked.append(arguments[1])
    )
    term = VarietyTerm(0.0, 1e9)
    rules = GanRules(NonSaturatingR1(), variety=term)
    state = rng.get_state()
    numbers = generator_step(nets, rules, labels, place, rng)
    hook.remove()
    assert asked[0].pitch.tolist() == labels.pitch[:2].tolist() * 2
    assert numbers["missing_variety"] == pytest.approx(1, abs=1e-6)

    def weights_after(term):
        fresh = new_nets()
        rng.set_state(state)
        rules = GanRules(NonSaturatingR1(), variety=term)
        generator_step(fresh, rules, labels, place, rng)
        return weights(fresh)

    without, weighed = (
        weights_after(VarietyTerm(weight, 1.0)) for weight in (0.0, 5.0)
    )
    assert changed(without, weighed) == {"generator"}


@each_loss
def test_bfloat16_leaves_weights_and_numbers_in_float32(loss, rng):
    nets, place = new_nets(), SIZES[2]
    real, rules = notes(place, rng), GanRules(loss, bfloat16=True)
    numbers = discriminator_step(
        nets, rules, real, real.labels, place, 0, rng
    ) | generator_step(nets, rules, real.labels, place, rng)
    assert all(torch.tensor(value).isfinite() for value in numbers.values())
    for name in ("generator", "discriminator"):
        for weight in getattr(nets, name).parameters():
            assert weight.dtype == torch.float32
            assert weight.isfinite().all()


def test_the_average_begins_as_a_copy_and_learns_nothing_by_itself():
    nets = new_nets()
    shift(nets.generator, 3.0)
    average_step(nets, 0, 8, half_life=1_000)
    after = weights(nets)
    assert all(map(torch.equal, after["average"], after["generator"]))
    assert not any(w.requires_grad for w in nets.average.parameters())
    assert not nets.average.training


@torch.no_grad()
def shift(net, by):
    for weight in net.parameters():
        weight += by


def test_an_average_of_a_constant_is_the_constant():
    nets = new_nets()
    before = weights(nets)
    for step in range(50):
        average_step(nets, 8 * step, 8, half_life=100)
    for old, new in zip(
        before["average"], nets.average.parameters(), strict=True
    ):
        torch.testing.assert_close(old, new)


@pytest.mark.parametrize("batch_size", [10, 50, 100])
def test_after_a_half_life_an_old_weight_counts_half(batch_size):
    nets = new_nets()
    before = weights(nets)["average"]
    shift(nets.generator, 1.0)
    for _ in range(100 // batch_size):
        average_step(nets, 10**9, batch_size, half_life=100)
    for old, new in zip(before, nets.average.parameters(), strict=True):
        torch.testing.assert_close(new, old + 0.5)


def test_the_average_is_short_at_the_start():
    """After 400 images the half-life is 20, not 1,000."""
    nets = new_nets()
    before = weights(nets)["average"]
    shift(nets.generator, 1.0)
    average_step(nets, 400, 20, half_life=1_000)
    for old, new in zip(before, nets.average.parameters(), strict=True):
        torch.testing.assert_close(new, old + 0.5)


def test_a_rate_is_given_to_all_weights():
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.ones(1)]}]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    set_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25] * 2


def test_adam_has_no_momentum_as_in_the_paper():
    nets = new_nets()
    for optimizer in (nets.generator_optimizer, nets.discriminator_optimizer):
        assert optimizer.param_groups[0]["betas"] == (0.0, 0.99)


def test_weights_are_counted_with_their_biases():
    assert count_weights(torch.nn.Linear(3, 4)) == 16
