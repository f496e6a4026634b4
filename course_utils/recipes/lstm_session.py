"""One training of the LSTM: its settings, its state, and how it is saved.

Taught in: notebooks/40_lstm_training.ipynb
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from course_utils.basics.runtime import best_device, bfloat16_is_fast
from course_utils.data.streams import TokenStream
from course_utils.evaluation.likelihood import perplexity, sequence_nll
from course_utils.models.lstm import EventLstm
from course_utils.recipes.runs import Run
from course_utils.recipes.sequence_session import SequenceSession
from course_utils.symbolic.encodings import Encoding, encoding_of
from course_utils.training.averaging import averaged
from course_utils.training.loop import Progress, fit_sequence_model
from course_utils.training.processes import join
from course_utils.training.steps import sequence_step

STEPS_PER_QUARTER = 4


@dataclass(frozen=True)
class LstmRecipe:
    """How one preset trains. Plain numbers are counts."""

    batch_size: int = 64  # B, parallel streams
    length: int = 128  # L, events a step
    n_steps: int = 20_000
    learning_rate: float = 0.001
    clip_norm: float = 5.0
    evaluate_every: int = 500  # steps
    save_every_s: float = 60.0
    bfloat16: bool = True  # where that is fast


def held_out_figures(
    model: EventLstm, pieces: list[list[int]], encoding: Encoding
) -> dict[str, float]:
    """Score whole pieces; see `evaluation.likelihood` for the conventions.

    Returns
    -------
    dict
        `nll` (nats per event), `perplexity`, `nll_per_step` (nats per
        sixteenth; None where there are none), `nll_per_note`, `n_tokens`,
        `n_steps`, `n_notes`, `n_pieces`.
    """
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device

    def predict(tokens: Tensor) -> Tensor:
        return model(tokens.to(device))[0].cpu()

    total = sequence_nll(predict, pieces).sum().item()
    model.train(was_training)
    n_tokens = sum(len(piece) - 1 for piece in pieces)
    n_steps = sum(encoding.count_steps(piece) for piece in pieces)
    n_notes = sum(encoding.count_notes(piece) for piece in pieces)
    nll = total / n_tokens
    return {
        "nll": nll,
        "perplexity": perplexity(nll),
        "nll_per_step": total / n_steps if n_steps else None,
        "nll_per_note": total / max(n_notes, 1),
        "n_tokens": n_tokens,
        "n_steps": n_steps,
        "n_notes": n_notes,
        "n_pieces": len(pieces),
    }


class Session(SequenceSession):
    """One training: what is in memory, and how it is saved and restored.

    Parameters
    ----------
    model : EventLstm
    recipe : LstmRecipe
    stream : TokenStream
        Batches of the training pieces.
    run : Run
        The folder it is saved in.
    held_out : list of list of int
        Validation pieces, as events.
    about : dict
        Preset, seed, data and encoding; a resumed training must have the
        same.
    """

    def __init__(
        self,
        model: EventLstm,
        recipe: LstmRecipe,
        stream: TokenStream,
        run: Run,
        held_out: list[list[int]],
        about: dict[str, object],
    ) -> None:
        self.processes = join()
        self.device = best_device()
        self.bfloat16 = recipe.bfloat16 and bfloat16_is_fast(self.device)
        self.model = model.to(self.device)
        self.recipe = recipe
        self.stream = stream
        self.run = run
        self.held_out = held_out
        self.about = about
        self.encoding = encoding_of(about["encoding"])
        self.progress = Progress()
        self.average = averaged(self.model)
        self.optimizer = torch.optim.Adam(
            model.parameters(), recipe.learning_rate
        )

    def fit(self, n_steps: int) -> None:
        """Train up to `n_steps` and leave the last state on disk."""
        self.model.train()
        fit_sequence_model(
            self._learn,
            self.progress,
            n_steps=n_steps,
            evaluate=self.held_out_nll,
            evaluate_every=self.recipe.evaluate_every,
            save=self.save,
            save_every_s=self.recipe.save_every_s,
            processes=self.processes,
        )

    def _learn(self) -> dict[str, float]:
        """Learn from the next batch; take the weights into the average."""
        inputs, targets, first = next(self.stream)
        numbers, self.progress.state = sequence_step(
            self.model,
            self.optimizer,
            inputs.to(self.device),
            targets.to(self.device),
            None if first else self.progress.state,
            self.recipe.clip_norm,
            self.bfloat16,
            self.processes,
        )
        self.average.update_parameters(self.model)
        return numbers

    def held_out_nll(self) -> float:
        """Return the nats per event on the held-out pieces."""
        return self.figures()["nll"]

    def figures(self) -> dict[str, float]:
        """Return all held-out figures of the averaged model."""
        model = self.average.module
        return held_out_figures(model, self.held_out, self.encoding)

    def _model_state(self) -> dict:
        """Return what is needed to compose, and what is known of it."""
        return self.about | {
            "config": asdict(self.model.config),
            "steps_per_quarter": STEPS_PER_QUARTER,
            "step": self.progress.step,
            "held_out_nll": self.progress.best_nll,
            "weights": self.average.module.state_dict(),
        }
