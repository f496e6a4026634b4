"""`course train`: one word a model, each with its own options.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.basics import launch
from course_utils.commands.parsing import (
    Answer,
    Parser,
    add_command,
    add_models,
    add_preset,
    add_seed,
    left_out,
)

if TYPE_CHECKING:
    from course_utils.recipes.gansynth_session import Sample

TRAINED = (
    "{steps} steps in {seconds:.0f} s; held-out {held_out_nll:.3f} nats "
    "an event (perplexity {perplexity:.2f}); checkpoint in {checkpoint}"
)


def add_train(commands: argparse._SubParsersAction) -> None:
    """Add `course train` and its models."""
    models = add_models(commands, "train", "train a model")
    _add_lstm(models)
    _add_transformer(models)
    _add_gansynth(models)
    judge = add_command(models, "note_judge", "scores single notes", _judge)
    _add_common(judge, "notes")
    judge.add_argument("--steps", type=int, help="instead of the preset's")


def _add_lstm(models: argparse._SubParsersAction) -> None:
    """Add the composer of events."""
    lstm = add_command(models, "lstm", "composes events of notes", _lstm)
    _add_common(lstm, "chorales")
    _add_resume(lstm)
    lstm.add_argument("--steps", type=int, help="instead of the preset's")
    lstm.add_argument(
        "--encoding",
        default="polyphony",
        help="polyphony (259 events), keys (the same without the pedal), "
        "metrical (knows bars and loudness) or performance (388 events)",
    )
    lstm.add_argument(
        "--keep-probability",
        type=float,
        help="of a unit in training; 1 is no dropout; not the preset's",
    )
    lstm.add_argument(
        "--learning-rate", type=float, help="instead of the preset's"
    )


def _add_transformer(models: argparse._SubParsersAction) -> None:
    """Add the composer by attention."""
    text = "writes chorales, or goes on with performances"
    add = add_command(models, "music_transformer", text, _transformer)
    _add_common(add, "chorales")
    _add_resume(add)
    add.add_argument("--steps", type=int, help="instead of the preset's")
    add.add_argument(
        "--encoding",
        help="chorale (four voices), metrical (knows bars and loudness) or "
        "performance (388 events); default: chorale for chorales and jsb, "
        "performance for all else",
    )


def _add_gansynth(models: argparse._SubParsersAction) -> None:
    """Add the player of notes."""
    gan = add_command(models, "gansynth", "plays single notes", _gansynth)
    _add_common(gan, "notes")
    _add_resume(gan)
    gan.add_argument(
        "--images", type=int, help="real images shown, not the preset's"
    )
    gan.add_argument(
        "--rate-factor",
        type=float,
        default=1.0,
        help="times the learning rates; below 1 calms a wild training",
    )


def _add_common(command: Parser, data: str) -> None:
    """Add what all trainings ask for."""
    add_preset(command)
    command.add_argument("--data", default=data, help="name or folder")
    command.add_argument("--out", help="default: runs/MODEL-PRESET")
    add_seed(command)


def _add_resume(command: Parser) -> None:
    """Add what a training needs that can be cut off."""
    command.add_argument("--resume", action="store_true")
    command.add_argument(
        "--save-every",
        type=float,
        metavar="SECONDS",
        help="between two saves, which is what a kill can cost; default: 60",
    )


def _folder(parsed: argparse.Namespace) -> str:
    return parsed.out or f"runs/{parsed.model}-{parsed.preset}"


def _lstm(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import lstm

    result = lstm.train(
        parsed.preset,
        _folder(parsed),
        seed=parsed.seed,
        data=parsed.data,
        encoding=parsed.encoding,
        keep_probability=parsed.keep_probability,
        learning_rate=parsed.learning_rate,
        n_steps=parsed.steps,
        resume=parsed.resume,
        save_every_s=parsed.save_every,
    )
    return result, TRAINED.format(**result) + left_out(result)


def _transformer(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import music_transformer

    encoding = parsed.encoding or music_transformer.usual_encoding(parsed.data)
    folder = f"runs/{music_transformer.kind_of(encoding)}-{parsed.preset}"
    result = music_transformer.train(
        parsed.preset,
        parsed.out or folder,
        seed=parsed.seed,
        data=parsed.data,
        encoding=encoding,
        n_steps=parsed.steps,
        resume=parsed.resume,
        save_every_s=parsed.save_every,
    )
    return result, TRAINED.format(**result) + left_out(result)


def _gansynth(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import gansynth
    from course_utils.recipes.gansynth_presets import RECIPES
    from course_utils.recipes.gansynth_scores import sample_scorer

    recipe = RECIPES[parsed.preset]
    notes, image = recipe.notes, recipe.image

    def draw(sample: "Sample", path: Path) -> None:
        from course_utils.plots.gan_samples import note_names, save_samples

        names = note_names(sample.pitches, sample.timbres)
        save_samples(path, sample.images, names, image)

    result = gansynth.train(
        parsed.preset,
        _folder(parsed),
        seed=parsed.seed,
        data=parsed.data,
        resume=parsed.resume,
        save_every_s=parsed.save_every,
        n_images=parsed.images,
        rate_factor=parsed.rate_factor,
        draw=draw,
        score=sample_scorer(notes.pitches, notes.timbres, image.n_samples),
    )
    return result, (
        "{n_images} images in {steps} steps and {seconds:.0f} s "
        "({images_per_s:.1f} images a second); checkpoint in {checkpoint}"
    ).format(**result)


def _judge(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes.note_judge import train_judge

    launch.check_alone("a judge of notes")
    result = train_judge(
        parsed.preset,
        _folder(parsed),
        parsed.seed,
        data=parsed.data,
        n_steps=parsed.steps,
    )
    return result, (
        "{steps} steps in {seconds:.0f} s; of {n_held_out} held-out notes "
        "{pitch_accuracy:.1%} of the pitches and {timbre_accuracy:.1%} of "
        "the timbres heard right; checkpoint in {checkpoint}"
    ).format(**result)
