"""What is known of a chorale before each of its sixteenths.

Axes: B batch, T sixteenths, 4 voices.

Taught in: notebooks/51_transformer_training.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor

N_VOICES = 4
N_PLACES = 16  # sixteenths in a bar of 4/4
STRETCH = 8  # sixteenths; a voice is hidden for at least so long
LONGEST = 31  # sixteenths that a held pitch is counted


@dataclass(frozen=True)
class Past:
    """What is known before each sixteenth. All int64.

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
    """

    last: Tensor
    before: Tensor
    held: Tensor
    place: Tensor

    def at(self, step: int) -> "Past":
        """Return one sixteenth of it, T = 1."""
        parts = (self.last, self.before, self.held, self.place)
        chosen = slice(step, None if step == -1 else step + 1)
        return Past(*(part[:, chosen] for part in parts))

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
        return Past(
            self.last.masked_fill(hidden[:, 1:], unknown),
            self.before.masked_fill(hidden[:, :-1], unknown),
            self.held.masked_fill(hidden[:, 1:], 0),
            self.place,
        )


def past_of(classes: Tensor, first_place: Tensor, start: int) -> Past:
    """Return what is known before each sixteenth of a grid.

    Parameters
    ----------
    classes : Tensor of int64, shape (B, T, 4)
        Of the grid; see `ChoraleTransformer`.
    first_place : Tensor of int64, shape (B,)
        Place in the bar of the first sixteenth.
    start : int
        Class that stands for what was before the grid.
    """
    n_rows, n_steps, _ = classes.shape
    edge = classes.new_full((n_rows, 2, N_VOICES), start)
    known = torch.cat([edge, classes], dim=1)[:, :-1]  # (B, T + 1, 4)
    steps = torch.arange(n_steps, device=classes.device)
    changed = known[:, 1:] != known[:, :-1]  # of the sixteenth before
    began = (changed * steps[:, None]).cummax(dim=1).values
    held = (steps[:, None] - began).clamp(max=LONGEST)
    place = (first_place[:, None] + steps) % N_PLACES
    return Past(known[:, 1:], known[:, :-1], held, place)
