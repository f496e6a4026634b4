from itertools import pairwise

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.gansynth import PRESETS, GanSynthConfig, Labels
from course_utils.models.generator import Generator
from course_utils.models.layers import (
    downsample,
    fold,
    init_equalised,
    unfold,
    upsample,
)

ATOL = 1e-5
TINY = GanSynthConfig(5, 3, (6, 6, 4), (4, 2), n_latent=7)
FOLDED = GanSynthConfig(
    5, 3, (6, 6, 4), (4, 2), growth=(1, 2), folding=(2, 2), n_latent=7
)
MEAN = GanSynthConfig(5, 3, (6, 4), (4, 2), n_latent=7, mean_frames=2)
FLAT = GanSynthConfig(
    5, 3, (9, 7), (1, 4), (1, 2), (8, 1), n_latent=7, mean_frames=2
)
every_config = pytest.mark.parametrize(
    "config",
    [TINY, FOLDED, MEAN, FLAT],
    ids=["paper's way", "folded", "mean", "rows in channels"],
)


def new(config, rng):
    net = Generator(config)
    init_equalised(net, rng)
    if net.mean is not None:
        net.mean.common.uniform_(-0.5, 0.5, generator=rng)
    return net


def notes(rng, n_notes=4, config=TINY):
    z = torch.randn(n_notes, config.n_latent, generator=rng)
    return z, Labels(
        torch.randint(config.n_pitches, (n_notes,), generator=rng),
        torch.randint(max(config.n_timbres, 1), (n_notes,), generator=rng),
    )


def n_weights(net):
    return sum(weight.numel() for weight in net.parameters())


def enlarged(image, config):
    folded = upsample(fold(image, config.folding), config.growth)
    return unfold(folded, config.folding)


def shrunk(image, config):
    folded = downsample(fold(image, config.folding), config.growth)
    return unfold(folded, config.folding)


def paper_count(n_inputs):
    """Count by hand from the shapes in the paper's code."""
    widths = [min(4096 // 2**b, 256) for b in range(1, 8)]
    count = n_inputs * 2 * 16 * 256 + 256  # vector to image
    count += 9 * 256 * 256 + 256
    for n_in, n_out in pairwise(widths):
        count += 9 * n_in * n_out + n_out + 9 * n_out * n_out + n_out
    return count + sum(2 * width + 2 for width in widths)


def test_weights_of_the_paper_are_7311246():
    net = Generator(GanSynthConfig(61, 0, **PRESETS["paper"]))
    assert n_weights(net) == paper_count(317) == 7_311_246


def test_a_timbre_adds_one_input_to_the_first_layer():
    net = Generator(GanSynthConfig(61, 11, **PRESETS["paper"]))
    assert n_weights(net) == 7_311_246 + 11 * 256 * 16 * 2


def test_every_block_has_the_papers_shape(rng):
    config = GanSynthConfig(61, 0, **PRESETS["paper"])
    net = new(config, rng)
    z, labels = notes(rng, 1, config)
    x, shapes = net._inputs(z, labels), []
    with torch.no_grad():
        for layer in net.blocks[:5]:  # the last two take a second each
            x = layer(x)
            shapes.append(tuple(x.shape[1:]))
    expected = [(256, 16, 2), (256, 32, 4), (256, 64, 8), (256, 128, 16)]
    assert shapes == [*expected, (128, 256, 32)]


@every_config
def test_every_block_draws_an_image_of_its_size(config, rng):
    net, (z, labels) = new(config, rng), notes(rng)
    for block in range(config.n_blocks):
        image = net(z, labels, block)
        assert image.shape == (4, *config.image_shape(block))
        assert image.abs().max() < 1
    assert torch.equal(net(z, labels), image)


@every_config
def test_alpha_0_is_the_old_picture_enlarged(config, rng):
    net, (z, labels) = new(config, rng), notes(rng)
    for block in range(1, config.n_blocks):
        old = net(z, labels, block - 1)
        faded = net(z, labels, block, alpha=0.0)
        assert (faded - enlarged(old, config)).abs().max() < ATOL
        assert (shrunk(faded, config) - old).abs().max() < ATOL


@every_config
def test_alpha_weighs_the_new_picture(config, rng):
    net, (z, labels) = new(config, rng), notes(rng)
    last = config.n_blocks - 1
    old, new_one, blend = (net(z, labels, last, a) for a in (0.0, 1.0, 0.25))
    assert (blend - (0.75 * old + 0.25 * new_one)).abs().max() < ATOL
    assert torch.equal(new_one, net(z, labels, last))
    nearly = net(z, labels, last, alpha=1 - 1e-6)
    assert (nearly - new_one).abs().max() < ATOL


def test_the_first_block_has_nothing_to_fade_from(rng):
    net, (z, labels) = new(TINY, rng), notes(rng)
    assert torch.equal(net(z, labels, 0, alpha=0.0), net(z, labels, 0))


@pytest.mark.parametrize("block", [0, 1, 2])
def test_gradient_reaches_every_weight_in_use_and_none_above(block, rng):
    net, (z, labels) = new(TINY, rng), notes(rng, 32)
    net(z, labels, block, alpha=0.5).square().sum().backward()
    for name, weight in net.named_parameters():
        place = int(name.split(".")[1])
        lowest = max(block - 1, 0) if name.startswith("to_image") else 0
        if lowest <= place <= block:
            assert weight.grad.abs().max() > 0, name
        else:
            assert weight.grad is None, name


def test_pitch_timbre_and_noise_all_change_the_picture(rng):
    net, (z, labels) = new(TINY, rng), notes(rng, 1)
    image = net(z, labels)
    others = (
        net(z, Labels((labels.pitch + 1) % 5, labels.timbre)),
        net(z, Labels(labels.pitch, (labels.timbre + 1) % 3)),
        net(z + 1, labels),
    )
    assert all((image - other).abs().max() > 0.01 for other in others)


def test_notes_of_a_batch_do_not_touch_each_other(rng):
    net, (z, labels) = new(TINY, rng), notes(rng)
    one = net(z[2:3], Labels(labels.pitch[2:3], labels.timbre[2:3]))
    assert (net(z, labels)[2:3] - one).abs().max() < ATOL


def test_the_vector_is_noise_and_scaled_one_hots(rng):
    config = GanSynthConfig(
        3, 2, (4,), (2, 2), n_latent=2, condition_scale=4.0
    )
    z = torch.tensor([[0.5, -1.0]])
    labels = Labels(torch.tensor([2]), torch.tensor([0]))
    vector = Generator(config)._inputs(z, labels)
    assert vector.tolist() == [[0.5, -1.0, 0, 0, 4, 4, 0]]


def test_without_timbres_the_vector_has_none(rng):
    config = GanSynthConfig(3, 0, (4,), (2, 2), n_latent=2)
    labels = Labels(torch.tensor([1]), torch.tensor([0]))
    vector = Generator(config)._inputs(torch.zeros(1, 2), labels)
    assert vector.tolist() == [[0, 0, 0, 1, 0]]


def test_with_nothing_drawn_over_it_the_mean_picture_comes_out(rng):
    net, (z, labels) = new(MEAN, rng), notes(rng)
    with torch.no_grad():
        for layer in net.to_image:
            layer.weight.zero_()
    image = net(z, labels)
    mean = net.mean(labels.pitch, labels.timbre, MEAN.image_shape()[1:])
    assert (image - mean).abs().max() < ATOL


def test_one_seed_gives_one_generator(rng):
    nets = [new(TINY, rng.manual_seed(seed)) for seed in (3, 3, 4)]
    z, labels = notes(rng)
    first, again, other = (net(z, labels) for net in nets)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("shape", [(4, 6), (3, 7), (4, 7, 1)])
def test_noise_of_another_shape_is_refused(shape, rng):
    _, labels = notes(rng)
    with pytest.raises(CourseError, match=r"noise of shape \(4, 7\)"):
        new(TINY, rng)(torch.zeros(shape), labels)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_an_alpha_outside_0_to_1_is_refused(alpha, rng):
    z, labels = notes(rng)
    with pytest.raises(CourseError, match="alpha from 0 to 1"):
        new(TINY, rng)(z, labels, 1, alpha)


def test_a_block_that_is_not_there_is_refused(rng):
    z, labels = notes(rng)
    with pytest.raises(CourseError, match="block from 0 to 2"):
        new(TINY, rng)(z, labels, 3)


def test_strength_0_plays_the_mean_pictures_alone(rng):
    config = GanSynthConfig(
        3, 2, (8, 8), (1, 4), (1, 2), (16, 1), n_latent=4, mean_frames=4
    )
    generator = Generator(config)
    init_equalised(generator, rng)
    images = 0.5 * torch.randn(12, 2, 16, 8, generator=rng).clamp(-1, 1)
    pitch, timbre = torch.arange(12) % 3, torch.arange(12) % 2
    generator.mean.fit(images, pitch, timbre)
    labels, z = Labels(pitch, timbre), torch.randn(12, 4, generator=rng)
    drawn = generator(z, labels, strength=0.0)
    mean = generator.mean(pitch, timbre, (16, 8))
    assert (drawn - mean).abs().max() < 1e-5
    full = generator(z, labels)
    assert torch.equal(full, generator(z, labels, strength=1.0))
    assert (full - mean).abs().max() > 0.1


def test_without_mean_pictures_only_strength_1_is_known(rng):
    config = GanSynthConfig(3, 2, (8,), (4, 4), n_latent=4)
    labels = Labels(torch.zeros(1).long(), torch.zeros(1).long())
    with pytest.raises(CourseError, match="strength"):
        Generator(config)(torch.zeros(1, 4), labels, strength=0.5)
