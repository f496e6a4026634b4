import math

import pytest
import torch

from course_utils.basics.pitch import midi_to_hz
from course_utils.data.corpora import Corpus, chorales
from course_utils.data.note_set import NoteSet
from course_utils.recipes import music_transformer
from course_utils.recipes.note_judge import train_judge
from course_utils.recipes.transformer_tasks import TASKS

RATE, N = 16_000, 4000
PITCHES = (58, 60, 62)
# share of each partial's amplitude by its number
TIMBRES = {
    "brass": lambda h: 1 / h,
    "flute": lambda h: 1 / h**3,
    "reed": lambda h: (h % 2) / h,
}


def synthetic_notes(n_each, seed, timbres=tuple(TIMBRES)):
    """Return tones of every pitch and timbre; phases and decay vary."""
    rng = torch.Generator().manual_seed(seed)
    h = torch.arange(1, 9)[:, None]
    time_s = torch.arange(N) / RATE
    waveforms, pitches, places = [], [], []
    for _ in range(n_each):
        for pitch in PITCHES:
            for place, name in enumerate(TIMBRES):
                if name not in timbres:
                    continue
                start = torch.rand(8, 1, generator=rng)
                turns = midi_to_hz(pitch) * h * time_s + start
                decay = 4 * torch.rand(1, generator=rng)
                parts = torch.sin(2 * math.pi * turns) * TIMBRES[name](h)
                tone = parts.sum(dim=0) * torch.exp(-decay * time_s)
                waveforms.append(tone / tone.abs().max() / 2)
                pitches.append(pitch)
                places.append(place)
    return NoteSet(
        torch.stack(waveforms),
        torch.tensor(pitches),
        torch.tensor(places),
        tuple(TIMBRES),
        tuple(f"tone-{i}" for i in range(len(places))),
    )


@pytest.fixture(scope="session")
def tones():
    return {
        "train": synthetic_notes(15, 1),
        "validation": synthetic_notes(6, 2),
    }


@pytest.fixture(scope="session")
def judge_folder(tones, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    train_judge("smoke", folder, 3, notes=tones, n_steps=120)
    return folder


@pytest.fixture(scope="session")
def few_chorales(tmp_path_factory):
    """Give a few of the embedded chorales: 3 to learn from, 1 and 1."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("chorales")
        patch.setenv("COURSE_CACHE_DIR", str(folder))
        embedded = chorales("smoke")
    splits = {"train": 3, "validation": 1, "test": 1}
    return Corpus(
        [p for name, n in splits.items() for p in embedded.of(name)[:n]]
    )


@pytest.fixture(scope="session")
def transformer_runs(few_chorales, tmp_path_factory):
    """Give encoding -> folder of a training of two steps."""
    folders = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            music_transformer, "load_pieces", lambda name, preset: few_chorales
        )
        for encoding in TASKS:
            folders[encoding] = tmp_path_factory.mktemp(encoding)
            music_transformer.train(
                "smoke",
                folders[encoding],
                seed=1,
                encoding=encoding,
                n_steps=2,
                sizes={
                    "width": 16,
                    "n_layers": 1,
                    "n_heads": 2,
                    "feed_forward": 24,
                },
                settings={
                    "batch_size": 2,
                    "length": 24,
                    "evaluate_every": 1,
                },
            )
    return folders
