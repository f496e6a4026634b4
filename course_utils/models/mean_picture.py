"""The mean picture of every pitch and timbre: notes without a network.

On a logarithmic scale a note's picture is nearly a sum: where its partials
lie depends on the pitch, how loud they are on the timbre. A linear fit finds
these parts, and what is special to a pitch of a timbre. Played, such a mean
has the right pitch, but it is one and the same note each time, and no real
one; a generator that starts from it need only learn what it lacks.

Axes: B batch, M notes, F rows, T frames, P pitches, K timbres. Images are in
the range of a network, [-1, 1].

Taught in: notebooks/21_gansynth_layers.ipynb
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_utils.basics.checks import check_range

REACH = 0.95  # of tanh; the inverse of tanh is infinite at 1
RIDGE = 0.3  # notes' worth of doubt: a part that was rarely seen stays small


class MeanPicture(nn.Module):
    """A sum of pictures: common, of pitch, of timbre, of both together.

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
        self.register_buffer(
            "both", torch.zeros(n_pitches * n_timbres, *shape)
        )

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
        small = self.shrunk(images).flatten(1)
        common = small.mean(dim=0)
        known = self._one_hot(pitch, timbre).to(small)
        gram = known.T @ known + RIDGE * torch.eye(known.shape[1]).to(small)
        parts = torch.linalg.solve(gram, known.T @ (small - common))
        self.common.copy_(common.unflatten(0, self.common.shape))
        kept = (self.pitch, self.timbre, self.both)
        sizes = [len(part) for part in kept]
        for part, found in zip(kept, parts.split(sizes), strict=True):
            part.copy_(found.unflatten(1, self.common.shape))

    def shrunk(self, images: Tensor) -> Tensor:
        """Return images averaged down to the size of the stored pictures."""
        size = self.common.shape[1:]
        return functional.adaptive_avg_pool2d(images, size)

    def _one_hot(self, pitch: Tensor, timbre: Tensor) -> Tensor:
        """Return which parts each note has, (M, parts)."""
        n_timbres = len(self.timbre)
        known = [functional.one_hot(pitch, len(self.pitch))]
        if n_timbres:
            both = pitch * n_timbres + timbre
            known.append(functional.one_hot(timbre, n_timbres))
            known.append(functional.one_hot(both, len(self.both)))
        return torch.cat(known, dim=1)

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
        n_timbres = len(self.timbre)
        if n_timbres:
            both = self.both[pitch * n_timbres + timbre]
            picture = picture + self.timbre[timbre] + both
        picture = functional.interpolate(
            picture, size=size, mode="bilinear", align_corners=False
        )
        return picture.clamp(-REACH, REACH)
