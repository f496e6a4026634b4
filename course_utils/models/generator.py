"""The generator: noise, pitch and timbre become the picture of a note.

Axes: B batch, C channels, F rows (frequency), T frames.

Sources: Engel et al. (2019), GANSynth, arXiv:1902.08710, appendix A, and its
code; Karras et al. (2018), arXiv:1710.10196.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.gansynth import GanSynthConfig, Labels
from course_utils.models.layers import (
    EqualConv2d,
    VectorToImage,
    fold,
    leaky_relu,
    pixel_norm,
    unfold,
    upsample,
)
from course_utils.models.mean_picture import MeanPicture


class GeneratorBlock(nn.Module):
    """Enlarge, then twice: convolution, leaky ReLU, pixel norm."""

    def __init__(self, n_in: int, n_out: int, config: GanSynthConfig) -> None:
        super().__init__()
        self.growth = config.growth
        self.conv_1 = EqualConv2d(n_in, n_out, config.kernel)
        self.conv_2 = EqualConv2d(n_out, n_out, config.kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, n_out, ...) for x of shape (B, n_in, F, T)."""
        x = upsample(x, self.growth)
        x = pixel_norm(leaky_relu(self.conv_1(x)))
        return pixel_norm(leaky_relu(self.conv_2(x)))


class FirstBlock(nn.Module):
    """From a vector to the smallest image."""

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        width = config.channels[0]
        self.dense = VectorToImage(config.n_inputs, width, *config.start)
        self.conv = EqualConv2d(width, width, config.kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, F, T) for x of shape (B, n_inputs)."""
        x = pixel_norm(leaky_relu(self.dense(pixel_norm(x))))
        return pixel_norm(leaky_relu(self.conv(x)))


class Generator(nn.Module):
    """Draw the spectral image of a note from noise, pitch and timbre.

    Parameters
    ----------
    config : GanSynthConfig
        Sizes; they travel in the checkpoint.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """

    def __init__(self, config: GanSynthConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.blocks = nn.ModuleList([FirstBlock(config)])
        for n_in, n_out in pairwise(widths):
            self.blocks.append(GeneratorBlock(n_in, n_out, config))
        self.to_image = nn.ModuleList(
            EqualConv2d(width, config.n_colours, (1, 1)) for width in widths
        )
        self.mean = None
        if config.mean_frames:
            channels, rows, _ = config.image_shape()
            self.mean = MeanPicture(
                config.n_pitches,
                config.n_timbres,
                (channels, rows, config.mean_frames),
            )

    def forward(
        self,
        z: Tensor,
        labels: Labels,
        block: int | None = None,
        alpha: float = 1.0,
        strength: float = 1.0,
    ) -> Tensor:
        """Return images of the size of one block.

        Parameters
        ----------
        z : Tensor, shape (B, n_latent)
            Noise from N(0, 1).
        labels : Labels
            Which notes.
        block : int, optional
            Last block in use; None for all.
        alpha : float
            Weight of the last block's own picture, 0 to 1. The rest is the
            picture of the block before, enlarged.
        strength : float
            How much of what the network draws is added to the mean picture:
            from 0 (the mean alone) to 1 (as trained). Between them notes
            are truer and less varied. Without mean pictures it must be 1.

        Returns
        -------
        Tensor, shape (B, 2, F, T)
            In (-1, 1).

        Raises
        ------
        CourseError
            If shapes or numbers do not fit the config.
        """
        last = self.config.last_block(block)
        check_range("alpha", alpha, 0, 1)
        least = 1 if self.mean is None else 0
        check_range("strength", strength, least, 1)
        x = self._inputs(z, labels)
        before = x
        for layer in self.blocks[: last + 1]:
            before, x = x, layer(x)
        image = self._picture(last, x, labels, strength)
        if alpha < 1 and last:
            old = self._picture(last - 1, before, labels, strength)
            old = upsample(fold(old, self.config.folding), self.config.growth)
            old = unfold(old, self.config.folding)
            image = torch.lerp(old, image, alpha)
        return image

    def _picture(
        self, block: int, x: Tensor, labels: Labels, strength: float
    ) -> Tensor:
        """Return the picture that one block's features draw."""
        drawn = unfold(self.to_image[block](x), self.config.folding)
        drawn = strength * drawn
        if self.mean is not None:
            size = self.config.image_shape(block)[1:]
            mean = self.mean(labels.pitch, labels.timbre, size)
            drawn = drawn + torch.atanh(mean)
        return torch.tanh(drawn)

    def _inputs(self, z: Tensor, labels: Labels) -> Tensor:
        """Return noise and one-hot vectors side by side, (B, n_inputs)."""
        config = self.config
        if z.ndim != 2 or z.shape != (len(labels), config.n_latent):
            raise CourseError(
                f"noise of shape ({len(labels)}, {config.n_latent})",
                f"shape {tuple(z.shape)}",
                "draw one vector of n_latent numbers for each label",
            )
        one_hot = [
            functional.one_hot(labels.pitch, config.n_pitches),
            functional.one_hot(labels.timbre, max(config.n_timbres, 1)),
        ]
        condition = torch.cat(one_hot, 1)[:, : config.n_inputs - z.shape[1]]
        return torch.cat([z, config.condition_scale * condition.to(z)], 1)
