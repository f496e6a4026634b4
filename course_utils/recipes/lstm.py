"""The LSTM from data to sound: train, continue a piece, score.

One call joins the data, the model, the training and the checkpoint. The
checkpoint alone is enough to compose; no data set is needed then.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import MAX_SEED, numpy_rng, torch_rng
from course_utils.data.corpora import Piece
from course_utils.data.splits import hash_share
from course_utils.data.streams import TokenStream
from course_utils.models import lstm as model_sizes
from course_utils.models.lstm import EventLstm, LstmConfig, init_lstm
from course_utils.recipes import runs
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.lstm_session import (
    LstmRecipe,
    Session,
    held_out_figures,
)
from course_utils.symbolic.encodings import Encoding, encoding_of
from course_utils.symbolic.expression import perform
from course_utils.training.processes import join

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

KIND = "lstm"
LEARN_FROM = ("train", "validation")
MAX_STEPS = 10**9


RECIPES = {
    "smoke": LstmRecipe(
        batch_size=16,
        length=64,
        n_steps=60,
        learning_rate=0.01,
        evaluate_every=100,
        bfloat16=False,
    ),
    "cpu": LstmRecipe(),
    "colab": LstmRecipe(),
    "paper": LstmRecipe(),
}


def train(
    preset: str,
    out: Path | str,
    *,
    seed: int = 0,
    data: str = "chorales",
    data_preset: str | None = None,
    encoding: str = "polyphony",
    keep_probability: float | None = None,
    learning_rate: float | None = None,
    n_steps: int | None = None,
    resume: bool = False,
    save_every_s: float | None = None,
) -> dict[str, object]:
    """Train the LSTM and leave a checkpoint that composes.

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
    encoding : str
        One of `symbolic.encodings.ENCODINGS`.
    keep_probability, learning_rate, n_steps : optional
        Instead of the preset's.
    resume : bool
        Go on from `training.safetensors` if it is there.
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
    about = {
        "preset": check_preset(preset),
        "seed": seed,
        "data": data,
        "data_preset": check_preset(data_preset or preset),
        "encoding": encoding_of(encoding).name,
        "keep_probability": keep_probability,
        "learning_rate": learning_rate or RECIPES[preset].learning_rate,
    }
    n_steps = RECIPES[preset].n_steps if n_steps is None else n_steps
    check_range("steps", n_steps, 1, MAX_STEPS)
    check_range("seed", seed, 0, MAX_SEED)
    run = runs.open_run(out, KIND, resume)
    with join().main_first():
        corpus = load_pieces(data, about["data_preset"])
    splits = encode_splits(corpus, LEARN_FROM, encoding)
    session = _new_session(about, run, splits)
    session.recipe = runs.saved_every(session.recipe, save_every_s)
    session.restore()
    session.fit(n_steps)
    skipped = [f"{item.name}: {item.reason}" for item in corpus.skipped]
    return session.result() | {"skipped": skipped}


def _new_session(
    about: dict, run: runs.Run, pieces: dict[str, list[list[int]]]
) -> Session:
    """Return a training that has not begun, all chance from its seed."""
    preset, seed = about["preset"], about["seed"]
    recipe = replace(RECIPES[preset], learning_rate=about["learning_rate"])
    torch.manual_seed(seed)  # dropout draws from torch's own generator
    stream = TokenStream(
        pieces["train"],
        recipe.batch_size,
        recipe.length,
        seed,
        encoding_of(about["encoding"]).vary,
    )
    words = (about["encoding"], about["keep_probability"])
    model = new_model(preset, seed, *words)
    held_out = pieces["validation"]
    return Session(model, recipe, stream, run, held_out, about)


def new_model(
    preset: str,
    seed: int,
    encoding: str = "polyphony",
    keep_probability: float | None = None,
) -> EventLstm:
    """Return an untrained model of a preset's size, drawn from a seed."""
    sizes = dict(model_sizes.PRESETS[check_preset(preset)])
    if keep_probability is not None:
        sizes["keep_probability"] = keep_probability
    config = LstmConfig(vocab_size=encoding_of(encoding).n_classes, **sizes)
    model = EventLstm(config)
    init_lstm(model, torch_rng(seed))
    return model


def load_model(checkpoint: Path | str | None) -> tuple[EventLstm, dict]:
    """Return a trained model, ready to play, and what is known of it.

    Parameters
    ----------
    checkpoint : Path, str or None
        A `model.safetensors` or its folder; None takes the newest in
        `runs/`, else the shipped one.
    """
    state = runs.load_model_state(checkpoint, KIND)
    model = runs.filled(
        lambda: EventLstm(LstmConfig(**state["config"])), state
    )
    encoding = encoding_of(str(state.get("encoding")))
    check_choice("vocab_size", model.config.vocab_size, [encoding.n_classes])
    del state["weights"]
    return model.eval(), state


def encode_splits(
    pieces: Iterable[Piece],
    needed: tuple[str, ...] = (),
    encoding: str = "polyphony",
) -> dict[str, list[list[int]]]:
    """Return split -> list of event lists, START and END included.

    An encoding that hears loudness finds none in a score whose notes all
    have one velocity. Such a training piece comes twice: as it is, and with
    the dynamics that `symbolic.expression` gives it.

    Raises
    ------
    CourseError
        If one of the splits that are needed has no piece.
    """
    pieces = list(pieces)
    spell = encoding_of(encoding)
    splits: dict[str, list[list[int]]] = {
        name: [] for name in ("train", "validation", "test")
    }
    for piece in pieces:
        splits[piece.split] += map(spell.encode, _versions(piece, spell))
    for name in needed:
        if not splits[name]:
            raise CourseError(
                f"at least one piece in the {name} split",
                f"{len(pieces)} pieces, none of them in it",
                "choose another split, or give more pieces (at least 10)",
            )
    return splits


def _versions(piece: Piece, encoding: Encoding) -> Iterator["NoteSequence"]:
    """Yield a piece, and where it teaches more, how it might be played."""
    yield piece.sequence
    is_flat = len({note.velocity for note in piece.sequence.notes}) == 1
    if encoding.hears_loudness and is_flat and piece.split == "train":
        rng = numpy_rng(int(hash_share(piece.name) * MAX_SEED))
        yield perform(piece.sequence, rng, rubato=0.0, spread_s=0.0)


def evaluate(
    checkpoint: Path | str | None, data: str, split: str, preset: str = "cpu"
) -> dict[str, object]:
    """Score a checkpoint on one split of a data set."""
    model, about = load_model(checkpoint)
    encoding = about["encoding"]
    corpus = load_pieces(data, preset)
    pieces = encode_splits(corpus.of(split), (split,), encoding)[split]
    return held_out_figures(model, pieces, encoding_of(encoding)) | {
        "skipped": [f"{item.name}: {item.reason}" for item in corpus.skipped]
    }
