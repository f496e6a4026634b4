from collections import Counter

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes import gansynth_scores
from course_utils.recipes.gansynth_player import load_player
from course_utils.recipes.gansynth_scores import (
    evaluate,
    find_judge,
    play_many,
    real_notes,
    sample_scorer,
)
from course_utils.recipes.gansynth_session import Sample
from course_utils.recipes.note_report import SCORES

TIMBRES = ("brass", "flute", "reed")


class TonePlayer:
    """Plays tones of the real notes' kind, always right."""

    pitches = (58, 60, 62)
    timbres = TIMBRES
    n_samples = 4000
    n_latent = 4

    def __init__(self, tones):
        self.about = {
            "about": {"preset": "smoke"},
            "checkpoint": "tones",
            "n_images": 1,
        }
        self.tones = tones
        self.asked = []

    def draw_z(self, n_notes, rng):
        return torch.randn(n_notes, 4, generator=rng)

    def notes(self, pitches, timbres, z):
        self.asked.append((pitches, timbres, z))
        places = [TIMBRES.index(name) for name in timbres]
        found = [
            ((self.tones.pitches == p) & (self.tones.timbres == t)).nonzero()
            for p, t in zip(pitches, places, strict=True)
        ]
        return torch.stack([self.tones.waveforms[row[0, 0]] for row in found])


@pytest.fixture
def player(tones):
    return TonePlayer(tones["train"])


@pytest.fixture
def only_this_judge(judge_folder, monkeypatch):
    """Let `runs/` hold one judge, and nothing be shipped."""
    monkeypatch.setattr(gansynth_scores, "RUNS", judge_folder)
    monkeypatch.setattr(
        gansynth_scores, "shipped_data_dir", lambda: judge_folder
    )
    monkeypatch.setattr(gansynth_scores, "JUDGE", "note_judge")
    inside = judge_folder / "note_judge-smoke"
    if not inside.exists():
        inside.symlink_to(judge_folder)


def test_labels_are_as_frequent_as_in_training(player, tones):
    train = tones["train"]
    drawn = play_many(player, train, 2 * len(train) + 7, 0)
    counts = Counter(
        zip(drawn.pitches.tolist(), drawn.timbres.tolist(), strict=True)
    )
    real = Counter(
        zip(train.pitches.tolist(), train.timbres.tolist(), strict=True)
    )
    for label, count in real.items():
        assert 2 * count <= counts[label] <= 3 * count
    assert len(drawn.waveforms) == 2 * len(train) + 7


def test_the_player_is_asked_for_just_these_notes(player, tones):
    drawn = play_many(player, tones["train"], 20, 1)
    ((pitches, timbres, z),) = player.asked
    assert pitches == drawn.pitches.tolist()
    assert [TIMBRES.index(name) for name in timbres] == drawn.timbres.tolist()
    assert z.shape == (20, 4)


def test_one_seed_draws_the_same_notes(player, tones):
    first, same, other = (
        play_many(player, tones["train"], 12, seed) for seed in (3, 3, 4)
    )
    assert torch.equal(first.waveforms, same.waveforms)
    assert not torch.equal(first.pitches, other.pitches)


def test_real_tones_score_as_real_tones(
    player, tones, judge_folder, monkeypatch
):
    monkeypatch.setattr(gansynth_scores, "load_player", lambda _: player)
    monkeypatch.setattr(gansynth_scores, "real_notes", lambda *_: tones)
    report = evaluate(judge=judge_folder, n_notes=60, n_pyin=0, seed=2)
    for key in SCORES:
        assert key in report
        assert f"real_{key}" in report
    assert report["pitch_accuracy"] > 0.9
    assert report["n"] == 60
    assert (report["checkpoint"], report["seed"]) == ("tones", 2)


def test_a_judge_that_fits_is_found(player, only_this_judge):
    assert find_judge(player).config.timbres == TIMBRES


def test_a_judge_of_other_notes_is_refused(player, judge_folder):
    player.pitches = (58, 60, 99)
    with pytest.raises(CourseError, match="course train note_judge --preset"):
        find_judge(player, judge_folder)


def test_no_judge_at_all_is_told(player, tmp_path, monkeypatch):
    monkeypatch.setattr(gansynth_scores, "RUNS", tmp_path)
    monkeypatch.setattr(gansynth_scores, "shipped_data_dir", lambda: tmp_path)
    with pytest.raises(CourseError, match="got none"):
        find_judge(player)


def test_a_sample_is_scored_while_it_can_be_heard(tones, only_this_judge):
    score = sample_scorer((58, 60, 62), TIMBRES, 4000)
    few = tones["validation"].take(torch.arange(16))
    sample = Sample(
        8,
        torch.zeros(16, 2, 4, 4),
        few.waveforms,
        few.pitches.tolist(),
        [TIMBRES[place] for place in few.timbres.tolist()],
    )
    assert score(sample)["pitch_accuracy"] > 0.9
    assert set(score(sample)) == {"pitch_accuracy", "timbre_accuracy"}
    silent = Sample(8, sample.images, few.waveforms[:0], [], [])
    assert score(silent) == {}


def test_samples_of_other_notes_are_not_scored(only_this_judge):
    assert sample_scorer((58, 60), TIMBRES[::-1], 4000) is None
    assert sample_scorer((58, 60), TIMBRES, 16_000) is None


def test_the_real_notes_are_those_of_the_training(gan_checkpoint, monkeypatch):
    asked = []

    def note_sets(preset, data, config):
        asked.append((preset, data, config))
        return {}

    monkeypatch.setattr(gansynth_scores, "note_sets", note_sets)
    player = load_player(gan_checkpoint)
    notes = {
        "timbres": ["brass", "flute", "mallet"],
        "pitches": [60, 61],
        "programs": [],
        "n_samples": 4000,
        "fade_s": 0.02,
        "peak": 0.5,
    }
    player.about["about"]["recipe"] = {"notes": notes}
    real_notes(player)
    real_notes(player, "elsewhere", "cpu")
    (own, other) = asked
    assert own[:2] == ("smoke", "notes")
    assert own[2].pitches == (60, 61)
    assert other[:2] == ("cpu", "elsewhere")
    assert other[2].n_samples == 16_000


def test_no_notes_are_refused(player, tones):
    with pytest.raises(CourseError, match="number of notes"):
        play_many(player, tones["train"], 0, 0)
