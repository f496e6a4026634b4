"""Parts of the Transformer for chorales: what it hears, how it answers.

Axes: B batch, T sixteenths, 4 voices, W width, V vocabulary.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from itertools import combinations, permutations

import torch
from torch import Tensor, nn

from course_utils.models.chorale_intervals import (
    N_WAYS,
    interval_classes,
    motion_classes,
    octave_classes,
)
from course_utils.models.chorale_past import (
    LONGEST,
    N_VOICES,
    OCTAVE,
    Past,
    turned,
)

ALL_VOICES = range(N_VOICES)
CHORDS = tuple(combinations(range(N_VOICES), 2))  # a higher and a lower voice
PAIRS = tuple(permutations(range(N_VOICES), 2))  # who hears, who is heard


def tables(n_tables: int, n_rows: int, width: int) -> nn.ModuleList:
    """Return several embeddings of one size."""
    return nn.ModuleList(nn.Embedding(n_rows, width) for _ in range(n_tables))


class PastEmbedding(nn.Module):
    """One vector for all that is known before a sixteenth.

    Parameters
    ----------
    n_pitches, n_places, width : int
        Classes of pitch; places in the bar that are told apart; W.
    intervals : bool
        Hear intervals beside pitches.
    octaves : bool
        Hear them without their octaves too: a tenth is a third; and hear
        the key from where each voice stands.
    """

    def __init__(
        self,
        n_pitches: int,
        n_places: int,
        width: int,
        intervals: bool,
        octaves: bool = False,
    ) -> None:
        super().__init__()
        self.n_pitches = n_pitches
        self.n_places = n_places
        self.octaves = octaves
        self.intervals = intervals
        self.place = nn.Embedding(n_places, width)
        self.last = tables(N_VOICES, n_pitches + 2, width)
        self.held = tables(N_VOICES, LONGEST + 1, width)
        if intervals:
            self.move = tables(N_VOICES, 2 * n_pitches, width)
            self.chord = tables(len(CHORDS), 2 * n_pitches, width)
        if octaves:
            self.chord_class = tables(len(CHORDS), OCTAVE + 1, width)
            self.degree = nn.Linear(N_VOICES * 2 * OCTAVE, width, bias=False)

    def forward(self, past: Past) -> Tensor:
        """Return (B, T, W)."""
        x = self.place(past.place % self.n_places)
        for voice in range(N_VOICES):
            x = x + self.last[voice](past.last[..., voice])
            x = x + self.held[voice](past.held[..., voice])
        if not self.intervals:
            return x
        moves = interval_classes(past.before, past.last, self.n_pitches)
        for voice in range(N_VOICES):
            x = x + self.move[voice](moves[..., voice])
        for i, (high, low) in enumerate(CHORDS):
            pair = past.last[..., high], past.last[..., low]
            apart = interval_classes(*pair, self.n_pitches)
            x = x + self.chord[i](apart)
            if self.octaves:
                classes = octave_classes(apart, self.n_pitches)
                x = x + self.chord_class[i](classes)
        return x + self.degree(self._degrees(past)) if self.octaves else x

    def _degrees(self, past: Past) -> Tensor:
        """Return the key as it looks from each voice, (B, T, 96)."""
        sounding = (past.last > 0) & (past.last <= self.n_pitches)
        seen = turned(past.profile, past.last) * sounding[..., None]
        return seen.flatten(-2)


def heard_classes(now: Tensor, turn: Tensor, unknown: int) -> Tensor:
    """Return what each voice hears of the others: those decided before it.

    Parameters
    ----------
    now : Tensor of int64, shape (B, T, 4)
        Classes of these sixteenths.
    turn : Tensor of int64, shape (B, T, 4) or (4,)
        When each voice is decided, 0 to 3.
    unknown : int
        Class that stands for what is not decided yet.

    Returns
    -------
    Tensor of int64, shape (B, T, 4, 4)
        Entry (v, u) is the class of voice u, or `unknown`, as v hears it.
    """
    before = turn[..., None, :] < turn[..., :, None]  # (..., 4, 4)
    return torch.where(before, now[..., None, :], unknown)


def random_turns(shape: tuple[int, ...], share: float) -> Tensor:
    """Return when each voice is decided, at random in some sixteenths.

    Parameters
    ----------
    shape : (int, int, 4)
        B, T and the voices.
    share : float
        Of the sixteenths; in the others the order is soprano to bass.

    Returns
    -------
    Tensor of int64, shape (B, T, 4)
    """
    n_rows, n_steps, n_voices = shape
    if share == 0.0:
        return torch.arange(n_voices).expand(shape)
    shuffled = torch.rand(shape).argsort(dim=-1)
    free = torch.rand(n_rows, n_steps, 1) < share
    return torch.where(free, shuffled, torch.arange(n_voices))


class VoiceEmbedding(nn.Module):
    """What each voice knows of itself, and hears of the others.

    Parameters
    ----------
    n_pitches, n_places, width, intervals, octaves
        See `PastEmbedding`.
    motions : bool
        Hear which way each other voice moves, and from which interval: what
        parallel fifths and octaves are made of.
    """

    def __init__(
        self,
        n_pitches: int,
        n_places: int,
        width: int,
        intervals: bool,
        octaves: bool = False,
        motions: bool = False,
    ) -> None:
        super().__init__()
        self.n_pitches = n_pitches
        self.n_places = n_places
        self.octaves = octaves
        self.motions = motions
        self.intervals = intervals
        self.own = tables(N_VOICES, n_pitches + 2, width)
        self.held = tables(N_VOICES, LONGEST + 1, width)
        self.place = tables(N_VOICES, n_places, width)
        self.now = tables(len(PAIRS), n_pitches + 2, width)
        if intervals:
            self.move = tables(len(PAIRS), 2 * n_pitches, width)
            self.apart = tables(len(PAIRS), 2 * n_pitches, width)
        if octaves:
            self.apart_class = tables(len(PAIRS), OCTAVE + 1, width)
            self.degree = nn.ModuleList(
                nn.Linear(2 * OCTAVE, width, bias=False) for _ in PAIRS
            )
        if motions:
            self.motion = tables(len(PAIRS), N_WAYS * (OCTAVE + 1), width)

    def forward(
        self, past: Past, heard: Tensor, voices: Sequence[int] = ALL_VOICES
    ) -> Tensor:
        """Return (B, T, n, W).

        Parameters
        ----------
        past : Past
            What is known before these sixteenths.
        heard : Tensor of int64, shape (B, T, n, 4)
            See `heard_classes`; of the voices that are asked for.
        voices : sequence of int
            Which n voices are asked for.
        """
        asked = zip(voices, heard.unbind(dim=2), strict=True)
        found = [self._of_voice(voice, past, ear) for voice, ear in asked]
        return torch.stack(found, dim=2)

    def _of_voice(self, voice: int, past: Past, heard: Tensor) -> Tensor:
        """Return (B, T, W) of one voice, which hears (B, T, 4)."""
        x = self.own[voice](past.last[..., voice])
        x = x + self.held[voice](past.held[..., voice])
        x = x + self.place[voice](past.place % self.n_places)
        for i, (listener, other) in enumerate(PAIRS):
            if listener == voice:
                x = x + self._of_pair(i, past, heard[..., other])
        return x

    def _of_pair(self, i: int, past: Past, sounds: Tensor) -> Tensor:
        """Return (B, T, W) of what pair i hears: the other now `sounds`."""
        own, other = (past.last[..., voice] for voice in PAIRS[i])
        x = self.now[i](sounds)
        if not self.intervals:
            return x
        move = interval_classes(other, sounds, self.n_pitches)
        apart = interval_classes(own, sounds, self.n_pitches)
        x = x + self.move[i](move) + self.apart[i](apart)
        if self.octaves:
            classes = octave_classes(apart, self.n_pitches)
            x = x + self.apart_class[i](classes)
            x = x + self.degree[i](self._degree(past, sounds))
        if self.motions:
            before = interval_classes(own, other, self.n_pitches)
            x = x + self.motion[i](
                motion_classes(before, move, self.n_pitches)
            )
        return x

    def _degree(self, past: Past, sounds: Tensor) -> Tensor:
        """Return the key as it looks from some notes, (B, T, 24)."""
        sounding = (sounds > 0) & (sounds <= self.n_pitches)
        seen = turned(past.profile, sounds[..., None])[..., 0, :]
        return seen * sounding[..., None]


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

    def forward(self, x: Tensor, voices: Sequence[int] = ALL_VOICES) -> Tensor:
        """Return (B, T, n, W); the voices of `x` are those that are named."""
        rows = zip(voices, self.norm(x).unbind(dim=2), strict=True)
        added = [self.dense[voice](row) for voice, row in rows]
        return x + self.dropout(torch.stack(added, dim=2))
