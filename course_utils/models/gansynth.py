"""GANSynth: the sizes of both networks, and what goes in and comes out.

A generator turns noise, pitch and timbre into the spectral image of a note;
a discriminator mirrors it. Both can be used up to any block, so that they
may grow while they train.

Axes: B batch, C channels, F rows (frequency), T frames, P pitches. Images
are in the range of a network, [-1, 1] (see `spectral.scaling`).

Sources: Engel et al. (2019), GANSynth, arXiv:1902.08710, appendix A, and its
code; Karras et al. (2018), arXiv:1710.10196.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from course_utils.basics.checks import CourseError, check_range

N_CHANNELS = 2  # of a spectral image: log-magnitude, phase or IF


@dataclass(frozen=True)
class GanSynthConfig:
    """Sizes of both networks. Plain numbers are counts.

    Parameters
    ----------
    n_pitches, n_timbres : int
        Lengths of the one-hot vectors; no timbres is 0.
    channels : tuple of int
        C of every block of the generator, from the smallest image on.
    start : pair of int
        Rows and frames of the smallest image.
    growth : pair of int
        How many times more rows and frames each block has than the last.
    folding : pair of int
        Rows and frames of the image that lie in channels (see
        `layers.fold`); (1, 1) is the paper's network.
    n_latent : int
        Length of the noise.
    condition_scale : float
        Size of the one in the one-hot vectors.
    mean_frames : int
        Frames of the mean pictures from which the generator starts (see
        `models.mean_picture`); 0 for a generator that starts from nothing.
    """

    n_pitches: int
    n_timbres: int
    channels: tuple[int, ...]
    start: tuple[int, int]
    growth: tuple[int, int] = (2, 2)
    folding: tuple[int, int] = (1, 1)
    n_latent: int = 256
    condition_scale: float = 1.0
    mean_frames: int = 0

    def __post_init__(self) -> None:
        # A checkpoint gives lists back.
        for name in ("channels", "start", "growth", "folding"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        check_range("n_pitches", self.n_pitches, 1, 128)
        check_range("n_timbres", self.n_timbres, 0, 1024)
        check_range("n_latent", self.n_latent, 1, 8192)
        check_range("mean_frames", self.mean_frames, 0, 4096)
        sizes = (*self.channels, *self.start, *self.growth, *self.folding)
        if not self.channels or min(sizes) < 1:
            raise CourseError(
                "channels, start, growth and folding of 1 or more",
                sizes,
                "start from one of PRESETS",
            )

    @property
    def n_blocks(self) -> int:
        """Blocks, the first included."""
        return len(self.channels)

    @property
    def n_inputs(self) -> int:
        """Length of noise and one-hot vectors together."""
        return self.n_latent + self.n_pitches + self.n_timbres

    @property
    def n_colours(self) -> int:
        """Channels of the folded image."""
        return N_CHANNELS * self.folding[0] * self.folding[1]

    @property
    def kernel(self) -> tuple[int, int]:
        """Rows and frames of every convolution; (1, 3) where F is 1."""
        rows, frames = self.block_size(self.n_blocks - 1)
        return (3 if rows > 1 else 1, 3 if frames > 1 else 1)

    def block_size(self, block: int) -> tuple[int, int]:
        """Return rows and frames of block 0, 1, ... (folded)."""
        rows, frames = (
            start * growth**block
            for start, growth in zip(self.start, self.growth, strict=True)
        )
        return rows, frames

    def last_block(self, block: int | None) -> int:
        """Return the index of the last block in use; None for all."""
        last = self.n_blocks - 1 if block is None else block
        check_range("block", last, 0, self.n_blocks - 1)
        return last

    def image_shape(self, block: int | None = None) -> tuple[int, int, int]:
        """Return (2, F, T) of the images that come out after a block."""
        rows, frames = self.block_size(self.last_block(block))
        return (N_CHANNELS, rows * self.folding[0], frames * self.folding[1])


# paper: Engel et al. (2019), 4096 / 2^b channels, at most 256; its first
# image has 2 frames of 16 rows. In the others all rows lie in the channels,
# so that convolutions run over time alone: a pitch is a place on the frequency
# axis, not a pattern that may move, and a step is several times cheaper.
PRESETS = {
    "smoke": {
        "channels": (64, 64, 64),
        "start": (1, 16),
        "growth": (1, 2),
        "folding": (128, 1),
        "n_latent": 16,
        "condition_scale": 8.0,
        "mean_frames": 16,
    },
    "cpu": {
        "channels": (256, 256, 256),
        "start": (1, 16),
        "growth": (1, 2),
        "folding": (512, 1),
        "n_latent": 64,
        "condition_scale": 8.0,
        "mean_frames": 16,
    },
    "colab": {
        "channels": (512, 512, 512, 512),
        "start": (1, 16),
        "growth": (1, 2),
        "folding": (512, 1),
        "n_latent": 128,
        "condition_scale": 8.0,
        "mean_frames": 16,
    },
    "paper": {
        "channels": (256, 256, 256, 256, 128, 64, 32),
        "start": (16, 2),
        "growth": (2, 2),
        "folding": (1, 1),
        "n_latent": 256,
    },
}


class Labels(NamedTuple):
    """Which note: indices of pitch and timbre, each (B,) int64."""

    pitch: Tensor
    timbre: Tensor

    def __len__(self) -> int:
        return len(self.pitch)

    def rows(self, chosen: slice | Tensor) -> "Labels":
        """Return the labels of some notes."""
        return Labels(self.pitch[chosen], self.timbre[chosen])


class Judgement(NamedTuple):
    """What a discriminator says: score (B,), logits (B, P) and (B, n)."""

    score: Tensor
    pitch: Tensor
    timbre: Tensor

    def of(self, labels: Labels) -> Tensor:
        """Return how real the images look *as these notes*, shape (B,).

        Score plus the logits of the notes asked for. With it the loss needs
        no classification term: a projection discriminator (Miyato and
        Koyama, 2018, arXiv:1802.05637, eq. 3).
        """
        total = self.score + _chosen(self.pitch, labels.pitch)
        if self.timbre.shape[1]:
            total = total + _chosen(self.timbre, labels.timbre)
        return total


def _chosen(logits: Tensor, index: Tensor) -> Tensor:
    """Return one logit of each row, shape (B,)."""
    return logits.gather(1, index[:, None])[:, 0]
