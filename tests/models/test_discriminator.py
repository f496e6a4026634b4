from itertools import pairwise

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import PRESETS, GanSynthConfig
from course_utils.models.layers import (
    downsample,
    fold,
    init_equalised,
    unfold,
)

ATOL = 1e-4  # scores are sums of thousands of products
TINY = GanSynthConfig(5, 3, (6, 6, 4), (4, 2), n_latent=7)
FOLDED = GanSynthConfig(
    5, 3, (6, 6, 4), (4, 2), growth=(1, 2), folding=(2, 2), n_latent=7
)
FLAT = GanSynthConfig(5, 3, (9, 7), (1, 4), (1, 2), (8, 1), n_latent=7)
every_config = pytest.mark.parametrize(
    "config",
    [TINY, FOLDED, FLAT],
    ids=["paper's way", "folded", "rows in channels"],
)


def new(config, rng):
    net = Discriminator(config)
    init_equalised(net, rng)
    return net


def images(rng, config=TINY, block=None, n_images=4):
    return torch.randn(n_images, *config.image_shape(block), generator=rng)


def n_weights(net):
    return sum(weight.numel() for weight in net.parameters())


def paper_count(n_heads):
    """Count by hand from the shapes in the paper's code."""
    widths = [min(4096 // 2**b, 256) for b in range(1, 8)]
    count = sum(2 * width + width for width in widths)  # from the image
    for n_out, n_in in pairwise(widths):
        count += 9 * n_in * n_in + n_in + 9 * n_in * n_out + n_out
    count += 9 * 257 * 256 + 256  # one channel more: the batch's deviation
    count += 2 * 16 * 256 * 256 + 256
    return count + 257 * n_heads


def test_weights_of_the_paper_are_6831230():
    net = Discriminator(GanSynthConfig(61, 0, **PRESETS["paper"]))
    assert n_weights(net) == paper_count(1 + 61) == 6_831_230


def test_a_timbre_adds_one_output():
    net = Discriminator(GanSynthConfig(61, 11, **PRESETS["paper"]))
    assert n_weights(net) == 6_831_230 + 11 * 257


def test_it_mirrors_the_generator_block_by_block(rng):
    config = GanSynthConfig(61, 0, **PRESETS["paper"])
    net = new(config, rng)
    for block in range(1, config.n_blocks):
        layer = net.blocks[block]
        assert layer.conv_1.weight.shape[1] == config.channels[block]
        assert layer.conv_2.weight.shape[0] == config.channels[block - 1]
    x = torch.randn(1, 128, 256, 32, generator=rng)  # into block 5 of 7
    shapes = []
    with torch.no_grad():
        for layer in reversed(net.blocks[1:5]):
            x = layer(x)
            shapes.append(tuple(x.shape[1:]))
    expected = [(256, 128, 16), (256, 64, 8), (256, 32, 4), (256, 16, 2)]
    assert shapes == expected
    assert net.blocks[0](x).shape == (1, 256)


@every_config
def test_every_block_judges_images_of_its_size(config, rng):
    net = new(config, rng)
    for block in range(config.n_blocks):
        judgement = net(images(rng, config, block), block)
        assert judgement.score.shape == (4,)
        assert judgement.pitch.shape == (4, 5)
        assert judgement.timbre.shape == (4, 3)


def test_without_timbres_there_is_a_head_of_no_outputs(rng):
    config = GanSynthConfig(5, 0, (6, 4), (4, 2))
    judgement = new(config, rng)(images(rng, config))
    assert judgement.timbre.shape == (4, 0)


@every_config
def test_alpha_0_judges_the_image_made_small(config, rng):
    net = new(config, rng)
    for block in range(1, config.n_blocks):
        image = images(rng, config, block)
        folded = downsample(fold(image, config.folding), config.growth)
        small = unfold(folded, config.folding)
        faded = net(image, block, alpha=0.0).score
        assert (faded - net(small, block - 1).score).abs().max() < ATOL


@every_config
def test_alpha_blends_the_features_of_old_and_new(config, rng):
    net, image = new(config, rng), images(rng, config)
    last = config.n_blocks - 1
    score = net(image, last).score
    nearly = net(image, last, alpha=1 - 1e-6).score
    assert (nearly - score).abs().max() < ATOL
    far = net(image, last, alpha=0.5).score
    assert (far - score).abs().max() > 100 * ATOL


@pytest.mark.parametrize("block", [0, 1, 2])
def test_gradient_reaches_every_weight_in_use_and_none_above(block, rng):
    net = new(TINY, rng)
    judgement = net(images(rng, block=block, n_images=32), block, alpha=0.5)
    sum(part.square().sum() for part in judgement).backward()
    heads = ("score", "pitch", "timbre")
    for name, weight in net.named_parameters():
        kind, *rest = name.split(".")
        place = 0 if kind in heads else int(rest[0])
        lowest = max(block - 1, 0) if kind == "from_image" else 0
        if kind in heads or lowest <= place <= block:
            assert weight.grad.abs().max() > 0, name
        else:
            assert weight.grad is None, name


def test_a_collapsed_batch_is_judged_otherwise_than_its_item_in_company(rng):
    net, varied = new(TINY, rng), images(rng, n_images=8)
    collapsed = varied[:1].expand(8, -1, -1, -1)
    alone, among = net(collapsed).score[0], net(varied).score[0]
    assert (alone - among).abs() > 10 * ATOL


def test_features_and_heads_together_are_the_whole(rng):
    net, image = new(TINY, rng), images(rng)
    parts, whole = net.heads(net.features(image)), net(image)
    assert all(torch.equal(a, b) for a, b in zip(parts, whole, strict=True))
    assert net.features(image).shape == (4, 6)


def test_one_seed_gives_one_discriminator(rng):
    nets = [new(TINY, rng.manual_seed(seed)) for seed in (3, 3, 4)]
    image = images(rng)
    first, again, other = (net(image).score for net in nets)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("shape", [(4, 2, 8, 4), (2, 16, 8), (4, 1, 16, 8)])
def test_images_of_another_size_are_refused(shape, rng):
    with pytest.raises(CourseError, match=r"shape \(B, 2, 16, 8\)"):
        new(TINY, rng)(torch.zeros(shape))


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_an_alpha_outside_0_to_1_is_refused(alpha, rng):
    with pytest.raises(CourseError, match="alpha from 0 to 1"):
        new(TINY, rng)(images(rng), 2, alpha)
