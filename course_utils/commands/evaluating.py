"""`course evaluate`: the held-out figures of a trained model.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse

from course_utils.commands.parsing import (
    Answer,
    add_checkpoint,
    add_command,
    add_models,
    add_preset,
    add_seed,
    left_out,
)

N_NOTES = 1000


def add_evaluate(commands: argparse._SubParsersAction) -> None:
    """Add `course evaluate` and its models."""
    models = add_models(commands, "evaluate", "held-out figures")
    lstm = add_command(models, "lstm", "nats an event", _lstm)
    add_checkpoint(lstm)
    lstm.add_argument("--data", default="chorales", help="name or folder")
    add_preset(lstm)
    lstm.add_argument(
        "--split", choices=["train", "validation", "test"], default="test"
    )
    _add_transformer(models)
    gan = add_command(models, "gansynth", "scores of its notes", _gansynth)
    add_checkpoint(gan)
    gan.add_argument("--data", help="name or folder; default: the training's")
    add_preset(gan, default=None)
    gan.add_argument(
        "--split",
        choices=["validation", "test"],
        default="test",
        help="the same here: notes have one held-out split",
    )
    gan.add_argument("--judge", help="default: the newest, else the shipped")
    gan.add_argument("--notes", type=int, default=N_NOTES)
    gan.add_argument(
        "--pyin", type=int, default=200, help="notes that pyin judges too"
    )
    add_seed(gan)


def _add_transformer(models: argparse._SubParsersAction) -> None:
    """Add the composer by attention."""
    text = "nats a note, or an event"
    add = add_command(models, "music_transformer", text, _transformer)
    add_checkpoint(add)
    add.add_argument("--data", default="chorales", help="name or folder")
    add.add_argument(
        "--encoding", help="chorale or performance; default: as in training"
    )
    add_preset(add)
    add.add_argument(
        "--split", choices=["train", "validation", "test"], default="test"
    )


def _transformer(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import music_transformer

    result = music_transformer.evaluate(
        parsed.checkpoint,
        parsed.data,
        parsed.split,
        parsed.preset,
        parsed.encoding,
    )
    return result, (
        "{n_pieces} pieces: {nll:.4f} nats an event (mean of pieces "
        "{nll_piece_mean:.4f}), perplexity {perplexity:.3f}"
    ).format(**result) + left_out(result)


def _lstm(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import lstm

    result = lstm.evaluate(
        parsed.checkpoint, parsed.data, parsed.split, parsed.preset
    )
    return result, (
        "{n_pieces} pieces: {nll:.4f} nats an event, perplexity "
        "{perplexity:.3f}, {nll_per_note:.4f} nats a note"
    ).format(**result) + left_out(result)


def _gansynth(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes.gansynth_scores import evaluate
    from course_utils.recipes.note_report import as_text

    result = evaluate(
        parsed.checkpoint,
        parsed.data,
        parsed.preset,
        judge=parsed.judge,
        n_notes=parsed.notes,
        n_pyin=parsed.pyin,
        seed=parsed.seed,
    )
    return result, as_text(result)
