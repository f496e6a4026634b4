"""A first program's GAN: the sizes of ours, and nothing that makes it learn.

No equalised rates, pixel norm, mean pictures, statistics of the batch, pitch
or penalty: what is left is what any GAN of this size takes.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as price
from torch.nn.functional import leaky_relu

from course_utils.models.gansynth import GanSynthConfig

RATE = 1e-4


def convolution(n_in, n_out):
    return nn.Sequential(nn.Conv1d(n_in, n_out, 3, padding=1), nn.LeakyReLU())


class PlainGenerator(nn.Module):
    """Noise (B, n_inputs) to images (B, rows, frames)."""

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        widths, frames = config.channels, config.start[1]
        self.dense = nn.Linear(config.n_inputs, widths[0] * frames)
        self.shape = (widths[0], frames)
        layers = [convolution(widths[0], widths[0])]
        for n_in, n_out in pairwise(widths):
            layers += [nn.Upsample(scale_factor=config.growth[1])]
            layers += [convolution(n_in, n_out), convolution(n_out, n_out)]
        layers += [nn.Conv1d(widths[-1], config.n_colours, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.layers(leaky_relu(self.dense(z).unflatten(1, self.shape)))


class PlainDiscriminator(nn.Module):
    """Images to scores (B, 1)."""

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        widths = config.channels
        layers = [nn.Conv1d(config.n_colours, widths[-1], 1), nn.LeakyReLU()]
        for n_out, n_in in reversed(list(pairwise(widths))):
            layers += [convolution(n_in, n_in), convolution(n_in, n_out)]
            layers += [nn.AvgPool1d(config.growth[1])]
        layers += [convolution(widths[0], widths[0]), nn.Flatten()]
        layers += [nn.Linear(widths[0] * config.start[1], max(widths))]
        layers += [nn.LeakyReLU(), nn.Linear(max(widths), 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def plain_step(config: GanSynthConfig, images: torch.Tensor):
    """Return a function that trains both networks once on images."""
    generator, discriminator = (
        PlainGenerator(config),
        PlainDiscriminator(config),
    )
    optimizers = [
        torch.optim.Adam(net.parameters(), RATE)
        for net in (generator, discriminator)
    ]
    one, zero = (f(len(images), 1) for f in (torch.ones, torch.zeros))

    def step() -> None:
        z = torch.randn(len(images), config.n_inputs)
        fake = generator(z)
        scores = discriminator(images), discriminator(fake.detach())
        loss = price(scores[0], one) + price(scores[1], zero)
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        price(discriminator(fake), one).backward()
        optimizers[0].step()

    return step
