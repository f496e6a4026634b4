"""The discriminator: how real, which pitch, which timbre?

Axes: B batch, C channels, F rows (frequency), T frames, P pitches.

Sources: Engel et al. (2019), GANSynth, arXiv:1902.08710, appendix A, and its
code; Karras et al. (2018), arXiv:1710.10196.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.gansynth import GanSynthConfig, Judgement
from course_utils.models.layers import (
    EqualConv2d,
    EqualLinear,
    ImageToVector,
    add_minibatch_std,
    batch_variance,
    downsample,
    fold,
    leaky_relu,
)


class DiscriminatorBlock(nn.Module):
    """Twice a convolution and leaky ReLU, then shrink. No pixel norm."""

    def __init__(self, n_in: int, n_out: int, config: GanSynthConfig) -> None:
        super().__init__()
        self.growth = config.growth
        self.conv_1 = EqualConv2d(n_in, n_in, config.kernel)
        self.conv_2 = EqualConv2d(n_in, n_out, config.kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out, ...) for x of shape (B, n_in, F, T)."""
        x = leaky_relu(self.conv_1(x))
        x = leaky_relu(self.conv_2(x))
        return downsample(x, self.growth)


class LastBlock(nn.Module):
    """From the smallest image to a vector; compares the batch's items.

    `variance_of` says how: another function knows the items of a batch that
    are elsewhere.
    """

    variance_of = staticmethod(batch_variance)

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        width = config.channels[0]
        self.conv = EqualConv2d(width + 1, width, config.kernel)
        self.n_features = max(config.channels)
        self.dense = ImageToVector(width, self.n_features, *config.start)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_features) for x of shape (B, C, F, T)."""
        x = leaky_relu(self.conv(add_minibatch_std(x, self.variance_of)))
        return leaky_relu(self.dense(x))


class Discriminator(nn.Module):
    """Say how real an image looks, which pitch, and which timbre.

    Parameters
    ----------
    config : GanSynthConfig
        The generator's.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.from_image = nn.ModuleList(
            EqualConv2d(config.n_colours, width, (1, 1)) for width in widths
        )
        self.blocks = nn.ModuleList([LastBlock(config)])
        for n_out, n_in in pairwise(widths):
            self.blocks.append(DiscriminatorBlock(n_in, n_out, config))
        n_features = self.blocks[0].n_features
        self.score = EqualLinear(n_features, 1)
        self.pitch = EqualLinear(n_features, config.n_pitches)
        self.timbre = EqualLinear(n_features, config.n_timbres)

    def forward(
        self, image: Tensor, block: int | None = None, alpha: float = 1.0
    ) -> Judgement:
        """Judge images of the size of one block.

        Parameters
        ----------
        image : Tensor, shape (B, 2, F, T)
            Real or drawn.
        block, alpha
            As for the generator.

        Returns
        -------
        Judgement
        """
        return self.heads(self.features(image, block, alpha))

    def features(
        self, image: Tensor, block: int | None = None, alpha: float = 1.0
    ) -> Tensor:
        """Return what the last layer before the heads sees, (B, n)."""
        last = self.config.last_block(block)
        check_range("alpha", alpha, 0, 1)
        self._check(image, last)
        folded = fold(image, self.config.folding)
        x = leaky_relu(self.from_image[last](folded))
        if last:
            x = self.blocks[last](x)
            if alpha < 1:
                small = downsample(folded, self.config.growth)
                old = leaky_relu(self.from_image[last - 1](small))
                x = torch.lerp(old, x, alpha)
        for layer in reversed(self.blocks[: max(last, 1)]):
            x = layer(x)
        return x

    def heads(self, features: Tensor) -> Judgement:
        """Return score and logits for the features, (B, n)."""
        return Judgement(
            self.score(features)[:, 0].float(),
            self.pitch(features).float(),
            self.timbre(features).float(),
        )

    def _check(self, image: Tensor, last: int) -> None:
        """Raise `CourseError` unless images have the size of a block."""
        shape = self.config.image_shape(last)
        if image.ndim != 4 or image.shape[1:] != shape:
            raise CourseError(
                f"images of shape (B, {', '.join(map(str, shape))})",
                f"shape {tuple(image.shape)}",
                "shrink real images to the size of the block in use",
            )
