"""The loop around the steps of a GAN: resumable, interruptible, straight.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.gansynth import Labels
from course_utils.training.gan_losses import Batch
from course_utils.training.gan_schedules import Place, Rate, Stage, place_at
from course_utils.training.gan_steps import (
    GanNets,
    GanRules,
    average_step,
    discriminator_step,
    generator_step,
)
from course_utils.training.history import History
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.rates import set_rate

WILD_SCORE = 1e4  # scores of a healthy training stay below a hundred


@dataclass
class GanProgress:
    """How far a training has come; all of it goes into the checkpoint."""

    step: int = 0
    n_images: int = 0
    seconds: float = 0.0
    history: History = field(default_factory=History)


@dataclass(frozen=True)
class GanPlan:
    """What a training does when. Plain numbers are counts.

    Parameters
    ----------
    stages : tuple of Stage
        Sizes of image and batch.
    generator_rate, discriminator_rate : Rate
        Learning rates.
    half_life : int
        Of the average, in images.
    n_images : int
        Real images to show in all.
    sample_every : int
        Images from one sample to the next; one more ends each stage.
    save_every_s : float
        Seconds between checkpoints.
    """

    stages: tuple[Stage, ...]
    generator_rate: Rate
    discriminator_rate: Rate
    half_life: int
    n_images: int
    sample_every: int
    save_every_s: float = 60.0

    def until(self, n_images: int) -> "GanPlan":
        """Return the same plan with another end."""
        check_range("images", n_images, 1, 10**12)
        return replace(self, n_images=n_images)

    def scaled(self, factor: float) -> "GanPlan":
        """Return the same plan with both learning rates multiplied."""
        check_range("factor of the learning rates", factor, 1e-6, 1e3)
        return replace(
            self,
            generator_rate=_scaled(self.generator_rate, factor),
            discriminator_rate=_scaled(self.discriminator_rate, factor),
        )


def _scaled(rate: Rate, factor: float) -> Rate:
    """Return a rate whose base is multiplied."""
    return replace(rate, base=rate.base * factor)


def fit_gan(
    nets: GanNets,
    rules: GanRules,
    plan: GanPlan,
    progress: GanProgress,
    real_batch: Callable[[Place], Batch],
    draw_labels: Callable[[int], Labels],
    rng: torch.Generator,
    *,
    sample: Callable[[Place], dict[str, float]],
    save: Callable[[], None],
) -> None:
    """Train until `plan.n_images`; an interruption waits for its step.

    Parameters
    ----------
    nets, rules
        Networks, loss and precision.
    plan : GanPlan
        What happens when.
    progress : GanProgress
        Where to go on; changed in place.
    real_batch : callable
        Place -> the next real images at its size and batch size; in
        several processes the rows of this one.
    draw_labels : callable
        B -> labels of notes to draw, as frequent as in the data.
    rng : torch.Generator
        Source of all noise.
    sample : callable
        Called every `plan.sample_every` images and at the end of a stage;
        returns numbers for the history.
    save : callable
        Writes a checkpoint.

    Raises
    ------
    CourseError
        If the training blows up; names the step and the cure.
    KeyboardInterrupt
        After Ctrl-C, when the step was finished and saved.
    """
    places = {"total": plan.n_images, "initial": progress.n_images}
    bar = tqdm(unit="image", **places, **rules.processes.bar)
    saved_at = time.monotonic()
    with bar, deferred_interrupt(rules.processes.signals) as interrupt:
        while progress.n_images < plan.n_images:
            began = time.monotonic()
            place = place_at(plan.stages, progress.n_images)
            _set_rates(nets, plan, progress.n_images)
            real = real_batch(place)
            numbers = discriminator_step(
                nets,
                rules,
                real,
                draw_labels(place.batch_size),
                place,
                progress.step,
                rng,
            )
            numbers |= generator_step(
                nets, rules, draw_labels(place.batch_size), place, rng
            )
            _check_healthy(numbers, progress.step + 1)
            average_step(
                nets, progress.n_images, place.batch_size, plan.half_life
            )
            progress.step += 1
            progress.n_images += place.batch_size
            progress.seconds += time.monotonic() - began
            progress.history.record(
                progress.step,
                n_images=progress.n_images,
                stage=place.stage,
                alpha=place.alpha,
                **numbers,
            )
            if _sample_due(plan, progress.n_images, place):
                progress.history.record(progress.step, **sample(place))
            late = time.monotonic() - saved_at > plan.save_every_s
            stop, late = rules.processes.any(interrupt.asked, late)
            if late or stop or progress.n_images >= plan.n_images:
                save()
                saved_at = time.monotonic()
            if stop:
                raise KeyboardInterrupt
            bar.update(place.batch_size)
            _show(bar, numbers)


def _set_rates(nets: GanNets, plan: GanPlan, n_images: int) -> None:
    """Give both optimisers the learning rates of this moment."""
    set_rate(nets.generator_optimizer, plan.generator_rate.at(n_images))
    set_rate(
        nets.discriminator_optimizer, plan.discriminator_rate.at(n_images)
    )


def _check_healthy(numbers: dict[str, float], step: int) -> None:
    """Stop a training whose numbers have left all bounds."""
    for name, value in numbers.items():
        wild = "score" in name and abs(value) > WILD_SCORE
        if wild or not math.isfinite(value):
            raise CourseError(
                f"a finite {name} (scores below {WILD_SCORE:.0f} in size) "
                f"at step {step}",
                value,
                "go on from the last checkpoint with --resume and half the "
                "learning rate (--rate-factor 0.5)",
            )


def _sample_due(plan: GanPlan, n_images: int, place: Place) -> bool:
    """Tell whether a sample is due after the step that just ended."""
    before = n_images - place.batch_size
    period = plan.sample_every
    return (
        n_images // period > before // period
        or n_images >= plan.n_images
        or place_at(plan.stages, n_images).stage > place.stage
    )


def _show(bar: tqdm, numbers: dict[str, float]) -> None:
    """Show both scores beside the progress bar."""
    bar.set_postfix(
        real=f"{numbers['real_score']:.1f}",
        fake=f"{numbers['fake_score']:.1f}",
        refresh=False,
    )
