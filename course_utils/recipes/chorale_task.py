"""Learning chorales: four voices on the 16th grid, priced note by note.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_utils.data.crops import Crop, pad_rows
from course_utils.evaluation.likelihood import PADDING, perplexity
from course_utils.models.chorale_past import N_PLACES
from course_utils.models.chorale_transformer import (
    ChoraleTransformer,
    ChoraleTransformerConfig,
    init_chorale_transformer,
)
from course_utils.symbolic.chorale import VOICES
from course_utils.symbolic.chorale_classes import (
    random_key,
    sequence_to_classes,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

EVALUATED_AT_ONCE = 8  # pieces


class ChoraleTask:
    """Four voices on the 16th grid, soprano to bass, priced note by note."""

    name = "chorale"

    def encode(self, sequence: "NoteSequence") -> Tensor:
        """Return the classes of a chorale, (T, 4)."""
        return sequence_to_classes(sequence)

    def vary(self, crop: Tensor, rng: torch.Generator) -> Tensor:
        """Return a crop in any key that keeps it in the range."""
        return random_key(crop, rng)

    def new_model(self, sizes: dict) -> ChoraleTransformer:
        """Return a network; its weights are not drawn yet."""
        return ChoraleTransformer(ChoraleTransformerConfig(**sizes))

    def init(self, model: ChoraleTransformer, rng: torch.Generator) -> None:
        """Draw the weights."""
        init_chorale_transformer(model, rng)

    def loss(self, model: nn.Module, crops: Sequence[Crop]) -> Tensor:
        """Return the mean nats a note; a crop's first sixteenth is given.

        The first sixteenth of a whole piece is predicted too.
        """
        prices, asked = note_prices(model, crops)
        return prices.sum() / asked.sum().clamp(min=1)

    def prices(
        self, model: nn.Module, crops: Sequence[Crop], length: int
    ) -> tuple[Tensor, Tensor]:
        """Return the nats of each note, (B, T, 4); see `note_prices`."""
        return note_prices(model, crops, length)

    @torch.no_grad()
    def figures(
        self, model: nn.Module, pieces: Sequence[Tensor]
    ) -> dict[str, object]:
        """Price whole chorales, all their notes, no padding.

        Returns
        -------
        dict
            `nll`: nats a note of the grid (one voice, one sixteenth), the
            mean over all of them; `nll_per_note`: the same, under the name
            that papers use; `perplexity`; `nll_piece_mean`: the mean over
            pieces; `nll_by_voice`; `nll_by_piece`; `n_tokens`, `n_pieces`.
        """
        was_training = model.training
        model.eval()
        by_length = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        totals = torch.zeros(len(pieces), len(VOICES), dtype=torch.float64)
        for start in range(0, len(by_length), EVALUATED_AT_ONCE):
            chosen = by_length[start : start + EVALUATED_AT_ONCE]
            prices, _ = note_prices(model, [(pieces[i], 0) for i in chosen])
            totals[chosen] = prices.double().sum(dim=1).cpu()
        model.train(was_training)
        steps = torch.tensor([len(piece) for piece in pieces])
        nll = (totals.sum() / (steps.sum() * len(VOICES))).item()
        by_piece = totals.sum(dim=1) / (steps * len(VOICES))
        by_voice = (totals.sum(dim=0) / steps.sum()).tolist()
        return {
            "nll": nll,
            "nll_per_note": nll,
            "perplexity": perplexity(nll),
            "nll_piece_mean": by_piece.mean().item(),
            "nll_by_voice": dict(zip(VOICES, by_voice, strict=True)),
            "nll_by_piece": by_piece.tolist(),
            "n_tokens": int(steps.sum()) * len(VOICES),
            "n_pieces": len(pieces),
        }


def note_prices(
    model: nn.Module, crops: Sequence[Crop], length: int = 0
) -> tuple[Tensor, Tensor]:
    """Return the price of each note of some crops.

    Parameters
    ----------
    model : ChoraleTransformer
        Gives the probabilities.
    crops : sequence of (Tensor, int)
        Classes (T, 4), and where in its piece each begins.
    length : int
        T, at least; all crops are padded to the longest.

    Returns
    -------
    prices : Tensor, shape (B, T, 4)
        Nats; 0 where nothing is asked.
    asked : Tensor of bool, shape (B, T, 4)
        All but padding, and the first sixteenth of what is no whole piece.
    """
    device = next(model.parameters()).device
    rows = [crop for crop, _ in crops]
    classes = pad_rows(rows, length)
    targets = pad_rows(rows, length, PADDING)
    for row, (_, start) in enumerate(crops):
        if start > 0:
            targets[row, 0] = PADDING
    first = torch.tensor([start % N_PLACES for _, start in crops])
    logits = model(classes.to(device), first.to(device))
    prices = cross_entropy(
        logits.movedim(-1, 1).float(),
        targets.to(device),
        ignore_index=PADDING,
        reduction="none",
    )
    return prices, targets.to(device) != PADDING
