"""The kind of networks with which a GAN failed in 2022: a warning, not a tool.

They have what the student project of 2022 had: batch normalisation in both
networks, ordinary weights, and no way in for pitch and timbre. Their sizes
are those of `GanSynthConfig`, so that both kinds are compared fairly.

Axes: B batch, C channels, F rows (frequency), T frames.

Source: Dias, Nascimento and Ferreira (2022), Case study: generation of
musical audio through GAN, LSTM and Transformer, Unicamp; its code in
github.com/patrickctrf/projeto-ia376.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from course_utils.models.gansynth import GanSynthConfig, Judgement, Labels
from course_utils.models.layers import SLOPE, fold, unfold

STD = 0.02  # of the first weights, as in DCGAN


def _norm(n_channels: int) -> nn.BatchNorm2d:
    """Return a batch normalisation that keeps no running statistics.

    The project kept them with a momentum of 0.99, which in PyTorch means
    that nearly all of them are the last batch's; so are these.
    """
    return nn.BatchNorm2d(n_channels, track_running_stats=False)


def _conv(n_in: int, n_out: int, config: GanSynthConfig) -> list[nn.Module]:
    """Return convolution, batch normalisation, leaky ReLU."""
    conv = nn.Conv2d(n_in, n_out, config.kernel, padding="same")
    return [conv, _norm(n_out), nn.LeakyReLU(SLOPE)]


class Generator2022(nn.Module):
    """Draw the image of a note from noise alone.

    Parameters
    ----------
    config : GanSynthConfig
        Sizes, as for `Generator`.

    Taught in: notebooks/23_gansynth_training.ipynb
    """

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        size = (widths[0], *config.start)
        self.dense = nn.Linear(config.n_latent, size[0] * size[1] * size[2])
        self.to_features = nn.Unflatten(1, size)
        layers = [_norm(widths[0]), nn.LeakyReLU(SLOPE)]
        for n_in, n_out in pairwise(widths):
            layers.append(nn.Upsample(scale_factor=config.growth))
            layers += _conv(n_in, n_out, config)
        layers.append(nn.Conv2d(widths[-1], config.n_colours, 1))
        self.layers = nn.Sequential(*layers)

    def forward(
        self,
        z: Tensor,
        labels: Labels,
        block: int | None = None,
        alpha: float = 1.0,
    ) -> Tensor:
        """Return images (B, 2, F, T); the labels are not even looked at."""
        x = self.layers(self.to_features(self.dense(z)))
        return unfold(torch.tanh(x), self.config.folding)


class Discriminator2022(nn.Module):
    """Say how real an image looks; pitch and timbre it does not know.

    Parameters
    ----------
    config : GanSynthConfig
        The generator's.

    Taught in: notebooks/23_gansynth_training.ipynb
    """

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        layers = [nn.Conv2d(config.n_colours, widths[-1], 1)]
        layers.append(nn.LeakyReLU(SLOPE))
        for n_in, n_out in pairwise(reversed(widths)):
            layers += _conv(n_in, n_out, config)
            layers.append(nn.AvgPool2d(config.growth))
        self.layers = nn.Sequential(*layers, nn.Flatten())
        n_features = widths[0] * config.start[0] * config.start[1]
        self.score = nn.Linear(n_features, 1)

    def forward(
        self, image: Tensor, block: int | None = None, alpha: float = 1.0
    ) -> Judgement:
        """Return a judgement whose logits of pitch and timbre are 0."""
        features = self.layers(fold(image, self.config.folding))
        unknown = features.new_zeros(len(image), 1, dtype=torch.float32)
        return Judgement(
            self.score(features)[:, 0].float(),
            unknown.expand(-1, self.config.n_pitches),
            unknown.expand(-1, self.config.n_timbres),
        )


def init_2022(model: nn.Module, rng: torch.Generator) -> None:
    """Draw weights from N(0, 0.02^2), biases 0, scales of the norms 1."""
    with torch.no_grad():
        for module in model.modules():
            for name, weight in module.named_parameters(recurse=False):
                if weight.ndim >= 2:
                    weight.normal_(0, STD, generator=rng)
                else:
                    weight.fill_(float(name == "weight"))
