"""The mean picture of a pitch plus that of a timbre: a note without a net.

On a logarithmic scale a note's picture is nearly a sum: where its partials
lie depends on the pitch, how loud they are on the timbre. A linear fit finds
both parts. Played, its notes have the right pitch and a dull sound; a
generator that starts from them need only learn what they lack.

Axes: B batch, M notes, F rows, T frames, P pitches, K timbres. Images are in
the range of a network, [-1, 1].

Taught in: notebooks/21_gansynth_layers.ipynb
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_utils.basics.checks import check_range

REACH = 0.95  # of tanh; the inverse of tanh is infinite at 1
RIDGE = 1.0  # as if every part had been seen once more, at zero


class MeanPicture(nn.Module):
    """A sum of three pictures: common, of the pitch, and of the timbre.

    Nothing in it is learnt by gradient; `fit` sets it, and the state of a
    checkpoint brings it back.

    Parameters
    ----------
    n_pitches, n_timbres : int
        P and K.
    shape : tuple of int
        (2, F, T) of the stored pictures; a small T keeps them smooth.

    Taught in: notebooks/21_gansynth_layers.ipynb
    """

    def __init__(
        self, n_pitches: int, n_timbres: int, shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.register_buffer("common", torch.zeros(shape))
        self.register_buffer("pitch", torch.zeros(n_pitches, *shape))
        self.register_buffer("timbre", torch.zeros(n_timbres, *shape))

    @torch.no_grad()
    def fit(self, images: Tensor, pitch: Tensor, timbre: Tensor) -> None:
        """Set the pictures to the least squares fit of real images.

        Parameters
        ----------
        images : Tensor, shape (M, 2, F, T)
            In [-1, 1].
        pitch, timbre : Tensor of int64, shape (M,)
            Indices.
        """
        size = self.common.shape[1:]
        small = functional.adaptive_avg_pool2d(images, size).flatten(1)
        common = small.mean(dim=0)
        n_pitches = len(self.pitch)
        known = torch.cat(
            [
                functional.one_hot(pitch, n_pitches),
                functional.one_hot(timbre, max(len(self.timbre), 1)),
            ],
            dim=1,
        ).to(small)
        gram = known.T @ known + RIDGE * torch.eye(known.shape[1]).to(small)
        parts = torch.linalg.solve(gram, known.T @ (small - common))
        parts = parts.unflatten(1, self.common.shape)
        self.common.copy_(common.unflatten(0, self.common.shape))
        self.pitch.copy_(parts[:n_pitches])
        self.timbre.copy_(parts[n_pitches:][: len(self.timbre)])

    def forward(
        self, pitch: Tensor, timbre: Tensor, size: tuple[int, int]
    ) -> Tensor:
        """Return pictures of notes, at any size.

        Parameters
        ----------
        pitch, timbre : Tensor of int64, shape (B,)
            Indices.
        size : pair of int
            F and T wanted.

        Returns
        -------
        Tensor, shape (B, 2, F, T)
            In [-0.95, 0.95].
        """
        check_range("rows and frames", min(size), 1, 65_536)
        picture = self.common + self.pitch[pitch]
        if len(self.timbre):
            picture = picture + self.timbre[timbre]
        picture = functional.interpolate(
            picture, size=size, mode="bilinear", align_corners=False
        )
        return picture.clamp(-REACH, REACH)
