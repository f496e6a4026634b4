"""The Transformers from data to figures: train, load, score.

One call joins the data, the model, the training and the checkpoint. The
checkpoint alone is enough to compose; no data set is needed then.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import MAX_SEED, torch_rng
from course_utils.data.corpora import Corpus, Piece
from course_utils.data.crops import CropStream
from course_utils.data.report import Skipped
from course_utils.recipes import runs
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.transformer_presets import RECIPES, SIZES
from course_utils.recipes.transformer_session import (
    Session,
    TransformerRecipe,
)
from course_utils.recipes.transformer_tasks import Task, task_of
from course_utils.training.checkpoint import load_state
from course_utils.training.processes import join

KIND = "music_transformer"
LEARN_FROM = ("train", "validation")
GRIDS = ("chorales", "scores", "jsb")  # data sets in four voices
MAX_STEPS = 10**9


def kind_of(encoding: str) -> str:
    """Return how checkpoints of an encoding are called."""
    return f"{KIND}-{task_of(encoding).name}"


def usual_encoding(data: str) -> str:
    """Return how a data set is written if nobody says otherwise."""
    return "chorale" if data in GRIDS else "performance"


def train(
    preset: str,
    out: Path | str,
    *,
    seed: int = 0,
    data: str = "chorales",
    data_preset: str | None = None,
    encoding: str | None = None,
    n_steps: int | None = None,
    resume: bool = False,
    sizes: dict | None = None,
    settings: dict | None = None,
    save_every_s: float | None = None,
) -> dict[str, object]:
    """Train a Transformer and leave a checkpoint that composes.

    Parameters
    ----------
    preset : str
        One of the four presets; sets model and training sizes.
    out : Path or str
        Folder for `model.safetensors` (best on held-out data),
        `training.safetensors` (to go on from) and `history.csv`.
    seed : int
        Weights, order of the data and dropout follow from it.
    data : str
        A data name, or a path to a folder or zip of MIDI files.
    data_preset : str, optional
        Size of an embedded set, where it is not that of `preset`.
    encoding : str, optional
        One of `transformer_tasks.TASKS`; see `usual_encoding`.
    n_steps : int, optional
        Instead of the preset's; the learning rate falls to 0 at the last.
    resume : bool
        Go on from `training.safetensors` if it is there.
    sizes, settings : dict, optional
        Of the network's config and of `TransformerRecipe`, instead of the
        preset's.
    save_every_s : float, optional
        Seconds from one saved training to the next, instead of 60; what a
        kill can cost.

    Returns
    -------
    dict
        `checkpoint`, `steps`, `seconds`, `train_nll`, `held_out_nll` (nats
        per event), `perplexity`, `n_parameters`, `skipped` (what could not
        be read, and why).

    Raises
    ------
    CourseError
        If the preset or data is unknown, or `out` already holds a training
        and `resume` is False.
    """
    task = task_of(encoding or usual_encoding(data))
    check_range("seed", seed, 0, MAX_SEED)
    about = {
        "preset": check_preset(preset),
        "seed": seed,
        "data": data,
        "data_preset": check_preset(data_preset or preset),
        "encoding": task.name,
        "n_steps": n_steps,
        "sizes": SIZES[task.name][preset] | (sizes or {}),
        "settings": settings or {},
    }
    recipe = runs.saved_every(recipe_of(about), save_every_s)
    about["n_steps"] = recipe.n_steps
    run = runs.open_run(out, kind_of(task.name), resume)
    with join().main_first():
        corpus = load_pieces(data, about["data_preset"])
    pieces, skipped = encode_splits(corpus, task, LEARN_FROM)
    session = _new_session(task, recipe, run, pieces, about)
    session.restore()
    session.fit()
    return session.result() | {"skipped": _lines(skipped)}


def recipe_of(about: dict) -> TransformerRecipe:
    """Return how a training goes that is described by `about`.

    Parameters
    ----------
    about : dict
        `encoding`, `preset`, `settings`, `n_steps` (None: the preset's).
    """
    recipe = RECIPES[about["encoding"]][about["preset"]]
    recipe = replace(recipe, **about["settings"])
    if about["n_steps"] is not None:
        recipe = replace(recipe, n_steps=about["n_steps"])
    check_range("steps", recipe.n_steps, 1, MAX_STEPS)
    return recipe


def _new_session(
    task: Task,
    recipe: TransformerRecipe,
    run: runs.Run,
    pieces: dict[str, list[Tensor]],
    about: dict,
) -> Session:
    """Return a training that has not begun, all chance from its seed."""
    seed = about["seed"]
    torch.manual_seed(seed)  # dropout draws from torch's own generator
    model = task.new_model(about["sizes"])
    task.init(model, torch_rng(seed))
    crops = (pieces["train"], recipe.batch_size, recipe.length)
    stream = CropStream(*crops, seed, task.vary)
    held_out = pieces["validation"]
    return Session(model, task, recipe, stream, run, held_out, about)


def _lines(skipped: Iterable[Skipped]) -> list[str]:
    """Return what was left out, a line each."""
    return [f"{item.name}: {item.reason}" for item in skipped]


def load_model(
    checkpoint: Path | str | None, encoding: str
) -> tuple[nn.Module, dict]:
    """Return a trained model, ready to play, and what is known of it.

    Parameters
    ----------
    checkpoint : Path, str or None
        A `model.safetensors` or its folder; None takes the newest of this
        encoding in `runs/`, else the shipped one.
    encoding : str
        One of `transformer_tasks.TASKS`.
    """
    state = runs.load_model_state(checkpoint, kind_of(encoding))
    task = task_of(encoding)
    model = runs.filled(lambda: task.new_model(state["config"]), state)
    del state["weights"]
    return model.eval(), state


def model_about(checkpoint: Path | str) -> dict:
    """Return what a checkpoint says of itself, without its weights.

    Raises
    ------
    CourseError
        If it is missing, broken, or of another model.
    """
    path = Path(checkpoint)
    path = path / runs.MODEL_FILE if path.is_dir() else path
    state = load_state(path)
    if not str(state.get("kind")).startswith(KIND):
        raise CourseError(
            f"a checkpoint of model {KIND} in {path}",
            f"one of {state.get('kind')}",
            "choose the folder that the training of this model wrote",
        )
    return {name: part for name, part in state.items() if name != "weights"}


def encode_splits(
    corpus: Corpus, task: Task, needed: tuple[str, ...] = ()
) -> tuple[dict[str, list[Tensor]], list[Skipped]]:
    """Return split -> pieces as classes, and what could not be read.

    Raises
    ------
    CourseError
        If one of the splits that are needed has no piece.
    """
    splits: dict[str, list[Tensor]] = {
        name: [] for name in ("train", "validation", "test")
    }
    skipped = list(corpus.skipped)
    for piece in corpus:
        try:
            splits[piece.split].append(task.encode(piece.sequence))
        except CourseError as error:
            skipped.append(_left_out(piece, error))
    for name in needed:
        if not splits[name]:
            raise CourseError(
                f"at least one piece in the {name} split",
                f"{len(corpus)} pieces, none of them fit for {task.name}",
                "choose another split or --encoding, or give more pieces",
            )
    return splits, skipped


def _left_out(piece: Piece, error: CourseError) -> Skipped:
    """Return why a piece cannot be written as a task needs it."""
    return Skipped(piece.name, str(error))


def evaluate(
    checkpoint: Path | str | None,
    data: str,
    split: str,
    preset: str = "cpu",
    encoding: str | None = None,
) -> dict[str, object]:
    """Score a checkpoint on one split of a data set.

    Without `encoding`, a checkpoint says itself what it reads; if none is
    named, the data set decides.
    """
    if encoding is None and checkpoint is not None:
        encoding = str(model_about(checkpoint).get("encoding"))
    encoding = encoding or usual_encoding(data)
    task = task_of(encoding)
    model, about = load_model(checkpoint, encoding)
    corpus = load_pieces(data, preset)
    chosen = Corpus(corpus.of(split), corpus.skipped)
    pieces, skipped = encode_splits(chosen, task, (split,))
    return task.figures(model, pieces[split]) | {
        "checkpoint": about["checkpoint"],
        "skipped": _lines(skipped),
    }
