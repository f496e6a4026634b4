"""Several versions of a chorale that grow together, voice after voice.

Axes: B versions, T sixteenths, 4 voices, V vocabulary.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import torch
from torch import Tensor

from course_utils.models.chorale_past import N_VOICES, past_of
from course_utils.models.chorale_transformer import ChoraleTransformer


class Choir:
    """What B versions have sung so far, and what the network makes of it.

    One sixteenth is: `begin`, then for each voice from soprano to bass
    `logits` and `sing`, then `end`.

    Parameters
    ----------
    model : ChoraleTransformer
        On the CPU or a GPU; dropout is off.
    n_versions : int
        B.
    primer : Tensor of int64, shape (T, 4)
        Classes that all versions have sung already; may be empty.
    """

    def __init__(
        self, model: ChoraleTransformer, n_versions: int, primer: Tensor
    ) -> None:
        self.model = model.eval()
        self.device = next(model.parameters()).device
        primer = primer.to(self.device)
        self.classes = primer.expand(n_versions, -1, -1)  # (B, T, 4)
        self.log_p = torch.zeros(n_versions, device=self.device)
        self._caches = None
        self._first = torch.zeros(1, dtype=torch.int64, device=self.device)
        if len(primer):
            past = past_of(primer[None], self._first, model.config.start)
            with torch.no_grad():
                _, caches = model.remember(past)
            self._caches = [
                tuple(part.expand(n_versions, -1, -1, -1) for part in cache)
                for cache in caches
            ]

    @torch.no_grad()
    def begin(self) -> None:
        """Begin the next sixteenth: read all that was sung."""
        n_versions = len(self.classes)
        self._now = self.classes.new_zeros(n_versions, 1, N_VOICES)
        sung = torch.cat([self.classes, self._now], dim=1)
        first = self._first.expand(n_versions)
        self._past = past_of(sung, first, self.model.config.start, n_last=1)
        self._remembered, self._caches = self.model.remember(
            self._past, self._caches
        )

    @torch.no_grad()
    def logits(self, voice: int) -> Tensor:
        """Return the logits of a voice, (B, V), given the voices above."""
        parts = self._remembered, self._past, self._now
        return self.model.decide(*parts, voices=[voice])[:, 0, 0]

    def sing(self, voice: int, classes: Tensor, logits: Tensor) -> Tensor:
        """Let a voice sing; return the log-probability of that, (B,).

        Parameters
        ----------
        voice : int
            0 (soprano) to 3 (bass).
        classes : Tensor of int64, shape (B,)
            What it sings.
        logits : Tensor, shape (B, V)
            What `logits` returned for it.
        """
        self._now[:, 0, voice] = classes
        log_p = logits.log_softmax(-1).gather(-1, classes[:, None])[:, 0]
        self.log_p = self.log_p + log_p
        return log_p

    def end(self) -> None:
        """End the sixteenth."""
        self.classes = torch.cat([self.classes, self._now], dim=1)

    def keep(self, versions: Tensor) -> None:
        """Go on with some versions only, each as often as it is named.

        Parameters
        ----------
        versions : Tensor of int64, shape (B,)
            Numbers of the versions that replace the present ones.
        """
        self.classes = self.classes[versions]
        self.log_p = self.log_p[versions]
        self._caches = [
            tuple(part[versions] for part in cache) for cache in self._caches
        ]
