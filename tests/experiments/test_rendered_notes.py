import json

import pytest

from course_utils.data.note_presets import CONFIGS, NotesConfig
from course_utils.data.nsynth import NSynthNotes
from course_utils.data.rendered import render_notes
from course_utils.experiments import rendered_notes
from course_utils.experiments.rendered_notes import (
    main,
    pitch_check,
    rendering_speed,
)

TINY = NotesConfig((9, 56, 73), (60, 67), (100,))


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    return NSynthNotes(render_notes(TINY, tmp_path_factory.mktemp("n") / "n"))


def test_winds_sound_their_key_and_the_glockenspiel_fools_the_judge(notes):
    result = pitch_check(notes, 100)
    assert result["n_judged"] == 6
    wrong = len(result["wrong"])
    assert result["exact"] == pytest.approx(1 - wrong / 6)
    assert {name.split("-")[0] for name in result["wrong"]} <= {
        "mallet_acoustic_001"
    }


def test_the_same_seed_judges_the_same_notes(notes):
    assert pitch_check(notes, 2, seed=3) == pitch_check(notes, 2, seed=3)


def test_speed_is_counted_in_notes():
    speed = rendering_speed(TINY, 3)
    assert set(speed) == {"notes_per_s", "notes_per_cpu_s"}
    assert min(speed.values()) > 0


def test_the_command_prints_one_json_object(capsys, monkeypatch, notes):
    monkeypatch.setattr(
        rendered_notes, "notes_folder", lambda preset: notes.folder
    )
    monkeypatch.setitem(CONFIGS, "smoke", TINY)
    main(["--preset", "smoke", "--n-judged", "2", "--n-rendered", "2"])
    result = json.loads(capsys.readouterr().out)
    assert result["n_judged"] == 2
    assert {"notes_per_s", "exact", "octave"} <= set(result)
