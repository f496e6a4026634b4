"""The answer of the Transformer for chorales in intervals.

Axes: B batch, T sixteenths, 4 voices, W width, V vocabulary.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.models.chorale_parts import ALL_VOICES, PAIRS
from course_utils.models.chorale_past import (
    N_VOICES,
    OCTAVE,
    Past,
    turned,
)

FASTER = 8.0  # a score is so many times what is learnt, so it learns faster


class IntervalReadout(nn.Module):
    """Logits of how far each class lies from what sounds.

    It is measured from the voice's own class a sixteenth before, and from
    the classes of the voices that it hears now.

    Parameters
    ----------
    width, n_classes : int
        W and V.
    octaves : bool
        Measure from all voices a sixteenth before, and have scores of the
        intervals without their octaves too, and of the key as it looks from
        each class.
    """

    def __init__(
        self, width: int, n_classes: int, octaves: bool = False
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.octaves = octaves
        n_starts = 2 * N_VOICES if octaves else 1 + N_VOICES
        self.scores = nn.Linear(width, n_starts * (2 * n_classes - 1))
        if octaves:
            self.octave_scores = nn.Linear(width, n_starts * OCTAVE)
            self.key_scores = nn.Linear(width, 2 * OCTAVE)

    def forward(
        self,
        x: Tensor,
        past: Past,
        heard: Tensor,
        voices: Sequence[int] = ALL_VOICES,
    ) -> Tensor:
        """Return (B, T, n, V).

        Parameters
        ----------
        x : Tensor, shape (B, T, n, W)
            What each voice has found.
        past : Past
            What is known before these sixteenths.
        heard : Tensor of int64, shape (B, T, n, 4)
            See `heard_classes`; rests, and V, which is unknown, have no
            interval.
        voices : sequence of int
            Which n voices are asked for.
        """
        before = past.last[..., voices, None]
        if self.octaves:
            before = past.last[..., None, :].expand_as(heard)
        starts = torch.cat([before, heard], dim=-1)  # (B, T, n, starts)
        n_starts = starts.shape[-1]
        scores = self.scores(x).float().unflatten(-1, (n_starts, -1))
        classes = torch.arange(self.n_classes, device=x.device)
        highest = self.n_classes - 1
        apart = (classes - starts[..., None]).clamp(-highest, highest)
        logits = scores.gather(-1, apart + highest)  # (..., starts, V)
        if self.octaves:
            scores = self.octave_scores(x).float()
            scores = scores.unflatten(-1, (n_starts, -1))
            logits = logits + scores.gather(-1, apart % OCTAVE)
        sounding = (starts > 0) & (starts < self.n_classes)
        logits = (logits * sounding[..., None]).sum(dim=-2)
        if self.octaves:
            seen = turned(past.profile, classes)  # (B, T, V, 24)
            logits = logits + self.key_scores(x).float() @ seen.mT
        return logits * (classes > 0)  # a rest has no interval


class ParallelReadout(nn.Module):
    """Logits of moving along with another voice, by the interval that stays.

    A fifth that moves to a fifth is rare in Bach, a third that moves to a
    third is not. There is one score for each pair of voices and interval:
    small enough to be learnt before any chorale is known by heart, and to be
    read afterwards.

    Parameters
    ----------
    n_classes : int
        V.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.eighths = nn.Parameter(torch.zeros(len(PAIRS), OCTAVE))

    @property
    def scores(self) -> Tensor:
        """Scores by pair and interval from the lower voice up, (12, 12)."""
        return FASTER * self.eighths

    def forward(
        self, past: Past, heard: Tensor, voices: Sequence[int] = ALL_VOICES
    ) -> Tensor:
        """Return (B, T, n, V); see `IntervalReadout` for what is given."""
        rows = []
        for voice, ear in zip(voices, heard.unbind(dim=2), strict=True):
            own = past.last[..., voice, None]
            rows.append(
                sum(
                    self._of_pair(
                        pair, own, past.last[..., other, None], ear[..., other]
                    )
                    for pair, (listener, other) in enumerate(PAIRS)
                    if listener == voice
                )
            )
        return torch.stack(rows, dim=2)

    def _of_pair(
        self, pair: int, own: Tensor, before: Tensor, now: Tensor
    ) -> Tensor:
        """Return (B, T, V): scores where both move alike and stay as far.

        The voice was on `own`, (B, T, 1), and hears another that went from
        `before`, (B, T, 1), to `now`, (B, T).
        """
        now = now[..., None]
        classes = torch.arange(self.n_classes, device=now.device)
        stays = (classes - now) % OCTAVE == (own - before) % OCTAVE
        alike = (classes - own).sign() * (now - before).sign() > 0
        counts = stays & alike & (classes > 0)
        for sounds in (own, before, now):
            counts = counts & (sounds > 0) & (sounds < self.n_classes)
        listener, other = PAIRS[pair]
        upwards = own - before if listener < other else before - own
        return self.scores[pair][upwards % OCTAVE] * counts
