import csv

import numpy as np
import soundfile
import torch

from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.wav import write_wav
from course_utils.recipes import gansynth_shipping as shipping
from course_utils.recipes.gansynth_card import ROWS, model_card


def test_thinned_history_keeps_every_scored_row(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "pitch_accuracy"])
        for step in range(5_000):
            writer.writerow([step, 0.5 if step in (7, 4_321) else ""])
    shipping._thin_history(source, target)
    with target.open(newline="") as file:
        kept = list(csv.DictReader(file))
    scored = [r["step"] for r in kept if r["pitch_accuracy"]]
    assert scored == ["7", "4321"]
    assert len(kept) < 2 * shipping.N_ROWS


def test_clips_are_evenly_spread_and_keep_their_level(tmp_path, np_rng):
    source, target = tmp_path / "wav", tmp_path / "mp3"
    source.mkdir()
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    for i in range(11):
        tone = 0.1 * np.sin(2 * np.pi * 440 * time_s)
        write_wav(source / f"{i:03d}.wav", torch.tensor(tone), SAMPLE_RATE)
    shipping._ship_samples(source, target)
    names = sorted(path.stem for path in target.iterdir())
    assert names == ["000", "002", "004", "006", "008", "010"]
    sound, rate = soundfile.read(target / "000.mp3")
    assert rate == SAMPLE_RATE
    assert abs(np.abs(sound[2000:12000]).max() - 0.1) < 0.01


def test_card_names_notes_training_and_all_scores():
    scores = {name: 0.123 for name in ROWS}
    scores |= {"n": 1000, "n_train": 944, "n_real": 239, "defects": {"dc": 0}}
    scores["ndb_interval"] = [1.0, 5.0]
    state = {
        "about": {
            "preset": "cpu",
            "data": "notes",
            "seed": 0,
            "recipe": {"loss_name": "NonSaturatingR1"},
        },
        "image": {"n_samples": 16_000},
        "pitches": [48, 84],
        "timbres": ["brass", "flute"],
        "n_images": 12_000,
        "seconds": 7200.0,
    }
    text = model_card(state, scores, scores)
    assert "the preset plans 40,000" in text
    for part in (
        "12,000 images",
        "2.00 hours",
        "brass, flute",
    ):
        assert part in text
    for name in ROWS:
        assert f"| {name} | 0.123 |" in text
    assert "1.000 to 5.000" in text
