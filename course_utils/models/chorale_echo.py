"""What followed when the music was like this before: the echoes of a chorale.

Chorales repeat themselves, often for bars. A network that learns from a few
hundred of them does not learn to copy. Here it is shown what a copy would
be and for how long it has been right, and can give it a score of its own.

Axes: B batch, T sixteenths, D distances, 4 voices, W width, V vocabulary; 3
kinds of echo: of all voices, of the voice alone, of the voices it hears.

Source: to go on as after the longest earlier match is the idea of Ziv and
Lempel (1977), A universal algorithm for sequential data compression.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.models.chorale_intervals import interval_classes
from course_utils.models.chorale_parts import ALL_VOICES, PAIRS, tables
from course_utils.models.chorale_past import LONGEST_MATCH, N_VOICES, Past

N_KINDS = 3  # all voices, the voice alone, the voices that it hears
N_LENGTHS = 7  # none, 1, 2 to 3, 4 to 7, 8 to 15, 16 to 31, more
AGREEMENTS = 3  # not sung yet, as the echo of all voices, otherwise
NOT_LIMITING = 2 * LONGEST_MATCH  # agreement with a voice that is not heard


@dataclass(frozen=True)
class Echoes:
    """What followed the longest earlier matches. All int64.

    Parameters
    ----------
    classes : Tensor, shape (B, T, n, 3)
        That followed, for each voice that is asked for and each kind; of
        equal matches after the latest; `start` where there is none.
    lengths : Tensor, shape (B, T, n, 3)
        Of the matches in sixteenths, in classes 0 (none) to 6 (32 and
        more), each twice as long as the one before.
    whole : Tensor, shape (B, T, 4)
        What all voices sang after the match of all voices.
    """

    classes: Tensor
    lengths: Tensor
    whole: Tensor


def echoes_of(
    past: Past,
    heard: Tensor,
    start: int,
    voices: Sequence[int] = ALL_VOICES,
) -> Echoes:
    """Return the echoes at some sixteenths.

    Parameters
    ----------
    past : Past
        What is known before these sixteenths.
    heard : Tensor of int64, shape (B, T, n, 4)
        See `chorale_parts.heard_classes`; of the voices that are asked for.
    start : int
        Class that stands for what is not there.
    voices : sequence of int
        Which n voices are asked for.
    """
    agreed = past.agreed.amin(dim=2)  # of all voices, (B, T, D)
    length, which = agreed.max(dim=-1, keepdim=True)
    places = which[:, :, None].expand(-1, -1, N_VOICES, -1)
    whole = past.then.gather(-1, places).long().squeeze(-1)
    whole = whole.masked_fill((length == 0) | (whole < 0), start)
    classes, lengths = [], []
    for voice, ear in zip(voices, heard.unbind(dim=2), strict=True):
        alone = past.agreed[:, :, voice]
        by_ear = _agreed_as_heard(past, ear, agreed, start)
        for match in (agreed, alone, by_ear):
            length, which = match.max(dim=-1, keepdim=True)
            echo = past.then[:, :, voice].gather(-1, which).long()
            none = (length == 0) | (echo < 0)
            classes.append(echo.masked_fill(none, start))
            lengths.append(length.long().masked_fill(none, 0))
    shape = (*heard.shape[:-1], N_KINDS)
    powers = 2 ** torch.arange(N_LENGTHS - 1, device=heard.device)
    grades = torch.bucketize(torch.cat(lengths, dim=-1), powers, right=True)
    found = torch.cat(classes, dim=-1).view(shape)
    return Echoes(found, grades.view(shape), whole)


def _agreed_as_heard(
    past: Past, heard: Tensor, whole: Tensor, start: int
) -> Tensor:
    """Return for how long what a voice hears has agreed, (B, T, D).

    What is sung now counts too. A voice that hears nothing, (B, T, 4) all
    `start`, has the agreement of all voices until now, `whole`.
    """
    shortest = torch.full_like(whole, NOT_LIMITING)
    for voice in range(N_VOICES):
        sung = heard[..., voice, None]
        agreed = past.agreed[:, :, voice] + 1
        agreed = agreed * (sung == past.then[:, :, voice])
        agreed = agreed.masked_fill(sung == start, NOT_LIMITING)
        shortest = torch.minimum(shortest, agreed)
    return torch.where(shortest == NOT_LIMITING, whole, shortest)


class EchoEmbedding(nn.Module):
    """What each voice makes of the echoes.

    Parameters
    ----------
    n_pitches, width : int
        Classes of pitch; W.
    """

    def __init__(self, n_pitches: int, width: int) -> None:
        super().__init__()
        self.n_pitches = n_pitches
        self.move = tables(N_VOICES, 2 * n_pitches, width)
        self.length = tables(N_VOICES, 2 * N_LENGTHS**2, width)
        self.length_heard = tables(N_VOICES, 2 * N_LENGTHS**2, width)
        self.agrees = tables(len(PAIRS), N_LENGTHS * AGREEMENTS, width)

    def forward(
        self,
        past: Past,
        heard: Tensor,
        echoes: Echoes,
        voices: Sequence[int] = ALL_VOICES,
    ) -> Tensor:
        """Return (B, T, n, W).

        Parameters
        ----------
        past, heard, voices
            What `echoes_of` was given.
        echoes : Echoes
            What it returned.
        """
        found = []
        for i, voice in enumerate(voices):
            echo, length = echoes.classes[:, :, i], echoes.lengths[:, :, i]
            x = self._of_voice(voice, past.last[..., voice], echo, length)
            for pair, (listener, other) in enumerate(PAIRS):
                if listener == voice:
                    sung = heard[:, :, i, other]
                    state = torch.where(sung == echoes.whole[..., other], 1, 2)
                    state = torch.where(sung > self.n_pitches, 0, state)
                    place = length[..., 0] * AGREEMENTS + state
                    x = x + self.agrees[pair](place)
            found.append(x)
        return torch.stack(found, dim=2)

    def _of_voice(
        self, voice: int, last: Tensor, echo: Tensor, length: Tensor
    ) -> Tensor:
        """Return (B, T, W) of where echoes go, how long, which agree."""
        moves = interval_classes(last[..., None], echo, self.n_pitches)
        x = self.move[voice](moves).sum(dim=-2)
        same = (echo[..., 1:] == echo[..., :1]).long()  # as of all voices
        pairs = length[..., :1] * N_LENGTHS + length[..., 1:]
        alone, by_ear = (2 * pairs + same).unbind(dim=-1)
        return x + self.length[voice](alone) + self.length_heard[voice](by_ear)


class EchoReadout(nn.Module):
    """A score for the class of each echo, whichever class that is.

    Parameters
    ----------
    width, n_classes : int
        W and V.
    """

    def __init__(self, width: int, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.scores = nn.Linear(width, N_KINDS)

    def forward(self, x: Tensor, echoes: Echoes) -> Tensor:
        """Return logits (B, T, n, V).

        Parameters
        ----------
        x : Tensor, shape (B, T, n, W)
            What each voice has found.
        echoes : Echoes
            Of these voices.
        """
        there = echoes.classes < self.n_classes
        scores = self.scores(x).float() * there
        logits = scores.new_zeros(*x.shape[:-1], self.n_classes)
        return logits.scatter_add(-1, echoes.classes * there, scores)
