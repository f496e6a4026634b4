import json

import pytest

from course_utils.basics.checks import CourseError
from course_utils.recipes.gansynth_trial_results import (
    COLUMNS,
    as_table,
    in_order,
    load_trials,
    made_by,
    panels,
    signature,
)
from course_utils.recipes.gansynth_trial_table import TRIALS


def result(name, value):
    """Return a made-up result whose scores all are `value`."""
    scores = {column.key: value for column in COLUMNS}
    scores |= {column.real: 1.0 for column in COLUMNS}
    curve = {
        key: [0.0, value]
        for key in ("n_images", "real_score", "fake_score", "generator_loss")
    }
    return {
        "name": name,
        "title": "an old title",
        "line": TRIALS[name].line(),
        "budget": "equal images",
        "n_images": 2000,
        "seed": 0,
        "date": "2026-11-24",
        "threads": 1,
        "versions": {"torch": "2.0"},
        "scores": scores | {"n": 9, "n_real": 4, "n_train": 8, "n_bins": 2},
        "history": curve,
        "clip": {"peak": 0.5, "rms": 0.1},
    }


@pytest.fixture
def folder(tmp_path):
    for name, value in (("phase", 0.25), ("base", 0.5), ("pair", 0.75)):
        text = json.dumps(result(name, value))
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "base.mp3").write_bytes(b"sound")
    return tmp_path


def test_results_come_in_the_order_of_the_table_with_their_clips(folder):
    trials = load_trials(folder)
    assert list(trials) == ["base", "phase", "pair"]
    assert trials["base"]["mp3"] == b"sound"
    assert trials["pair"]["mp3"] == b""
    assert trials["phase"]["title"] == TRIALS["phase"].title


def test_the_table_has_a_row_for_each_trial_and_fits_a_page(folder):
    text = as_table(load_trials(folder), ["pair", "hears", "base"])
    head, real, *rows = text.split("\n")
    assert head.split() == [column.name for column in COLUMNS]
    assert real.startswith("held-out real notes")
    assert rows[0].startswith(TRIALS["pair"].title)
    assert "0.75" in rows[0]
    assert rows[1].endswith("not run")
    assert max(map(len, text.split("\n"))) <= 79


@pytest.mark.parametrize(
    ("best_first", "expected"),
    [("high", ["pair", "base", "phase"]), ("low", ["phase", "base", "pair"])],
)
def test_the_best_comes_first(folder, best_first, expected):
    names = ["base", "phase", "pair", "hears"]
    text = in_order(
        load_trials(folder), names, "pitch_accuracy", best_first=best_first
    )
    titles = [line.split(maxsplit=1)[1] for line in text.split("\n")]
    assert titles == [TRIALS[name].title for name in expected]


def test_a_signature_stands_beside_base_and_real(folder):
    text = signature(load_trials(folder), "phase")
    assert "image.phase = 'raw'" in text
    assert "PA          0.25   base     0.50   real     1.00" in text
    assert "real_score          0.25   base      0.50" in text
    assert "peak 0.50 of full scale" in text


def test_the_panels_hold_what_is_there(folder):
    values, real = panels(load_trials(folder), ["base", "hears"])
    assert list(values) == [TRIALS["base"].title]
    assert set(real) == set(values[TRIALS["base"].title])
    assert set(real.values()) == {1.0}


def test_how_the_numbers_came_about_is_said(folder):
    text = made_by(load_trials(folder))
    for words in ("gansynth_trials", "2026-11-24", "seed 0", "2,000 real"):
        assert words in text


def test_missing_broken_and_unknown_results_are_refused(folder, tmp_path):
    with pytest.raises(CourseError, match="results of trials"):
        load_trials(tmp_path / "nowhere")
    trials = load_trials(folder)
    with pytest.raises(CourseError, match="trial"):
        as_table(trials, ["magic"])
    with pytest.raises(CourseError, match="best_first"):
        in_order(trials, ["base"], "is", best_first="big")
    with pytest.raises(CourseError, match="trial"):
        signature(trials, "hears")
    (folder / "base.json").write_text("{}")
    with pytest.raises(CourseError, match="remove the file"):
        load_trials(folder)


def test_the_shipped_results_are_complete_and_small():
    trials = load_trials()
    assert "base" in trials
    assert len(as_table(trials, list(TRIALS)).split("\n")) == 2 + len(TRIALS)
    for name, trial in trials.items():
        assert trial["name"] == name
        assert trial["line"]
        assert 1000 < len(trial["mp3"]) < 40_000
        assert signature(trials, name)
