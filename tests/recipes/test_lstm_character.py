import json

import numpy as np
import pytest

from course_utils.data.corpora import Corpus, Piece
from course_utils.recipes import lstm, lstm_character, lstm_shipping
from course_utils.recipes.loudness_match import match_loudness, rendered_db
from course_utils.recipes.lstm_character import (
    Ways,
    as_in_2022,
    choose_primers,
    compare_ways,
    hear,
    judge_of,
    judge_scores,
    kept,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.excerpt import bars_between

SPLITS = ["train"] * 8 + ["validation"] * 3 + ["test"] * 3


def dance(name, split, beats, seed, n_bars=10):
    """A bass note on each first beat, chords on the others."""
    rng = np.random.default_rng(seed)
    sequence = blank_sequence(90.0, (beats, 4))
    beat_s = 60 / 90
    for bar in range(n_bars):
        root = int(rng.choice([48, 50, 53, 55]))
        for beat in range(beats):
            start = beat_s * (bar * beats + beat)
            chord = [root] if beat == 0 else [root + 16, root + 19]
            for pitch in chord:
                sequence.notes.add(
                    pitch=pitch,
                    velocity=int(rng.integers(40, 100)),
                    start_time=start,
                    end_time=start + beat_s,
                )
    sequence.total_time = n_bars * beats * beat_s
    return Piece(name, split, sequence)


@pytest.fixture(scope="module")
def dances():
    return Corpus(
        dance(f"dance{i}", split, 3 + i % 2, seed=i)
        for i, split in enumerate(SPLITS)
    )


@pytest.fixture(scope="module")
def checkpoints(dances, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lstm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm, "load_pieces", lambda name, preset: dances)
        for encoding in ("metrical", "polyphony"):
            lstm.train(
                "smoke", folder / encoding, n_steps=30, encoding=encoding
            )
    return Ways(folder / "metrical", folder / "polyphony")


def test_primers_are_held_out_and_in_both_kinds_of_meter(dances):
    chosen = choose_primers(dances, 4)
    assert {piece.split for piece in chosen} <= {"validation", "test"}
    beats = [p.sequence.time_signatures[0].numerator for p in chosen]
    assert sorted(beats) == [3, 3, 4, 4]
    assert len(choose_primers(dances, 100)) == 6


def test_a_piece_keeps_its_own_character(dances):
    judge = judge_of(dances)
    piece = dances[-1].sequence
    figures = kept(piece, hear(piece), piece, judge)
    written = ("meter_written", "tempo_written", "tempo_heard", "loudness")
    assert [figures[name] for name in written] == [1.0] * 4
    assert figures["key"] == 1.0
    assert figures["loudness_db"] == 0.0


def test_the_judge_is_scored_on_pieces_it_did_not_learn_from(dances):
    scores = judge_scores(dances, judge_of(dances))
    assert scores["in three"]["n"] == scores["in four"]["n"] == 6
    assert scores["in three"]["right"] > 0.8


def test_the_ways_differ_where_they_should(dances, checkpoints):
    primers = choose_primers(dances, 2)
    rows = compare_ways(checkpoints, primers, judge_of(dances))
    by_way = {}
    for row in rows:
        by_way.setdefault(row["way"], []).append(row)
    assert {len(found) for found in by_way.values()} == {2}
    for way, found in by_way.items():
        written = {row["meter_written"] for row in found}
        assert written == ({0.0} if "2022" in way else {1.0})
        assert {row["tempo_written"] for row in found} == {1.0}
    matched = by_way["metrical events"]
    assert all(abs(row["loudness_db"]) < 1 for row in matched)


def test_in_2022_no_meter_and_one_velocity_were_written(dances):
    written = as_in_2022(dances[0].sequence)
    assert not written.time_signatures
    assert {note.velocity for note in written.notes} == {100}
    assert len(dances[0].sequence.time_signatures) == 1  # not changed


def test_new_bars_become_as_loud_as_the_primer(dances):
    primer = dances[0].sequence
    new = bars_between(primer, 0, 4)
    for note in new.notes:
        note.velocity = max(note.velocity - 30, 40)
    order = np.argsort([note.velocity for note in new.notes], kind="stable")
    before = rendered_db(new) - rendered_db(primer)
    left = match_loudness(new, primer, rendered_db(primer))
    after = rendered_db(new) - rendered_db(primer)
    assert before < -2
    assert abs(after) < 0.5
    assert left == pytest.approx(after)
    velocities = [note.velocity for note in new.notes]
    heard = [note.velocity for note in primer.notes]
    assert min(heard) <= min(velocities) <= max(velocities) <= max(heard)
    assert np.diff(np.array(velocities)[order]).min() >= 0


def test_a_primer_of_one_velocity_moves_nothing():
    primer = dance("x", "test", 3, seed=0).sequence
    for note in primer.notes:
        note.velocity = 77
    new = bars_between(primer, 0, 1)
    target_db = rendered_db(new) + 2.0
    assert match_loudness(new, primer, target_db) == pytest.approx(-2.0)
    assert {note.velocity for note in new.notes} == {77}


def test_the_table_is_written_and_other_data_stay(
    dances, checkpoints, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        lstm_character, "load_pieces", lambda name, preset: dances
    )
    out = tmp_path / "rows.json"
    out.write_text(json.dumps([{"data": "other"}, {"data": "chorales"}]))
    words = [out, checkpoints.metrical, checkpoints.polyphony]
    lstm_character.main([*map(str, words), "--primers", "1"])
    rows = json.loads(out.read_text())
    assert [row["data"] for row in rows] == ["other"] + ["chorales"] * 5


def test_what_is_shipped_of_a_training(
    dances, checkpoints, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        lstm_shipping, "load_pieces", lambda name, preset: dances
    )
    out = lstm_shipping.ship(checkpoints.metrical, tmp_path / "lstm-x")
    names = {path.name for path in out.iterdir()}
    assert names == {
        "README.md",
        "history.csv",
        "model.safetensors",
        "scores.json",
    }
    scores = json.loads((out / "scores.json").read_text())
    assert scores["steps"] == 30
    assert scores["n_pieces"] == {"train": 8, "validation": 3, "test": 3}
    assert 1 < scores["test"]["perplexity"] < 396
    baseline = scores["baseline"]["test"]
    assert baseline["n_pieces"] == 3
    assert 1 < baseline["perplexity"] < 259
    card = (out / "README.md").read_text()
    assert f"{scores['test']['perplexity']:.3f}" in card
    assert "--encoding metrical" in card
    assert lstm.load_model(out)[1]["encoding"] == "metrical"


def test_an_experiment_is_shipped_without_its_weights(
    dances, checkpoints, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        lstm_shipping, "load_pieces", lambda name, preset: dances
    )
    words = [str(checkpoints.polyphony), str(tmp_path / "x"), "--no-weights"]
    lstm_shipping.main(words)
    names = {path.name for path in (tmp_path / "x").iterdir()}
    assert names == {"history.csv", "scores.json"}
