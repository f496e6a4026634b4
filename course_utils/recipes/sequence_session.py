"""What every training of a sequence model saves, and how it goes on.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from course_utils.data.crops import CropStream
from course_utils.data.streams import TokenStream
from course_utils.recipes.runs import Run
from course_utils.training.history import History
from course_utils.training.loop import Progress


class SequenceSession:
    """The common part of all trainings; those below it learn and score."""

    model: nn.Module
    average: AveragedModel
    optimizer: Optimizer
    stream: TokenStream | CropStream
    run: Run
    about: dict[str, object]
    device: torch.device
    progress: Progress

    def result(self) -> dict[str, object]:
        """Return what came of it, as `train` promises it."""
        progress = self.progress
        _, losses = progress.history.column("nll")
        return {
            "checkpoint": str(self.run.model_file),
            "steps": progress.step,
            "seconds": round(progress.seconds, 2),
            "train_nll": losses[-1] if losses else None,
            "held_out_nll": progress.best_nll,
            "perplexity": math.exp(progress.best_nll),
            "n_parameters": sum(w.numel() for w in self.model.parameters()),
        }

    def save(self, best: bool) -> None:
        """Write where the training stands; the model too if it is best."""
        if best:
            self.run.save_model(self._model_state())
        self.run.save_training(self._training_state())
        self.progress.history.write_csv(self.run.folder / "history.csv")

    def _model_state(self) -> dict:
        """Return what is needed to compose, and what is known of it."""
        raise NotImplementedError

    def _training_state(self) -> dict:
        """Return everything that decides how the training goes on."""
        progress = self.progress
        return {
            "about": self.about,
            "weights": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "place": self.stream.place(),
            "step": progress.step,
            "seconds": progress.seconds,
            "state": progress.state,
            "best_nll": progress.best_nll,
            "history": progress.history.rows,
        }

    def restore(self) -> None:
        """Go on where the folder's training stands, if there is one."""
        saved = self.run.load_training(self.about)
        if saved is None:
            return
        self.model.load_state_dict(saved["weights"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        torch.set_rng_state(saved["torch_rng"])
        self.stream.seek(saved["place"])
        state = saved["state"]
        self.progress = Progress(
            step=saved["step"],
            seconds=saved["seconds"],
            state=state and tuple(part.to(self.device) for part in state),
            best_nll=saved["best_nll"],
            history=History(saved["history"]),
        )
