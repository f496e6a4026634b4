import json
from dataclasses import replace

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.note_set import NoteSetConfig
from course_utils.models.gansynth import Labels
from course_utils.recipes import gansynth_means
from course_utils.recipes.gansynth_means import main, mean_notes, mean_scores
from course_utils.recipes.gansynth_trial_table import BASE
from course_utils.recipes.note_judge import pitch_places

PITCHES = (58, 60, 62)


@pytest.fixture
def recipe():
    notes = NoteSetConfig(("brass", "flute", "reed"), PITCHES, n_samples=4000)
    model = replace(BASE.model, n_pitches=3, n_timbres=3)
    return replace(BASE, notes=notes, model=model)


@pytest.fixture
def tone_preset(tones, recipe, monkeypatch):
    monkeypatch.setattr(gansynth_means, "note_sets", lambda preset: tones)
    monkeypatch.setattr(gansynth_means, "RECIPES", {"cpu": recipe})


def test_a_mean_note_has_its_pitch_and_is_always_the_same(
    tones, recipe, judge_folder
):
    labels = Labels(torch.tensor([0, 1, 2, 0]), torch.tensor([0, 0, 0, 0]))
    notes = mean_notes(tones["train"], recipe, labels)
    assert notes.shape == (4, 4000)
    assert torch.equal(notes[0], notes[3])
    judge = gansynth_means.load_judge(judge_folder)
    heard = judge.hear(notes).pitch.argmax(dim=1)
    wanted = pitch_places(torch.tensor([58, 60, 62, 58]), judge.config.pitches)
    assert torch.equal(heard, wanted)


def test_means_have_no_variety_and_real_tones_have(tone_preset, judge_folder):
    report = mean_scores("cpu", judge_folder, n_notes=40, n_pyin=0)
    assert report["variety_db"] == pytest.approx(0, abs=1e-3)
    assert report["real_variety_db"] > 0.1
    assert report["n"] == 40
    assert report["pitch_accuracy"] > 0.9


def test_the_command_writes_the_scores(tone_preset, judge_folder, tmp_path):
    out = tmp_path / "means.json"
    words = ["--judge", str(judge_folder), "--out", str(out), "--notes", "12"]
    assert main(words) == 0
    assert json.loads(out.read_text())["preset"] == "cpu"


def test_too_few_notes_and_a_missing_judge_are_refused(
    tone_preset, tmp_path, capsys
):
    with pytest.raises(CourseError, match="number of notes"):
        mean_scores("cpu", tmp_path, n_notes=1)
    assert main(["--judge", str(tmp_path), "--notes", "9"]) == 1
    assert "gansynth_means: expected" in capsys.readouterr().err
