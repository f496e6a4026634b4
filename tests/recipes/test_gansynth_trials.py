import json
from dataclasses import replace

import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.note_set import NoteSetConfig
from course_utils.recipes import (
    gansynth_ablations,
    gansynth_trial,
    gansynth_trial_table,
    gansynth_trials,
    note_report,
)
from course_utils.recipes.gansynth_ablations import ABLATIONS
from course_utils.recipes.gansynth_presets import RECIPES
from course_utils.recipes.gansynth_trial import Hearing, run_trial
from course_utils.recipes.gansynth_trial_table import (
    BASE,
    TRIALS,
    Trial,
    changed,
)
from course_utils.recipes.gansynth_trials import main, run_trials, write_clip
from course_utils.recipes.note_judge import load_judge
from course_utils.training.gan_schedules import Constant

every_trial = pytest.mark.parametrize("name", TRIALS)
N_IMAGES = 32


@pytest.fixture
def hearing(tones, judge_folder):
    return Hearing(load_judge(judge_folder), tones)


@pytest.fixture
def tiny_base(monkeypatch):
    """Let the trials change a recipe for the synthetic tones."""
    notes = NoteSetConfig(
        ("brass", "flute", "reed"), (58, 60, 62), n_samples=4000
    )
    model = replace(
        BASE.model, n_pitches=3, n_timbres=3, channels=(8, 8, 8), n_latent=4
    )
    plan = replace(BASE.plan, sample_every=16)
    tiny = replace(BASE, notes=notes, model=model, plan=plan)
    monkeypatch.setattr(gansynth_trial_table, "BASE", tiny)
    monkeypatch.setattr(gansynth_trial, "N_PYIN", 2)
    monkeypatch.setattr(note_report, "N_DRAWS", 10)
    return tiny


# --- the table ------------------------------------------------------------


@every_trial
def test_networks_and_images_of_every_trial_fit_each_other(name):
    recipe = TRIALS[name].recipe()
    assert recipe.model.image_shape() == recipe.image.shape
    assert recipe.model.n_pitches == len(recipe.notes.pitches)
    assert recipe.model.n_timbres == len(recipe.notes.timbres)
    last = recipe.plan.stages[-1]
    assert last.block == recipe.model.n_blocks - 1


@every_trial
def test_every_trial_says_its_change_in_code(name):
    trial = TRIALS[name]
    line = trial.line()
    assert "\n" not in line
    for path in trial.changes:
        assert f"{path} = " in line
    assert (line == "nothing changed") == (name == "base")


def test_all_trials_learn_the_same_notes_and_only_the_named_change():
    phase = TRIALS["phase"].recipe()
    assert replace(phase, image=BASE.image) == BASE
    assert phase.image == replace(BASE.image, phase="raw")
    assert TRIALS["base"].recipe() == BASE
    again = TRIALS["base_again"]
    assert again.recipe() == BASE
    assert (again.seed, again.line()) == (1, "seed = 1")
    assert all(trial.recipe().notes == BASE.notes for trial in TRIALS.values())


def test_both_resolutions_have_equally_many_numbers():
    low, high = (TRIALS[n].recipe().image.shape for n in ("if", "if_high"))
    assert low[1] * low[2] == high[1] * high[2]
    assert high[1] == 2 * low[1]


def test_settings_of_one_part_are_changed_together():
    recipe = changed(
        BASE, {"plan.half_life": 7, "plan.generator_rate": Constant(1.0)}
    )
    assert recipe.plan.half_life == 7
    assert recipe.plan.generator_rate == Constant(1.0)
    assert recipe.plan.stages == BASE.plan.stages
    with pytest.raises(TypeError):
        changed(BASE, {"plan.nonsense": 1})


every_ablation = pytest.mark.parametrize("name", ABLATIONS)


@every_ablation
def test_networks_and_images_of_every_ablation_fit_each_other(name):
    recipe = ABLATIONS[name].recipe()
    assert recipe.model.image_shape() == recipe.image.shape
    assert recipe.plan.stages[-1].block == recipe.model.n_blocks - 1
    assert recipe.notes == RECIPES["cpu"].notes


def test_every_ablation_but_the_first_takes_something_out_of_the_preset():
    recipes = {name: trial.recipe() for name, trial in ABLATIONS.items()}
    assert recipes.pop("whole") == RECIPES["cpu"]
    assert RECIPES["cpu"] not in recipes.values()
    assert recipes["clean"] == replace(RECIPES["cpu"], soiled=None)
    assert not recipes["deaf"].hears
    assert recipes["nothing"].model.mean_frames == 0


# --- running them ---------------------------------------------------------


def test_a_trial_leaves_scores_curves_and_a_clip(hearing, tiny_base, tmp_path):
    names = ["base", "batchnorm_mse", "paper"]
    work = {"n_images": N_IMAGES, "seconds": 0.05}
    done = run_trials(names, tmp_path, tmp_path / "work", hearing, **work)
    assert done == names
    for name in names:
        result = json.loads((tmp_path / f"{name}.json").read_text())
        assert result["line"] == TRIALS[name].line()
        assert result["scores"]["n_real"] == len(hearing.notes["validation"])
        assert result["scores"]["variety_db"] >= 0
        assert result["scores"]["real_variety_db"] > 0
        assert result["history"]["n_images"]
        sound, rate = soundfile.read(tmp_path / f"{name}.mp3")
        assert rate == 16_000
        assert len(sound) >= 6 * 4000
        assert (tmp_path / f"{name}.mp3").stat().st_size < 40_000
    base = json.loads((tmp_path / "base.json").read_text())
    assert base["n_images"] == N_IMAGES
    assert base["budget"] == "equal images"
    assert [s["n_images"] for s in base["samples"]] == [16, 32]
    assert 0 <= base["samples"][-1]["pitch_accuracy"] <= 1
    paper = json.loads((tmp_path / "paper.json").read_text())
    assert paper["budget"] == "equal seconds"
    assert paper["seconds"] >= 0.05
    again = run_trials(names, tmp_path, tmp_path / "work", hearing)
    assert again == []


def test_one_seed_gives_one_result_and_a_cut_trial_goes_on(
    hearing, tiny_base, tmp_path
):
    words = "base", TRIALS["base"], hearing
    sizes = {"n_scored": 60}
    whole, notes = run_trial(*words, tmp_path / "a", n_images=32, **sizes)
    run_trial(*words, tmp_path / "b", n_images=16, **sizes)
    cut, same = run_trial(*words, tmp_path / "b", n_images=32, **sizes)
    assert torch.equal(notes, same)
    assert whole["scores"] == cut["scores"]


def test_the_networks_of_2022_hear_no_label(hearing, tiny_base, tmp_path):
    words = "batchnorm_mse", TRIALS["batchnorm_mse"], hearing, tmp_path
    _, notes = run_trial(*words, n_images=16, n_scored=60)
    assert notes.shape == (6, 4000)
    assert torch.isfinite(notes).all()


def test_a_trial_of_equal_seconds_waits_for_the_base(
    hearing, tiny_base, tmp_path
):
    with pytest.raises(CourseError, match="run the trial base first"):
        run_trials(["paper"], tmp_path, tmp_path / "work", hearing)


def test_an_unknown_trial_is_refused_before_any_work(hearing, tmp_path):
    with pytest.raises(CourseError, match="trial"):
        run_trials(["base", "magic"], tmp_path, tmp_path / "work", hearing)
    assert not list(tmp_path.iterdir())


def test_a_clip_keeps_its_level_and_says_what_it_was(tmp_path):
    notes = torch.stack([torch.full((4000,), v) for v in (0.25, -2.0)])
    about = write_clip(tmp_path / "clip.mp3", notes)
    assert about["peak"] == 2.0
    assert about["rms"] == pytest.approx(((0.0625 + 4) / 2) ** 0.5, abs=1e-4)
    silent = write_clip(tmp_path / "silent.mp3", torch.zeros(2, 4000))
    assert silent == {"peak": 0.0, "rms": 0.0}


def test_trials_of_another_table_are_run_from_their_own_base(
    hearing, tiny_base, tmp_path
):
    table = {"mine": Trial("mine", {"plan.half_life": 7}, base=tiny_base)}
    words = {"n_images": 16, "table": table}
    run_trials(["mine"], tmp_path, tmp_path / "work", hearing, **words)
    result = json.loads((tmp_path / "mine.json").read_text())
    assert result["line"] == "plan.half_life = 7"
    with pytest.raises(CourseError, match="trial"):
        run_trials(["base"], tmp_path, tmp_path / "work", hearing, **words)


# --- the command ----------------------------------------------------------


def test_the_command_runs_what_it_is_told(
    hearing, tiny_base, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(gansynth_trials, "trial_notes", lambda: hearing.notes)
    folders = ["--out", str(tmp_path), "--work", str(tmp_path / "work")]
    monkeypatch.setattr(gansynth_trials, "N_JUDGE_STEPS", 3)
    monkeypatch.setattr(
        gansynth_trials, "trial_hearing", lambda work, notes: hearing
    )
    assert main([*folders, "--only", "base", "--images", "16"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": ["base"]}
    assert main([*folders, "--only", "magic"]) == 1
    assert "gansynth_trials: expected trial" in capsys.readouterr().err
    assert main([*folders, "--images", "0"]) == 1


def test_the_judge_is_trained_once(tones, tmp_path):
    first = gansynth_trials.trial_hearing(tmp_path, tones, n_steps=3)
    file = tmp_path / "judge" / "model.safetensors"
    before = file.stat().st_mtime_ns
    gansynth_trials.trial_hearing(tmp_path, tones, n_steps=3)
    assert file.stat().st_mtime_ns == before
    assert first.judge.config.pitches == tuple(range(58, 64))


def test_the_ablations_have_a_command_of_their_own(
    hearing, tiny_base, tmp_path, monkeypatch, capsys
):
    table = {"whole": Trial("whole", base=tiny_base)}
    monkeypatch.setattr(gansynth_ablations, "ABLATIONS", table)
    monkeypatch.setattr(
        gansynth_ablations, "load_judge", lambda _: hearing.judge
    )
    monkeypatch.setattr(
        gansynth_ablations, "note_sets", lambda _: hearing.notes
    )
    folders = ["--out", str(tmp_path), "--work", str(tmp_path / "work")]
    words = [*folders, "--only", "whole", "--images"]
    assert gansynth_ablations.main([*words, "16"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": ["whole"]}
    assert gansynth_ablations.main([*words, "0"]) == 1
    assert "gansynth_ablations: expected" in capsys.readouterr().err
