"""One training of a Transformer: settings, state, and how it is saved.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.basics.runtime import best_device, bfloat16_is_fast
from course_utils.data.crops import Crop, CropStream
from course_utils.recipes.runs import Run
from course_utils.recipes.sequence_session import SequenceSession
from course_utils.recipes.transformer_tasks import Task, sizes_of
from course_utils.training.averaging import averaged
from course_utils.training.loop import Progress, fit_sequence_model
from course_utils.training.processes import join
from course_utils.training.rates import set_rate, warm_up_and_decay


@dataclass(frozen=True)
class TransformerRecipe:
    """How one preset trains. Plain numbers are counts."""

    batch_size: int  # B, crops
    length: int  # longest crop
    n_steps: int
    learning_rate: float = 0.001
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.1
    warm_up: int = 200  # steps
    clip_norm: float = 1.0
    evaluate_every: int = 250  # steps
    patience: int = 12  # evaluations
    save_every_s: float = 60.0
    bfloat16: bool = True  # multiply in bfloat16 where that is fast


class Session(SequenceSession):
    """One training: what is in memory, and how it is saved and restored.

    Parameters
    ----------
    model : nn.Module
    task : Task
    recipe : TransformerRecipe
    stream : CropStream
        Crops of the training pieces.
    run : Run
        The folder it is saved in.
    held_out : sequence of Tensor
        Validation pieces, whole.
    about : dict
        Preset, seed, data, encoding and sizes; a resumed training must have
        the same.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        recipe: TransformerRecipe,
        stream: CropStream,
        run: Run,
        held_out: Sequence[Tensor],
        about: dict[str, object],
    ) -> None:
        self.processes = join()
        self.device = best_device()
        self.bfloat16 = recipe.bfloat16 and bfloat16_is_fast(self.device)
        self.model = model.to(self.device)
        self.task = task
        self.recipe = recipe
        self.stream = stream
        self.run = run
        self.held_out = held_out
        self.about = about
        self.progress = Progress()
        self.average = averaged(self.model)
        self.optimizer = torch.optim.AdamW(
            model.parameters(),
            recipe.learning_rate,
            recipe.betas,
            weight_decay=recipe.weight_decay,
        )

    def fit(self) -> None:
        """Train to the end, or until it gets no better; save the last."""
        self.model.train()
        fit_sequence_model(
            self.learn,
            self.progress,
            n_steps=self.recipe.n_steps,
            evaluate=self.held_out_nll,
            evaluate_every=self.recipe.evaluate_every,
            save=self.save,
            save_every_s=self.recipe.save_every_s,
            patience=self.recipe.patience,
            processes=self.processes,
        )

    def learn(self) -> dict[str, float]:
        """Learn from the next crops; take the weights into the average."""
        recipe, kind = self.recipe, self.device.type
        share = warm_up_and_decay(
            self.progress.step, recipe.n_steps, recipe.warm_up
        )
        set_rate(self.optimizer, share * recipe.learning_rate)
        autocast = torch.autocast(kind, torch.bfloat16, enabled=self.bfloat16)
        with autocast:
            nll = self._nll(next(self.stream))
        self.optimizer.zero_grad()
        nll.backward()
        self.processes.add_gradients(self.model.parameters())
        norm = nn.utils.clip_grad_norm_(
            self.model.parameters(), recipe.clip_norm
        )
        self.optimizer.step()
        self.average.update_parameters(self.model)
        nll = self.processes.total(nll.detach())
        return {"nll": nll.item(), "gradient_norm": norm.item()}

    def _nll(self, crops: list[Crop]) -> Tensor:
        """Return what this process's crops add to the mean nats an event."""
        length = max(len(crop) for crop, _ in crops)
        with self.processes.part(len(crops)) as part:
            own = part.of(crops)
            prices, asked = self.task.prices(self.model, own, length)
        n_asked = self.processes.total(asked.sum())
        return prices.sum() / n_asked.clamp(min=1)

    def held_out_nll(self) -> float:
        """Return the nats per event of the averaged model, whole pieces."""
        model = self.average.module
        return self.task.figures(model, self.held_out)["nll"]

    def _model_state(self) -> dict:
        """Return what is needed to compose, and what is known of it."""
        return self.about | {
            "config": sizes_of(self.model),
            "step": self.progress.step,
            "held_out_nll": self.progress.best_nll,
            "weights": self.average.module.state_dict(),
        }
