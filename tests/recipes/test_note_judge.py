import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.runtime import torch_rng
from course_utils.models.classifier import NoteClassifier
from course_utils.recipes.note_judge import (
    held_out_figures,
    load_judge,
    new_judge,
    pitch_places,
    train_judge,
)
from course_utils.training.checkpoint import load_state, save_state


def test_a_judge_of_clear_tones_makes_no_mistake(tones, judge_folder):
    figures = held_out_figures(load_judge(judge_folder), tones["validation"])
    assert figures["pitch_accuracy"] == 1
    assert figures["timbre_accuracy"] == 1
    assert set(figures["timbres"]) == {"brass", "flute", "reed"}


def test_a_judge_without_training_knows_nothing(tones):
    judge = new_judge("smoke", tones["train"], 0)
    figures = held_out_figures(judge, tones["validation"])
    assert figures["pitch_accuracy"] < 0.6


def test_one_seed_trains_one_judge(tones, tmp_path):
    states = [
        load_state(
            train_judge(
                "smoke", tmp_path / str(i), seed, notes=tones, n_steps=3
            )["checkpoint"]
        )["weights"]
        for i, seed in enumerate((0, 0, 1))
    ]
    first, again, other = (state["dense.weight"] for state in states)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_checkpoint_alone_hears_the_same(tones, judge_folder, tmp_path):
    once = load_judge(judge_folder)
    state = load_state(judge_folder / "model.safetensors")
    save_state(tmp_path / "model.safetensors", state)
    again = load_judge(tmp_path / "model.safetensors")
    notes = tones["validation"].waveforms[:4]
    assert torch.equal(once.hear(notes).pitch, again.hear(notes).pitch)
    assert once.config == again.config
    assert not again.training


def test_the_card_names_data_seed_and_figures(judge_folder):
    card = (judge_folder / "README.md").read_text(encoding="utf-8")
    for words in ("`notes`", "seed 3", "120 steps", "| 54 held-out", "GPL"):
        assert words in card
    assert max(len(line) for line in card.splitlines()) < 80


def test_the_pitches_of_a_preset_stand_even_if_one_is_missing(tones):
    judge = new_judge("smoke", tones["train"], 0)
    assert judge.config.pitches == tuple(range(58, 64))
    higher = tones["train"]
    higher = type(higher)(**(vars(higher) | {"pitches": higher.pitches + 30}))
    assert new_judge("smoke", higher, 0).config.pitches == (88, 90, 92)


def test_a_pitch_the_judge_does_not_know_has_no_place():
    places = pitch_places(torch.tensor([62, 60, 61]), (60, 62))
    assert places.tolist() == [1, 0, -1]


def test_an_unknown_preset_and_too_few_steps_are_refused(tones, tmp_path):
    with pytest.raises(CourseError, match="preset"):
        train_judge("huge", tmp_path, notes=tones)
    with pytest.raises(CourseError, match="steps"):
        train_judge("smoke", tmp_path, notes=tones, n_steps=1)


def test_another_kind_of_checkpoint_is_refused(tmp_path):
    save_state(tmp_path / "model.safetensors", {"kind": "lstm"})
    with pytest.raises(CourseError, match="note_judge"):
        load_judge(tmp_path)


def test_the_shipped_judge_is_small_and_hears_silence_without_error():
    judge = load_judge()
    assert isinstance(judge, NoteClassifier)
    n_weights = sum(w.numel() for w in judge.parameters())
    assert 4 * n_weights < 2_000_000
    notes = torch.zeros(1, judge.config.n_samples)
    notes += 1e-3 * torch.randn(notes.shape, generator=torch_rng(0))
    assert judge.hear(notes).pitch.isfinite().all()


@pytest.mark.parametrize(
    "change",
    [{"n_fft": 2**20}, {"channels": [65_536, 65_536]}, {"timbres": 3}, None],
)
def test_sizes_that_do_not_fit_the_weights_are_refused(
    judge_folder, tmp_path, change
):
    state = load_state(judge_folder / "model.safetensors")
    state["config"] = change and state["config"] | change
    save_state(tmp_path / "model.safetensors", state)
    with pytest.raises(CourseError, match="a whole checkpoint in"):
        load_judge(tmp_path)
