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

import torch
from torch import Tensor, nn

from course_utils.models.chorale_intervals import interval_classes
from course_utils.models.chorale_parts import PAIRS, tables
from course_utils.models.chorale_past import LONGEST_MATCH, N_VOICES, Past

N_KINDS = 3  # all voices, the voice alone, the voices that it hears
N_LENGTHS = 7  # none, 1, 2 to 3, 4 to 7, 8 to 15, 16 to 31, more
AGREEMENTS = 3  # not sung yet, as the echo of all voices, otherwise
NOT_LIMITING = 2 * LONGEST_MATCH  # agreement with a voice that is not heard


def echoes_of(past: Past, heard: Tensor, start: int) -> tuple[Tensor, Tensor]:
    """Return what followed the longest earlier match, and its length.

    Parameters
    ----------
    past : Past
        What is known before these sixteenths.
    heard : Tensor of int64, shape (B, T, 4, 4)
        See `chorale_parts.heard_classes`.
    start : int
        Class that stands for what is not there.

    Returns
    -------
    echo : Tensor of int64, shape (B, T, 4, 3)
        Of each voice and kind; of equal matches the latest.
    length : Tensor of int64, shape (B, T, 4, 3)
        Of the match in sixteenths, in classes 0 (none) to 6 (32 and more),
        each twice as long as the one before.
    """
    whole = past.agreed.amin(dim=2)  # (B, T, D)
    echoes, lengths = [], []
    for voice in range(N_VOICES):
        alone = past.agreed[:, :, voice]
        by_ear = _agreed_as_heard(past, heard[:, :, voice], whole, start)
        for match in (whole, alone, by_ear):
            length, which = match.max(dim=-1, keepdim=True)
            echo = past.then[:, :, voice].gather(-1, which).long()
            none = (length == 0) | (echo < 0)
            echoes.append(echo.masked_fill(none, start))
            lengths.append(length.long().masked_fill(none, 0))
    powers = 2 ** torch.arange(N_LENGTHS - 1, device=heard.device)
    classes = torch.bucketize(torch.cat(lengths, dim=-1), powers, right=True)
    shape = (*heard.shape[:-1], N_KINDS)
    return torch.cat(echoes, dim=-1).view(shape), classes.view(shape)


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
        self, past: Past, heard: Tensor, echo: Tensor, length: Tensor
    ) -> Tensor:
        """Return (B, T, 4, W).

        Parameters
        ----------
        past, heard
            What `echoes_of` was given.
        echo, length
            What it returned.
        """
        voices = [
            self._of_voice(
                v, past.last[..., v], echo[:, :, v], length[:, :, v]
            )
            for v in range(N_VOICES)
        ]
        for i, (voice, other) in enumerate(PAIRS):
            sung = heard[..., voice, other]
            state = torch.where(sung == echo[..., other, 0], 1, 2)
            state = torch.where(sung > self.n_pitches, 0, state)
            place = length[..., other, 0] * AGREEMENTS + state
            voices[voice] = voices[voice] + self.agrees[i](place)
        return torch.stack(voices, dim=2)

    def _of_voice(
        self, voice: int, last: Tensor, echo: Tensor, length: Tensor
    ) -> Tensor:
        """Return (B, T, W): where echoes go, their lengths, who agrees."""
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

    def forward(self, x: Tensor, echo: Tensor) -> Tensor:
        """Return logits (B, T, 4, V).

        Parameters
        ----------
        x : Tensor, shape (B, T, 4, W)
            What each voice has found.
        echo : Tensor of int64, shape (B, T, 4, 3)
            See `echoes_of`.
        """
        there = echo < self.n_classes
        scores = self.scores(x).float() * there
        logits = scores.new_zeros(*x.shape[:-1], self.n_classes)
        return logits.scatter_add(-1, echo * there, scores)
