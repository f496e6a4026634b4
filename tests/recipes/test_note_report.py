import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes.note_hearing import hear_set, make_reference
from course_utils.recipes.note_judge import load_judge
from course_utils.recipes.note_report import (
    SCORES,
    as_text,
    pyin_scores,
    score_notes,
    set_scores,
)


@pytest.fixture(scope="module")
def judge(judge_folder):
    return load_judge(judge_folder)


@pytest.fixture(scope="module")
def reference(judge, tones):
    return make_reference(judge, tones["train"], 0)


def scores(judge, reference, notes, waveforms=None):
    waveforms = notes.waveforms if waveforms is None else waveforms
    heard = hear_set(judge, waveforms, reference)
    return set_scores(heard, judge, notes.pitches, notes.timbres, reference, 0)


@pytest.fixture(scope="module")
def report(judge, tones):
    real = tones["validation"]
    return score_notes(
        real.waveforms,
        real.pitches,
        real.timbres,
        judge,
        tones["train"],
        real,
        n_pyin=3,
    )


def test_the_training_notes_score_best_against_themselves(
    judge, reference, tones
):
    found = scores(judge, reference, tones["train"])
    assert found["fid"] == pytest.approx(0, abs=1e-4)
    assert (found["ndb"], found["js_divergence"]) == (0, 0)
    assert found["nearest_db_median"] == pytest.approx(0, abs=1e-3)
    assert found["pitch_accuracy"] == found["timbre_accuracy"] == 1
    assert found["is"] == pytest.approx(3, rel=0.05)


def test_every_score_gets_worse_on_a_ladder_of_noise(
    judge, reference, tones, rng
):
    real = tones["train"]
    noise = torch.randn(real.waveforms.shape, generator=rng)
    ladder = [
        scores(judge, reference, real, real.waveforms + level * noise)
        for level in (0, 0.1, 1, 10)
    ]
    clean, *noisy = (found["ndb"] for found in ladder)
    assert clean < min(noisy)
    for key in ("fid", "nearest_db_median"):
        column = [found[key] for found in ladder]
        assert column == sorted(column), key
    assert ladder[0]["is"] > ladder[-1]["is"] + 0.5
    for key in ("pitch_accuracy", "timbre_accuracy"):
        column = [found[key] for found in ladder]
        assert column == sorted(column, reverse=True), key
        assert column[-1] < column[0], key


def test_a_dropped_timbre_shows_in_ndb_but_not_in_accuracy(
    judge, reference, tones, rng
):
    real = tones["train"]
    kept = real.take(torch.arange(len(real))[real.timbres != 1])
    found = scores(judge, reference, kept)
    assert found["timbre_accuracy"] == 1
    places = torch.randperm(len(real), generator=rng)[: len(kept)]
    as_many = scores(judge, reference, real.take(places))
    assert as_many["ndb"] == 0
    assert found["ndb"] >= 2
    assert found["js_divergence"] > 4 * as_many["js_divergence"]
    assert found["fid"] > scores(judge, reference, real)["fid"] + 0.1


def test_labels_off_by_some_semitones_leave_no_note_right(
    judge, reference, tones
):
    real = tones["validation"]
    for step in (1, 2):
        wrong = replace(real, pitches=real.pitches + step)
        found = scores(judge, reference, wrong)
        assert found["pitch_accuracy"] == 0
        pyin = pyin_scores(wrong.waveforms, wrong.pitches, 16_000, 3, 0)
        assert pyin["pitch_accuracy_pyin"] == 0
        assert found["timbre_accuracy"] == 1


def test_the_report_has_each_score_twice_with_its_interval(report):
    for side in ("", "real_"):
        for key in SCORES:
            low, high = report[f"{side}{key}_interval"]
            assert low <= report[side + key] <= high, key
    assert report["n"] == report["n_real"] == 54
    assert report["n_train"] == 135
    assert report["n_pyin"] == report["n_real_pyin"] == 3


def test_real_notes_score_as_real_notes(report):
    for key in SCORES:
        assert report[key] == report[f"real_{key}"]
    assert report["fid_at_n_real"] == pytest.approx(report["fid"], rel=0.01)
    assert report["pitch_accuracy_pyin"] == 1


def test_the_report_is_plain_enough_for_json(report):
    assert json.loads(json.dumps(report)) == report


def test_the_table_fits_a_page_and_names_all(report):
    text = as_text(report)
    assert max(len(line) for line in text.splitlines()) < 80
    for name in SCORES.values():
        assert name in text


def test_without_pyin_its_score_is_left_out(report):
    none = pyin_scores(torch.zeros(2, 4000), torch.zeros(2), 16_000, 0, 0)
    assert none["pitch_accuracy_pyin"] is None
    assert "-" in as_text(report | none)


def test_few_training_notes_get_few_bins(judge, tones):
    few = tones["train"].take(torch.arange(30))
    assert len(make_reference(judge, few, 0).bins.counts) == 3


def test_features_have_a_mean_variance_of_1(reference):
    assert np.var(reference.features, axis=0).mean() == pytest.approx(1)


def test_notes_of_other_timbres_than_the_judges_are_refused(judge, tones):
    other = replace(tones["train"], timbre_names=("organ", "flute", "reed"))
    with pytest.raises(CourseError, match="judge's timbres brass"):
        score_notes(
            torch.zeros(1, 4000),
            torch.tensor([60]),
            torch.tensor([0]),
            judge,
            other,
            tones["validation"],
        )


def test_a_seed_gives_one_report(judge, tones, report):
    real = tones["validation"]
    again = score_notes(
        real.waveforms,
        real.pitches,
        real.timbres,
        judge,
        tones["train"],
        real,
        n_pyin=3,
    )
    assert again == report
