"""Learning to go on with a piece, event by event.

Besides each event the network is told facts that the events before it say:
which notes sound, which were struck last, how loud, and so on (see
`symbolic.performance_contexts` and `symbolic.metrical_contexts`).

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_utils.data.crops import Crop, pad_rows
from course_utils.evaluation.likelihood import PADDING, perplexity
from course_utils.models.music_transformer import (
    MusicTransformer,
    MusicTransformerConfig,
    init_music_transformer,
)
from course_utils.symbolic import (
    metrical_contexts,
    performance,
    performance_contexts,
)
from course_utils.symbolic.encodings import Encoding, encoding_of

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MEMORY = 1024  # events that are read at once when a piece is priced


@dataclass(frozen=True)
class Facts:
    """What a network is told besides each event.

    Parameters
    ----------
    context_sizes : tuple of int
        Classes of each context; the first is the note to move from.
    contexts_of : callable
        Events (L,) -> contexts (L, C), known after each event.
    n_flags : int
        F, yes-or-no facts.
    flags_of : callable
        Events (L,) -> flags (L, F) of bool, known after each event.
    n_flagged : int
        Classes c that flag c modulo F speaks of.
    """

    context_sizes: tuple[int, ...]
    contexts_of: Callable[[Tensor], Tensor]
    n_flags: int
    flags_of: Callable[[Tensor], Tensor]
    n_flagged: int


@dataclass(frozen=True)
class EventTask:
    """Events of one encoding, each predicted from those before it.

    Parameters
    ----------
    encoding : Encoding
        How a piece is written as events.
    facts : Facts
        What is told besides.
    """

    encoding: Encoding
    facts: Facts

    @property
    def name(self) -> str:
        """The encoding's name."""
        return self.encoding.name

    def encode(self, sequence: "NoteSequence") -> Tensor:
        """Return the events of a piece, (L,)."""
        return torch.tensor(self.encoding.encode(sequence))

    def vary(self, crop: Tensor, rng: torch.Generator) -> Tensor:
        """Return a crop as an epoch may have it, such as in another key."""
        return self.encoding.vary(crop, rng)

    def new_model(self, sizes: dict) -> MusicTransformer:
        """Return a network; its weights are not drawn yet."""
        fixed = {
            "vocab_size": self.encoding.n_classes,
            "n_inputs": self.encoding.n_classes,
            "context_sizes": self.facts.context_sizes,
            "interval_context": 0,
            "n_flags": self.facts.n_flags,
            "n_flagged": self.facts.n_flagged,
        }
        return MusicTransformer(MusicTransformerConfig(**fixed | sizes))

    def init(self, model: MusicTransformer, rng: torch.Generator) -> None:
        """Draw the weights."""
        init_music_transformer(model, rng)

    def loss(self, model: nn.Module, crops: Sequence[Crop]) -> Tensor:
        """Return the mean nats of all events but the first of each crop."""
        prices, asked = self.prices(model, crops)
        return prices.sum() / asked.sum().clamp(min=1)

    def prices(
        self, model: nn.Module, crops: Sequence[Crop], length: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return nats (B, L - 1) of each next event, and what is asked.

        L is `length`, or that of the longest crop if it is longer.
        """
        return self._prices(model, [crop for crop, _ in crops], length)

    @torch.no_grad()
    def figures(
        self, model: nn.Module, pieces: Sequence[Tensor]
    ) -> dict[str, float]:
        """Price whole pieces, all their events but the first.

        A piece is read in windows of `MEMORY` events, each half a window
        further on, so that each event is priced once, after half a window
        at least or all there is.

        Returns
        -------
        dict
            `nll` (nats an event, mean over all), `perplexity`,
            `nll_piece_mean`, `nll_per_note`, `n_tokens`, `n_notes`,
            `n_pieces`.
        """
        was_training = model.training
        model.eval()
        totals = torch.tensor(
            [self._total(model, piece) for piece in pieces],
            dtype=torch.float64,
        )
        model.train(was_training)
        counts = torch.tensor([len(piece) - 1 for piece in pieces])
        n_notes = sum(
            self.encoding.count_notes(piece.tolist()) for piece in pieces
        )
        nll = (totals.sum() / counts.sum()).item()
        return {
            "nll": nll,
            "perplexity": perplexity(nll),
            "nll_piece_mean": (totals / counts).mean().item(),
            "nll_per_note": totals.sum().item() / max(n_notes, 1),
            "n_tokens": int(counts.sum()),
            "n_notes": n_notes,
            "n_pieces": len(pieces),
        }

    def _prices(
        self, model: nn.Module, rows: Sequence[Tensor], length: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return nats (B, L - 1) of each next event, and what is asked."""
        device = next(model.parameters()).device

        def stacked(parts: list[Tensor], padding: int = 0) -> Tensor:
            return pad_rows(parts, length - 1, padding).to(device)

        known = [row[:-1] for row in rows]
        targets = stacked([row[1:] for row in rows], PADDING)
        logits, _ = model(
            stacked(known),
            stacked([self.facts.contexts_of(row) for row in known]),
            flags=stacked([self.facts.flags_of(row) for row in known]),
        )
        prices = cross_entropy(
            logits.movedim(-1, 1).float(),
            targets,
            ignore_index=PADDING,
            reduction="none",
        )
        return prices, targets != PADDING

    def _total(self, model: nn.Module, piece: Tensor) -> float:
        """Return the nats of all events of a piece but the first."""
        total = 0.0
        for start, priced, end in windows(len(piece), MEMORY):
            prices, _ = self._prices(model, [piece[start:end]])
            total += prices[0, priced - start - 1 :].double().sum().item()
        return total


def windows(n_events: int, memory: int) -> Iterator[tuple[int, int, int]]:
    """Yield (start, first priced, end) of what is read at once.

    The events from `first priced` to `end` are priced; together they are
    all but the first of the piece, each once.
    """
    priced = 1
    while priced < n_events:
        start = max(0, priced - memory // 2)
        end = min(start + memory, n_events)
        yield start, priced, end
        priced = end


PERFORMANCE = EventTask(
    encoding_of("performance"),
    Facts(
        performance_contexts.CONTEXT_SIZES,
        performance_contexts.contexts_of,
        performance.N_PITCHES,
        performance_contexts.keys_down,
        performance.FIRST_TIME_SHIFT,
    ),
)
METRICAL = EventTask(
    encoding_of("metrical"),
    Facts(
        metrical_contexts.CONTEXT_SIZES,
        metrical_contexts.contexts_of,
        metrical_contexts.N_FLAGS,
        metrical_contexts.usual_events,
        metrical_contexts.N_FLAGS,
    ),
)
