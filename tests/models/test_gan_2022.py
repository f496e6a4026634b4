import pytest
import torch

from course_utils.models.gan_2022 import (
    Discriminator2022,
    Generator2022,
    init_2022,
)
from course_utils.models.gansynth import GanSynthConfig, Labels

CONFIG = GanSynthConfig(
    3, 2, (8, 6, 4), (2, 4), growth=(2, 2), folding=(4, 1), n_latent=5
)


@pytest.fixture
def nets(rng):
    pair = Generator2022(CONFIG), Discriminator2022(CONFIG)
    for net in pair:
        init_2022(net, rng)
    return pair


def labels(n, pitch=0):
    return Labels(torch.full((n,), pitch), torch.zeros(n, dtype=torch.int64))


def test_images_and_judgements_have_the_shapes_of_the_good_networks(nets, rng):
    generator, discriminator = nets
    z = torch.randn(6, 5, generator=rng)
    images = generator(z, labels(6))
    assert images.shape[1:] == CONFIG.image_shape()
    assert images.abs().max() < 1
    judged = discriminator(images)
    shapes = [tuple(part.shape) for part in judged]
    assert shapes == [(6,), (6, 3), (6, 2)]


def test_the_generator_does_not_know_which_note_is_wanted(nets, rng):
    z = torch.randn(6, 5, generator=rng)
    one, other = (nets[0](z, labels(6, pitch)) for pitch in (0, 2))
    assert torch.equal(one, other)


def test_an_image_depends_on_the_others_of_its_batch(nets, rng):
    z = torch.randn(6, 5, generator=rng)
    alone = nets[0](z[:2], labels(2))
    together = nets[0](z, labels(6))[:2]
    assert (alone - together).abs().max() > 1e-4


def test_one_seed_gives_one_network():
    twins = []
    for _ in range(2):
        net = Discriminator2022(CONFIG)
        init_2022(net, torch.Generator().manual_seed(7))
        twins.append(net.state_dict())
    assert all(torch.equal(twins[0][k], twins[1][k]) for k in twins[0])
    assert twins[0]["score.bias"].item() == 0
    assert twins[0]["layers.3.weight"].tolist() == [1.0] * 6
