"""Parts of the Transformer for chorales: what it hears, how it answers.

Axes: B batch, T sixteenths, 4 voices, W width, V vocabulary.

Taught in: notebooks/51_transformer_training.ipynb
"""

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from course_utils.models.chorale_past import (
    LONGEST,
    N_PLACES,
    N_VOICES,
    Past,
)

PAIRS = tuple(combinations(range(N_VOICES), 2))  # a higher and a lower voice
NO_INTERVAL = 0  # where one of two pitches is a rest, or not yet there


def interval_classes(start: Tensor, end: Tensor, n_pitches: int) -> Tensor:
    """Return the class of each interval: its semitones plus `n_pitches`.

    Parameters
    ----------
    start, end : Tensor of int64, equal shapes
        Classes of pitch: 1 to `n_pitches`; others have no interval.
    n_pitches : int
        46 for chorales.
    """
    sounding = (start > 0) & (start <= n_pitches)
    sounding = sounding & (end > 0) & (end <= n_pitches)
    return torch.where(sounding, end - start + n_pitches, NO_INTERVAL)


def tables(n_tables: int, n_rows: int, width: int) -> nn.ModuleList:
    """Return several embeddings of one size."""
    return nn.ModuleList(nn.Embedding(n_rows, width) for _ in range(n_tables))


class PastEmbedding(nn.Module):
    """One vector for all that is known before a sixteenth.

    Parameters
    ----------
    n_pitches, width : int
        Classes of pitch; W.
    intervals : bool
        Hear intervals beside pitches.
    """

    def __init__(self, n_pitches: int, width: int, intervals: bool) -> None:
        super().__init__()
        self.n_pitches = n_pitches
        self.intervals = intervals
        self.place = nn.Embedding(N_PLACES, width)
        self.last = tables(N_VOICES, n_pitches + 2, width)
        self.held = tables(N_VOICES, LONGEST + 1, width)
        if intervals:
            self.move = tables(N_VOICES, 2 * n_pitches, width)
            self.chord = tables(len(PAIRS), 2 * n_pitches, width)

    def forward(self, past: Past) -> Tensor:
        """Return (B, T, W)."""
        x = self.place(past.place)
        for voice in range(N_VOICES):
            x = x + self.last[voice](past.last[..., voice])
            x = x + self.held[voice](past.held[..., voice])
        if not self.intervals:
            return x
        moves = interval_classes(past.before, past.last, self.n_pitches)
        for voice in range(N_VOICES):
            x = x + self.move[voice](moves[..., voice])
        for i, (high, low) in enumerate(PAIRS):
            pair = past.last[..., high], past.last[..., low]
            x = x + self.chord[i](interval_classes(*pair, self.n_pitches))
        return x


class VoiceEmbedding(nn.Module):
    """What each voice knows of itself, and hears of the voices above it.

    Parameters
    ----------
    n_pitches, width, intervals
        See `PastEmbedding`.
    """

    def __init__(self, n_pitches: int, width: int, intervals: bool) -> None:
        super().__init__()
        self.n_pitches = n_pitches
        self.intervals = intervals
        self.own = tables(N_VOICES, n_pitches + 2, width)
        self.held = tables(N_VOICES, LONGEST + 1, width)
        self.place = tables(N_VOICES, N_PLACES, width)
        self.now = tables(len(PAIRS), n_pitches + 2, width)
        if intervals:
            self.move = tables(len(PAIRS), 2 * n_pitches, width)
            self.apart = tables(len(PAIRS), 2 * n_pitches, width)

    def forward(self, past: Past, now: Tensor) -> Tensor:
        """Return (B, T, 4, W) for classes `now` of shape (B, T, 4)."""
        voices = [
            self.own[voice](past.last[..., voice])
            + self.held[voice](past.held[..., voice])
            + self.place[voice](past.place)
            for voice in range(N_VOICES)
        ]
        for i, (high, low) in enumerate(PAIRS):
            sounds = now[..., high]
            heard = self.now[i](sounds)
            if self.intervals:
                move = past.last[..., high], sounds, self.n_pitches
                apart = past.last[..., low], sounds, self.n_pitches
                heard = heard + self.move[i](interval_classes(*move))
                heard = heard + self.apart[i](interval_classes(*apart))
            voices[low] = voices[low] + heard
        return torch.stack(voices, dim=2)


class VoiceLayer(nn.Module):
    """Two dense layers for each voice; what they find is added.

    Parameters
    ----------
    width, units : int
        W, and the units between the two layers.
    drop : float
        Dropout probability.
    """

    def __init__(self, width: int, units: int, drop: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.dense = nn.ModuleList(
            nn.Sequential(
                nn.Linear(width, units), nn.GELU(), nn.Linear(units, width)
            )
            for _ in range(N_VOICES)
        )
        self.dropout = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, 4, W)."""
        voices = self.norm(x).unbind(dim=2)
        added = [
            dense(voice)
            for dense, voice in zip(self.dense, voices, strict=True)
        ]
        return x + self.dropout(torch.stack(added, dim=2))


class IntervalReadout(nn.Module):
    """Logits of how far each class lies from what sounds.

    It is measured from the voice's own class a sixteenth before, and from
    the classes of the voices above now.

    Parameters
    ----------
    width, n_classes : int
        W and V.
    """

    def __init__(self, width: int, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.scores = nn.Linear(width, N_VOICES * (2 * n_classes - 1))

    def forward(self, x: Tensor, last: Tensor, now: Tensor) -> Tensor:
        """Return (B, T, 4, V).

        Parameters
        ----------
        x : Tensor, shape (B, T, 4, W)
            What each voice has found.
        last, now : Tensor of int64, shape (B, T, 4)
            Classes a sixteenth before, and now.
        """
        scores = self.scores(x).float().unflatten(-1, (N_VOICES, -1))
        classes = torch.arange(self.n_classes, device=x.device)
        highest = self.n_classes - 1

        def score(which: int, of: slice, start: Tensor) -> Tensor:
            apart = (classes - start[..., None]).clamp(-highest, highest)
            return scores[:, :, of, which].gather(-1, apart + highest)

        total = score(0, slice(None), last)
        for high in range(N_VOICES - 1):
            below = slice(high + 1, None)
            start = now[..., high, None].expand_as(now[..., below])
            added = score(high + 1, below, start)
            total = total + pad(added, (0, 0, high + 1, 0))
        return total
