"""The GAN from notes to a checkpoint that plays.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from course_utils.basics.checks import check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import MAX_SEED
from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.wav import write_wav
from course_utils.recipes import runs
from course_utils.recipes.gansynth_notes import note_sets
from course_utils.recipes.gansynth_presets import RECIPES, GanRecipe
from course_utils.recipes.gansynth_session import GanSession, Sample
from course_utils.training.gan_steps import count_weights
from course_utils.training.processes import join

KIND = "gansynth"
SAMPLES = "samples"  # folder of what was drawn while training
N_CLIP = 16  # notes of a sample that its clip holds
SAMPLE_PEAK = 0.9  # of full scale, for the clip of each sample

Draw = Callable[[Sample, Path], None]


def train(
    preset: str,
    out: Path | str,
    *,
    seed: int = 0,
    data: str = "notes",
    resume: bool = False,
    n_images: int | None = None,
    rate_factor: float = 1.0,
    recipe: GanRecipe | None = None,
    draw: Draw | None = None,
    score: Callable[[Sample], dict[str, float]] | None = None,
    save_every_s: float | None = None,
) -> dict[str, object]:
    """Train the GAN and leave a checkpoint that plays.

    Parameters
    ----------
    preset : str
        One of the four presets.
    out : Path or str
        Folder for `model.safetensors` (to play), `training.safetensors` (to
        go on from), `history.csv` and `samples/`.
    seed : int
        Weights, order of the notes and all noise follow from it.
    data : str
        `notes`, `nsynth`, or the path of a folder in NSynth's format.
    resume : bool
        Go on from `training.safetensors` if it is there.
    n_images : int, optional
        Real images to show in all, instead of the preset's. The schedules
        stay those of the preset.
    rate_factor : float
        Multiplies both learning rates; below 1 it calms a training that
        blew up.
    recipe : GanRecipe, optional
        Instead of the preset's; for experiments.
    draw : callable, optional
        Takes each `Sample` and the path of a picture to write.
    score : callable, optional
        Takes each `Sample`; what it returns goes into the history.
    save_every_s : float, optional
        Seconds from one saved training to the next, instead of 60; what a
        kill can cost.

    Returns
    -------
    dict
        `checkpoint`, `steps`, `n_images`, `seconds`, `images_per_s`,
        `n_notes`, `n_generator_weights`, `n_discriminator_weights`.

    Raises
    ------
    CourseError
        If the preset or data is unknown, `out` already holds a training and
        `resume` is False, or the training blows up.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    recipe = recipe or RECIPES[check_preset(preset)]
    check_range("seed", seed, 0, MAX_SEED)
    about = {"preset": preset, "seed": seed, "data": data}
    about["recipe"] = recipe.facts()
    n_images = recipe.plan.n_images if n_images is None else n_images
    run = runs.open_run(out, KIND, resume)
    with join().main_first():
        notes = note_sets(preset, data, recipe.notes)
    keep = _Keeper(run.folder / SAMPLES, draw, score)
    plan = runs.saved_every(recipe.plan.scaled(rate_factor), save_every_s)
    recipe = replace(recipe, plan=plan)
    session = GanSession(recipe, notes["train"], run, about, keep)
    session.restore()
    progress = session.fit(n_images)
    return {
        "checkpoint": str(run.model_file),
        "steps": progress.step,
        "n_images": progress.n_images,
        "seconds": round(progress.seconds, 2),
        "images_per_s": round(progress.n_images / progress.seconds, 2),
        "n_notes": len(notes["train"]),
        "n_generator_weights": count_weights(session.nets.generator),
        "n_discriminator_weights": count_weights(session.nets.discriminator),
    }


@dataclass(frozen=True)
class _Keeper:
    """Writes every sample: a clip, a picture if asked, and its numbers."""

    folder: Path
    draw: Draw | None
    score: Callable[[Sample], dict[str, float]] | None

    def __call__(self, sample: Sample) -> dict[str, float]:
        name = f"{sample.n_images:09d}"
        if len(sample.waveforms):
            path = self.folder / f"{name}.wav"
            with atomic_file(path) as part:
                write_wav(part, _one_after_another(sample), SAMPLE_RATE)
        if self.draw is not None:
            self.draw(sample, self.folder / f"{name}.png")
        return {} if self.score is None else self.score(sample)


def _one_after_another(sample: Sample) -> Tensor:
    """Return the notes of a sample in a row, brought down to full scale."""
    waveform = sample.waveforms[:N_CLIP].flatten()
    return waveform * (SAMPLE_PEAK / waveform.abs().max().clamp_min(1e-9))
