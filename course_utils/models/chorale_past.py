"""What is known of a chorale before each of its sixteenths.

Axes: B batch, T sixteenths, 4 voices.

Taught in: notebooks/51_transformer_training.ipynb
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

N_VOICES = 4
N_PLACES = 16  # sixteenths in a bar of 4/4
STRETCH = 8  # sixteenths; a voice is hidden for at least so long
OCTAVE = 12  # semitones
SHY = 1.0  # sixteenths that each pitch class is thought to have sounded
RECENT = 32  # sixteenths; two bars of 4/4
RARE = 0.02  # added to each share
LONGEST = 31  # sixteenths that a held pitch is counted
NEAREST = 4  # sixteenths; what is nearer is a held note, no echo
LONGEST_MATCH = 64  # sixteenths that two places are compared over


@dataclass(frozen=True)
class Past:
    """What is known before each sixteenth; D are distances back.

    Parameters
    ----------
    last : Tensor, shape (B, T, 4)
        Classes of the sixteenth before.
    before : Tensor, shape (B, T, 4)
        Classes two sixteenths before.
    held : Tensor, shape (B, T, 4)
        For how many sixteenths more `last` has sounded already.
    place : Tensor, shape (B, T)
        Place of this sixteenth in the bar.
    profile : Tensor, shape (B, T, 2, 12), float32
        How much each pitch class has sounded; see `profile_of`.
    agreed, then : Tensor of int16, shape (B, T, 4, D)
        How the music repeats itself; see `agreement_of`.

    Those without a type are int64.
    """

    last: Tensor
    before: Tensor
    held: Tensor
    place: Tensor
    profile: Tensor
    agreed: Tensor
    then: Tensor

    def partly(self, probability: float, unknown: int) -> "Past":
        """Return the past with stretches of the voices hidden.

        Parameters
        ----------
        probability : float
            That a voice is shown for the next `STRETCH` sixteenths.
        unknown : int
            Class that stands for what is hidden.
        """
        if probability >= 1.0:
            return self
        n_rows, n_steps, n_voices = self.last.shape
        n_stretches = n_steps // STRETCH + 2
        chance = torch.rand(n_rows, n_stretches, n_voices)
        hidden = (chance > probability).to(self.last.device)
        hidden = hidden.repeat_interleave(STRETCH, dim=1)[:, : n_steps + 1]
        return replace(
            self,
            last=self.last.masked_fill(hidden[:, 1:], unknown),
            before=self.before.masked_fill(hidden[:, :-1], unknown),
            held=self.held.masked_fill(hidden[:, 1:], 0),
        )


def past_of(
    classes: Tensor,
    first_place: Tensor,
    start: int,
    n_last: int | None = None,
) -> Past:
    """Return what is known before each sixteenth of a grid.

    Parameters
    ----------
    classes : Tensor of int64, shape (B, T, 4)
        Of the grid; see `ChoraleTransformer`.
    first_place : Tensor of int64, shape (B,)
        Place in the bar of the first sixteenth.
    start : int
        Class that stands for what was before the grid.
    n_last : int, optional
        For how many sixteenths at the end; None: for all.
    """
    n_rows, n_steps, _ = classes.shape
    edge = classes.new_full((n_rows, 2, N_VOICES), start)
    known = torch.cat([edge, classes], dim=1)[:, :-1]  # (B, T + 1, 4)
    steps = torch.arange(n_steps, device=classes.device)
    changed = known[:, 1:] != known[:, :-1]  # of the sixteenth before
    began = (changed * steps[:, None]).cummax(dim=1).values
    held = (steps[:, None] - began).clamp(max=LONGEST)
    place = (first_place[:, None] + steps) % N_PLACES
    profile = profile_of(known[:, 1:], start)
    parts = known[:, 1:], known[:, :-1], held, place, profile
    agreement = agreement_of(classes, n_last)
    kept = slice(None if n_last is None else -n_last, None)
    return Past(*(part[:, kept] for part in parts), *agreement)


def profile_of(last: Tensor, start: int) -> Tensor:
    """Return how much each pitch class has sounded before each sixteenth.

    It tells the key without naming it. Class 1 is taken for pitch class 0.

    Parameters
    ----------
    last : Tensor of int64, shape (B, T, 4)
        Classes of the sixteenth before each.
    start : int
        Class that stands for what was before the grid; 0 is a rest.

    Returns
    -------
    Tensor, shape (B, T, 2, 12), float32
        Since the beginning, and in the last `RECENT` sixteenths: logarithm
        of the share of all notes, plus `RARE`, moved so that equal shares
        give 0.
    """
    sounding = (last > 0) & (last < start)
    one_hot = torch.nn.functional.one_hot((last - 1) % OCTAVE, OCTAVE)
    counts = (one_hot * sounding[..., None]).sum(dim=2).cumsum(dim=1)
    earlier = torch.nn.functional.pad(counts, (0, 0, RECENT, 0))
    recent = counts - earlier[:, : counts.shape[1]]
    both = torch.stack([counts, recent], dim=2).float() + SHY
    shares = both / both.sum(dim=-1, keepdim=True)
    return (shares + RARE).log() - math.log(1 / OCTAVE + RARE)


def turned(profile: Tensor, classes: Tensor) -> Tensor:
    """Return profiles as they look from some classes: own pitch class first.

    Parameters
    ----------
    profile : Tensor, shape (..., 2, 12)
        See `profile_of`.
    classes : Tensor of int64, shape (..., n) or (n,)
        From where it is looked at.

    Returns
    -------
    Tensor, shape (..., n, 24)
        Entries j and 12 + j belong to the pitch class j semitones above,
        since the beginning and recently.
    """
    steps = torch.arange(OCTAVE, device=classes.device)
    places = (classes[..., None] - 1 + steps) % OCTAVE  # (..., n, 12)
    shape = (*profile.shape[:-2], places.shape[-2], 2, OCTAVE)
    places = places[..., None, :].expand(shape)
    seen = profile[..., None, :, :].expand(shape).gather(-1, places)
    return seen.flatten(-2)


def agreement_of(
    classes: Tensor, n_last: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return how long the music has agreed with itself, at each distance.

    Parameters
    ----------
    classes : Tensor of int64, shape (B, T, 4)
        Of the grid. What is returned of a sixteenth does not depend on it,
        nor on what comes later.
    n_last : int, optional
        For how many sixteenths at the end; None: for all.

    Returns
    -------
    agreed : Tensor of int16, shape (B, n, 4, D)
        For how many sixteenths before this one, at most `LONGEST_MATCH`,
        each voice has sung as it did d sixteenths earlier. The distances d
        are `NEAREST` to T - 1; at least one is there.
    then : Tensor of int16, shape (B, n, 4, D)
        What it sang d sixteenths before this one; -1 where that is before
        the beginning.
    """
    n_steps = classes.shape[1]
    n_last = n_steps if n_last is None else n_last
    first = max(n_steps - n_last - LONGEST_MATCH, 0)
    device = classes.device
    steps = torch.arange(first, n_steps, device=device)
    back = torch.arange(NEAREST, max(n_steps, NEAREST + 1), device=device)
    places = steps[:, None] - back  # (n, D)
    sung = classes.to(torch.int16)
    then = sung[:, places.clamp(min=0)].mT  # (B, n, 4, D)
    then = then.masked_fill((places < 0)[:, None], -1).contiguous()
    equal = then == sung[:, first:, :, None]
    agreed = torch.zeros_like(then)
    for step in range(1, len(steps)):
        agreed[:, step] = (agreed[:, step - 1] + 1) * equal[:, step - 1]
    agreed = agreed.clamp(max=LONGEST_MATCH)
    return agreed[:, -n_last:], then[:, -n_last:]
