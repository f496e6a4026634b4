"""What every training of a sequence model saves, and how it goes on.

Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from course_utils.data.crops import CropStream
from course_utils.data.streams import TokenStream
from course_utils.evaluation.likelihood import perplexity
from course_utils.recipes.runs import Run
from course_utils.training.history import History
from course_utils.training.loop import Progress
from course_utils.training.processes import Processes

BATCH_AXIS = 1  # of an LSTM's state


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
    processes: Processes

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
            "perplexity": perplexity(progress.best_nll),
            "n_parameters": sum(w.numel() for w in self.model.parameters()),
        }

    def save(self, best: bool) -> None:
        """Write where the training stands; the model too if it is best."""
        state = self._training_state()
        if self.processes.is_main:
            if best:
                self.run.save_model(self._model_state())
            self.run.save_training(state)
            self.progress.history.write_csv(self.run.folder / "history.csv")
        self.processes.wait()

    def _model_state(self) -> dict:
        """Return what is needed to compose, and what is known of it."""
        raise NotImplementedError

    def _training_state(self) -> dict:
        """Return everything that decides how the training goes on."""
        progress, n_rows = self.progress, self.stream.batch_size
        whole = self.processes.whole
        state = progress.state and [
            whole(part, n_rows, BATCH_AXIS) for part in progress.state
        ]
        return {
            "about": self.about,
            "weights": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "place": self.stream.place(),
            "step": progress.step,
            "seconds": progress.seconds,
            "state": state,
            "best_nll": progress.best_nll,
            "history": progress.history.rows,
        }

    def restore(self) -> None:
        """Go on where the folder's training stands, if there is one."""
        saved = self.run.load_training(self.about)
        step = 0 if saved is None else saved["step"]
        n_events = sum(len(piece) for piece in self.stream.pieces)
        self.processes.check_alike("the step to go on from", step)
        self.processes.check_alike("the number of events", n_events)
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
            state=state and tuple(map(self._own, state)),
            best_nll=saved["best_nll"],
            history=History(saved["history"]),
        )

    def _own(self, part: Tensor) -> Tensor:
        """Return a part of the state for the rows of this process."""
        return self.processes.own(part, BATCH_AXIS).to(self.device)
