"""Compose alto, tenor and bass under a melody that is given.

The voices of a sixteenth are drawn without knowing how the melody goes on,
so a harmony may be fine until the melody takes a turn that it does not fit.
Therefore many versions grow side by side. Each melody note shows how well a
version's harmony foretold it; versions that foretold it badly are replaced
by copies of those that did it well. This is a particle filter.

Axes: B versions, T sixteenths, 4 voices, V vocabulary.

Source: Doucet and Johansen (2009), A tutorial on particle filtering and
smoothing.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.basics.checks import check_range
from course_utils.models.chorale_past import N_VOICES
from course_utils.models.chorale_transformer import ChoraleTransformer
from course_utils.sampling.choir import Choir
from course_utils.sampling.filters import (
    apply_temperature,
    draw,
    keep_top_k,
    keep_top_p,
)

ENOUGH = 0.5  # share of versions that must still count


@dataclass(frozen=True)
class Taste:
    """How the voices are drawn.

    Parameters
    ----------
    temperature, top_p, top_k
        See `sampling.filters`; `top_k` None keeps all.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int | None = None

    def shape(self, logits: Tensor) -> Tensor:
        """Return logits (B, V) to draw from."""
        logits = apply_temperature(logits, self.temperature)
        if self.top_k is not None:
            logits = keep_top_k(logits, self.top_k)
        return keep_top_p(logits, self.top_p)


def harmonise(
    model: ChoraleTransformer,
    melody: Tensor,
    *,
    n_candidates: int,
    n_versions: int,
    taste: Taste,
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Compose three voices under a melody, several times.

    Parameters
    ----------
    model : ChoraleTransformer
        Gives the probabilities.
    melody : Tensor of int64, shape (T,)
        Classes; 0 is a rest.
    n_candidates, n_versions : int
        Candidates, and the versions that compete in each.
    taste : Taste
        How the voices are drawn.
    rng : torch.Generator
        Source of chance.

    Returns
    -------
    classes : Tensor of int64, shape (n_candidates, T, 4)
        The likeliest first; the soprano is the melody.
    nll : Tensor, shape (n_candidates,)
        Nats a note of the grid, of all four voices.
    """
    check_range("candidates", n_candidates, 1, 1_000)
    check_range("versions", n_versions, 1, 1_000)
    n_rows = n_candidates * n_versions
    choir = Choir(model, n_rows, melody.new_zeros(0, N_VOICES))
    weights = choir.log_p
    for note in tqdm(melody, desc="harmonising", unit="step"):
        foretold = _one_sixteenth(choir, note, taste, rng)
        weights = weights + foretold
        weights = _compete(choir, weights, n_candidates, rng)
    scores = choir.log_p.view(n_candidates, n_versions)
    best = scores.argmax(dim=1) + torch.arange(n_candidates) * n_versions
    nll = -choir.log_p[best] / (len(melody) * N_VOICES)
    order = nll.argsort()
    return choir.classes[best][order], nll[order]


def _one_sixteenth(
    choir: Choir, note: Tensor | None, taste: Taste, rng: torch.Generator
) -> Tensor:
    """Sing one sixteenth; return the log-probability of the soprano, (B,).

    The soprano sings `note`; if that is None, it is drawn too.
    """
    choir.begin()
    log_ps = []
    for voice in range(N_VOICES):
        logits = choir.logits(voice)
        if voice == 0 and note is not None:
            chosen = note.expand(len(logits))
        else:
            chosen = draw(taste.shape(logits), rng)
        log_ps.append(choir.sing(voice, chosen, logits))
    choir.end()
    return log_ps[0]


def _compete(
    choir: Choir, weights: Tensor, n_groups: int, rng: torch.Generator
) -> Tensor:
    """Replace versions that count little, within each group.

    Parameters
    ----------
    choir : Choir
        Its versions are changed.
    weights : Tensor, shape (B,)
        Logarithms of how much each version counts.
    n_groups : int
        Groups of equal size that do not compete with each other.
    rng : torch.Generator
        Source of chance.

    Returns
    -------
    Tensor, shape (B,)
        The new weights.
    """
    shares = weights.view(n_groups, -1).softmax(dim=1)  # (groups, versions)
    size = shares.shape[1]
    counting = 1 / shares.square().sum(dim=1)  # how many versions count
    tired = counting < ENOUGH * size
    if not tired.any():
        return weights
    drawn = torch.multinomial(shares, size, replacement=True, generator=rng)
    same = torch.arange(size).expand_as(drawn)
    chosen = torch.where(tired[:, None], drawn, same)
    first = torch.arange(n_groups)[:, None] * size
    choir.keep((chosen + first).flatten())
    grouped = weights.view(n_groups, -1)
    return torch.where(tired[:, None], 0.0, grouped).flatten()


def continue_chorale(
    model: ChoraleTransformer,
    primer: Tensor,
    n_steps: int,
    *,
    n_takes: int,
    taste: Taste,
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Go on with a chorale, all four voices drawn, several times.

    Parameters
    ----------
    model : ChoraleTransformer
        Gives the probabilities.
    primer : Tensor of int64, shape (T, 4)
        Classes of what was sung.
    n_steps : int
        Sixteenths to compose.
    n_takes : int
        How often to compose them.
    taste : Taste
        How the voices are drawn.
    rng : torch.Generator
        Source of chance.

    Returns
    -------
    classes : Tensor of int64, shape (n_takes, n_steps, 4)
        The likeliest first.
    nll : Tensor, shape (n_takes,)
        Nats a note of the grid.
    """
    choir = Choir(model, n_takes, primer)
    for _ in tqdm(range(n_steps), desc="composing", unit="step"):
        _one_sixteenth(choir, None, taste, rng)
    nll = -choir.log_p / (n_steps * N_VOICES)
    order = nll.argsort()
    return choir.classes[order, len(primer) :], nll[order]
