"""Checkpoints: the file itself, and valid files that hold the wrong model."""

import pickle
import struct
from dataclasses import asdict, replace
from functools import cache

import torch
from fuzz_edits import (
    edit_bytes,
    edited_tree,
    tree_to_text,
)
from fuzz_target import Target
from safetensors.torch import save

FILE = "model.safetensors"
WORDS = (
    b"course",
    b"__metadata__",
    b"$tensor",
    b"$int",
    b"F32",
    b"I64",
    b"BOOL",
    b"F8_E5M2",
    b"data_offsets",
    b"[0,0]",
    b"[-1,4]",
    b"[0,18446744073709551615]",
    b"NaN",
    b"null",
    b"{",
    b"[",
    b'"',
    b"}",
    b"9" * 400,
    b"[" * 3000,
    b"\\u0000",
    b"\\ud800",
)


def _rng():
    return torch.Generator().manual_seed(440)


@cache
def lstm_state():
    from course_utils.models.lstm import EventLstm, LstmConfig, init_lstm

    config = LstmConfig(259, width=4, n_layers=1)
    model = EventLstm(config)
    init_lstm(model, _rng())
    return {
        "kind": "lstm",
        "preset": "smoke",
        "seed": 0,
        "encoding": "polyphony",
        "config": asdict(config),
        "steps_per_quarter": 4,
        "step": 3,
        "weights": model.state_dict(),
    }


@cache
def transformer_state(name):
    from course_utils.recipes.transformer_tasks import sizes_of, task_of

    task = task_of(name)
    sizes = {
        "width": 8,
        "n_layers": 1,
        "n_heads": 2,
        "feed_forward": 8,
        "max_distance": 4,
    }
    model = task.new_model(sizes)
    task.init(model, _rng())
    return {
        "kind": f"music_transformer-{name}",
        "encoding": name,
        "config": sizes_of(model),
        "step": 3,
        "weights": model.state_dict(),
    }


@cache
def gan_state():
    from course_utils.models.gansynth import GanSynthConfig
    from course_utils.models.generator import Generator
    from course_utils.models.layers import init_equalised
    from course_utils.spectral.image import IMAGES

    config = GanSynthConfig(
        3, 2, (4, 4), (64, 16), growth=(1, 2), folding=(2, 2), n_latent=4
    )
    generator = Generator(config)
    init_equalised(generator, _rng())
    scales = {
        "magnitude_scale": 0.18,
        "magnitude_offset": 0.31,
        "phase_scale": 0.9,
    }
    return {
        "kind": "gansynth",
        "about": {"preset": "smoke", "seed": 3, "data": "notes"},
        "config": asdict(config),
        "image": asdict(replace(IMAGES["smoke"], phase="if_centred")),
        "normaliser": scales,
        "pitches": [60, 61, 62],
        "timbres": ["brass", "flute"],
        "peak": 0.5,
        "n_images": 0,
        "seconds": 0.0,
        "weights": generator.state_dict(),
    }


@cache
def judge_state():
    from course_utils.models.classifier import ClassifierConfig, NoteClassifier
    from course_utils.models.initialise import init_weights

    config = ClassifierConfig(
        (60, 61),
        ("brass", "flute"),
        1024,
        n_fft=256,
        hop_length=128,
        channels=(2, 2),
        n_features=4,
    )
    judge = NoteClassifier(config)
    init_weights(judge, _rng())
    return {
        "kind": "note_judge",
        "config": asdict(config),
        "weights": judge.state_dict(),
    }


def split(state):
    """Return the JSON tree of a state's header, and its tensors."""
    from course_utils.training import checkpoint

    tensors = {}
    tree = checkpoint._to_json(state, "", tensors)
    return tree, tensors


_SPLIT = {}


def _split_once(kind, state):
    if kind not in _SPLIT:
        _SPLIT[kind] = split(state)
    return _SPLIT[kind]


def joined(tree, tensors):
    """Write tree and tensors as `save_state` does; the tree may be wrong."""
    return save(tensors, {"course": tree_to_text(tree)})


def wrong_tensors(rng, tensors):
    """Draw the tensors of a model, with some of another shape or kind."""
    tensors = dict(tensors)
    for _ in range(rng.randint(0, 2)):
        name = rng.choice(sorted(tensors))
        other = rng.choice(sorted(tensors))
        kind = rng.choice(("drop", "other", "cut", "type", "nan", "none"))
        tensor = tensors[name]
        if kind == "drop" and len(tensors) > 1:
            del tensors[name]
        elif kind == "other":
            tensors[name] = tensors[other].clone()
        elif kind == "cut":
            tensors[name] = tensor.flatten()[1:].clone()
        elif kind == "type":
            types = (
                torch.float16,
                torch.int64,
                torch.bool,
                torch.complex64,
                torch.uint8,
            )
            tensors[name] = tensor.to(rng.choice(types))
        elif kind == "nan":
            tensors[name] = torch.full(tensor.shape, torch.nan)
        else:
            tensors[name] = torch.zeros(0, 2**31 - 1)
    return tensors


def shallow(tree):
    """Leave the references to the weights out, so that edits hit the rest."""
    return {key: value for key, value in tree.items() if key != "weights"}


def wrong_model(rng, state):
    """Draw a valid checkpoint of a model that does not fit."""
    tree, tensors = _split_once(state["kind"], state)
    sizes = (10**6, 64, 3, 65_536, 128, "polyphony", "chorale", [2, 2], 0.01)
    if rng.randint(0, 3):
        part = edited_tree(rng, [shallow(tree)], sizes)
        weights = {"weights": tree["weights"]}
        tree = part | weights if isinstance(part, dict) else part
    else:
        tree = edited_tree(rng, [tree], sizes)
    if rng.randint(0, 2) == 0:
        tensors = wrong_tensors(rng, tensors)
    return {FILE: joined(tree, tensors)}


@cache
def _plain_files():
    state = {
        "kind": "lstm",
        "about": {"preset": "smoke"},
        "weights": {"a": torch.arange(6.0).reshape(2, 3)},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}, 1: {}}},
        "list": [torch.zeros(0), None, True, 2, 0.1, "text"],
    }
    tree, tensors = split(state)
    return joined(tree, tensors), tree, tensors


def _file_cases(rng):
    data, tree, tensors = _plain_files()
    kind = rng.choice(("bytes", "bytes", "header", "tree", "foreign"))
    if kind == "tree":
        names = [{"$tensor": name} for name in tensors]
        tree = edited_tree(
            rng,
            [tree],
            (*names, {"$tensor": 1}, {"$tensor": ["a"]}, {"$int": [1]}),
        )
        return {FILE: joined(tree, tensors)}
    if kind == "header":
        size = struct.unpack("<Q", data[:8])[0]
        header = edit_bytes(rng, data[8 : 8 + size], [data], WORDS, 3)
        return {
            FILE: struct.pack("<Q", len(header)) + header + data[8 + size :]
        }
    if kind == "foreign":
        data = rng.choice(
            (
                _pickle(),
                _zip_pickle(),
                b"PK\x03\x04",
                save({"a": torch.zeros(2)}),
            )
        )
    return {FILE: edit_bytes(rng, data, [data], WORDS)}


class _Bomb:
    """Touches a file when it is unpickled."""

    def __reduce__(self):
        return (open, ("canary", "w"))


def _pickle():
    return pickle.dumps(_Bomb())


@cache
def _zip_pickle():
    import io

    file = io.BytesIO()
    torch.save({"a": torch.zeros(2), "b": _Bomb()}, file)
    return file.getvalue()


def _read_file(folder):
    from course_utils.recipes.runs import Run
    from course_utils.training.checkpoint import load_state

    load_state(folder / FILE)
    run = Run(folder, "lstm", resume=True)
    (folder / FILE).rename(run.training_file)
    try:
        run.load_training({"preset": "smoke"})
    finally:
        run.training_file.rename(folder / FILE)


def _read_lstm(folder):
    from course_utils.recipes.lstm import load_model

    model, _ = load_model(folder)
    with torch.no_grad():
        model(torch.zeros(1, 2, dtype=torch.int64))


def _read_transformer(name):
    def read(folder):
        from course_utils.recipes.music_transformer import (
            load_model,
            model_about,
        )

        model_about(folder)
        load_model(folder, name)

    return read


def _read_gan(folder):
    from course_utils.recipes.gansynth_player import generate_note

    generate_note(folder, 60)


def _read_judge(folder):
    from course_utils.recipes.note_judge import load_judge

    judge = load_judge(folder)
    with torch.no_grad():
        judge(torch.zeros(1, min(judge.config.n_samples, 2**16)))


TARGETS = {
    "checkpoint": Target(_file_cases, _read_file),
    "lstm-model": Target(lambda r: wrong_model(r, lstm_state()), _read_lstm),
    "gan-model": Target(lambda r: wrong_model(r, gan_state()), _read_gan),
    "judge-model": Target(
        lambda r: wrong_model(r, judge_state()), _read_judge
    ),
} | {
    f"{name}-model": Target(
        lambda r, name=name: wrong_model(r, transformer_state(name)),
        _read_transformer(name),
    )
    for name in ("chorale", "metrical")
}
