"""Small trainings of all three models, for one process or for several.

    python trainings_to_share.py OUT[:HOW[:BEFORE]] ...

HOW is `whole`, `half` (the first process is interrupted) or `rest` (of what
lies in BEFORE).
"""

import math
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import torch

from course_utils import cli
from course_utils.basics.checks import CourseError
from course_utils.data.note_set import NoteSetConfig
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes import gansynth, lstm, music_transformer
from course_utils.recipes.gansynth_presets import GanRecipe
from course_utils.recipes.lstm import LstmRecipe
from course_utils.recipes.note_variation import Variation
from course_utils.spectral.image import ImageConfig
from course_utils.training.gan_loop import GanPlan
from course_utils.training.gan_losses import NonSaturatingR1, WassersteinGp
from course_utils.training.gan_schedules import Constant, Stage
from course_utils.training.history import History
from course_utils.training.processes import join

STEPS = 4
GAN_BATCH = 6  # three pairs, for up to three processes
N = 256  # samples
DEAF = GanRecipe(
    NoteSetConfig(("brass", "reed"), (58, 60, 62), n_samples=N, fade_s=0.002),
    ImageConfig(16_000, N, 32, 8, 32, phase="if_centred", log_offset=1e-3),
    GanSynthConfig(
        3, 2, (8, 6), (8, 16), n_latent=4, condition_scale=4.0, mean_frames=8
    ),
    NonSaturatingR1(penalty_every=2, class_weight=1.0),
    GanPlan(
        (Stage(1, 600, GAN_BATCH),),
        Constant(1e-3),
        Constant(1e-3),
        half_life=15,
        n_images=600,
        sample_every=600,
    ),
    hears=False,
    variety_weight=1.0,
    bfloat16=False,
)
HEARING = replace(
    DEAF,
    loss=WassersteinGp(),
    hears=True,
    soiled=Variation(0, 0, 0.3, (-70, -30), (-6, 0), share=0.5),
    variety_weight=0.0,
)
DROPPED = {"keep_probability": 0.8, "attention_keep_probability": 0.9}
LSTM = LstmRecipe(batch_size=5, length=16, evaluate_every=3, bfloat16=False)


def train_lstm(out, resume):
    with patch.dict(lstm.RECIPES, cpu=LSTM):  # three layers with dropout
        words = {"data_preset": "smoke", "n_steps": STEPS, "resume": resume}
        lstm.train("cpu", out, seed=1, keep_probability=0.8, **words)


def train_chorale(out, resume):
    sizes = DROPPED | {"show_probability": 0.8, "any_order": 0.5}
    words = {"n_steps": STEPS, "resume": resume, "sizes": sizes}
    music_transformer.train("smoke", out, **words)


def train_performance(out, resume):
    words = {"n_steps": STEPS, "resume": resume, "encoding": "performance"}
    words["sizes"] = DROPPED | {"positions": "rotary"}
    words["settings"] = {"batch_size": 3, "length": 40}
    music_transformer.train("smoke", out, **words)


def train_gan(out, resume, recipe=DEAF):
    words = {"resume": resume, "n_images": STEPS * GAN_BATCH}
    gansynth.train("smoke", out, seed=1, recipe=recipe, **words)


def train_hearing_gan(out, resume):
    train_gan(out, resume, HEARING)


TRAININGS = {
    "lstm": train_lstm,
    "chorale": train_chorale,
    "performance": train_performance,
    "gan": train_gan,
    "hearing_gan": train_hearing_gan,
}


def interrupting(record):
    """Return `History.record` that interrupts the first process at half."""

    def recorded(history, step, **numbers):
        record(history, step, **numbers)
        if step == STEPS // 2 and join().is_main:
            signal.raise_signal(signal.SIGINT)

    return recorded


def train_all(out, how="whole", before=None):
    """Train each; go on from `before`, which stays as it is."""
    for name, train in TRAININGS.items():
        folder = Path(out) / name
        if how == "rest" and join().is_main:
            shutil.copytree(Path(before) / name, folder)
        join().wait()
        if how != "half":
            train(folder, how == "rest")
            continue
        record = interrupting(History.record)
        with (
            patch.object(History, "record", record),
            suppress(KeyboardInterrupt),
        ):
            train(folder, False)
            raise AssertionError("not interrupted")


def print_json(out):
    """Train by the command; one of the processes prints one line."""
    words = ["--preset", "smoke", "--json", "--steps", "1", "--out", out]
    cli.main(["train", "music_transformer", *words])


def print_blow_up(out):
    """Print the error of all, if the last process alone has a bad weight."""

    def init_badly(model, rng):
        if join().rank == join().size - 1:
            torch.nn.init.constant_(model.readout.bias, math.nan)

    with patch.object(lstm, "init_lstm", init_badly):
        try:
            train_lstm(out, False)
        except CourseError as error:
            if join().is_main:
                print(error)


if __name__ == "__main__":
    for todo in sys.argv[1:]:
        train_all(*todo.split(":"))
    out = f"{sys.argv[1].split(':')[0]}-printed"
    {2: print_json, 3: print_blow_up}[join().size](out)
