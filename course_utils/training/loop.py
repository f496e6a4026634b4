"""The loop around the steps: resumable, interruptible, straight.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.training.history import History
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.processes import ALONE, Processes
from course_utils.training.steps import State


@dataclass
class Progress:
    """How far a training has come; all of it goes into the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    state: State | None = None
    best_nll: float = math.inf
    history: History = field(default_factory=History)

    def is_tired(self, patience: int | None) -> bool:
        """Return whether the last `patience` evaluations brought nothing."""
        if patience is None:
            return False
        _, scores = self.history.column("held_out_nll")
        best = scores.index(min(scores)) if scores else 0
        return len(scores) - 1 - best >= patience


def fit_sequence_model(
    learn: Callable[[], dict[str, float]],
    progress: Progress,
    *,
    n_steps: int,
    evaluate: Callable[[], float],
    evaluate_every: int,
    save: Callable[[bool], None],
    save_every_s: float,
    patience: int | None = None,
    processes: Processes = ALONE,
) -> None:
    """Train until `n_steps`; an interruption waits for its step, and saves.

    Parameters
    ----------
    learn : callable
        Learns from the next batch; returns the numbers of this step, `nll`
        (nats per event) among them.
    progress : Progress
        Where to go on; changed in place.
    n_steps : int
        The last step; fewer are run when `progress` is further already.
    evaluate : callable
        Returns the held-out nats per event.
    evaluate_every : int
        In steps; also after the last one.
    save : callable
        Takes True when this model is the best so far on held-out data.
    save_every_s : float
        Seconds between checkpoints, so that little is ever lost.
    patience : int or None
        Stop after so many evaluations without a better one; None: never.
    processes : Processes
        Who trains together; an interruption of one is one of all.

    Raises
    ------
    CourseError
        If the loss is not finite; names the step and the cure.
    KeyboardInterrupt
        After Ctrl-C, when the step was finished and saved.
    """
    places = {"total": n_steps, "initial": progress.step}
    bar = tqdm(desc="training", **places, **processes.bar)
    saved_at = time.monotonic()
    with bar, deferred_interrupt(processes.signals) as interrupt:
        while progress.step < n_steps and not progress.is_tired(patience):
            began = time.monotonic()
            numbers = learn()
            if not math.isfinite(numbers["nll"]):
                raise CourseError(
                    f"a finite loss at step {progress.step + 1}",
                    numbers["nll"],
                    "resume from the checkpoint with half the learning rate",
                )
            progress.step += 1
            progress.seconds += time.monotonic() - began
            progress.history.record(progress.step, **numbers)
            late = time.monotonic() - saved_at > save_every_s
            stop, late = processes.any(interrupt.asked, late)
            if progress.step % evaluate_every == 0 or progress.step == n_steps:
                held_out = processes.from_main(evaluate)
                progress.history.record(progress.step, held_out_nll=held_out)
                better = held_out < progress.best_nll
                progress.best_nll = min(held_out, progress.best_nll)
                save(better)
                saved_at = time.monotonic()
            elif stop or late:
                save(False)
                saved_at = time.monotonic()
            if stop:
                raise KeyboardInterrupt
            bar.update()
            bar.set_postfix(nll=f"{numbers['nll']:.3f}", refresh=False)
