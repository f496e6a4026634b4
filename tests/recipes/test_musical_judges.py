import json

import numpy as np
import pytest

from course_utils.basics.paths import shipped_data_dir
from course_utils.data.corpora import Corpus, Piece
from course_utils.evaluation.meter_kinds import KINDS, load_kind_judge
from course_utils.evaluation.tempo_heard import load_tempo_judge
from course_utils.recipes import musical_judges
from course_utils.recipes.musical_judges import (
    annotated_tempo_bpm,
    first_bars,
    measure_meter,
    measure_tempo,
    meter_of_songs,
    near,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.meter import bar_lines_s

METERS = ((4, 4), (3, 4), (6, 8))
SPLITS = ("train", "train", "train", "validation", "test")


def dance(i, bpm=100.0, n_bars=10):
    """A bass note on each bar line, chords on each beat."""
    meter = METERS[i % 3]
    rng = np.random.default_rng(i)
    sequence = blank_sequence(bpm, meter)
    beat = 1.5 if meter[1] == 8 else 1.0  # quarters
    n_beats = 2 if meter[1] == 8 else meter[0]
    quarter_s = 60 / bpm
    for k in range(n_bars * n_beats):
        root = int(rng.choice([48, 50, 53]))
        pitches = [root] if k % n_beats == 0 else [root + 16, root + 19]
        for pitch in pitches:
            sequence.notes.add(
                pitch=pitch,
                velocity=80,
                start_time=k * beat * quarter_s,
                end_time=(k + 1) * beat * quarter_s,
                instrument=3 if pitch == root else 0,
            )
    sequence.key_signatures.add(time=0, key=i % 12, mode=0)
    sequence.total_time = n_bars * n_beats * beat * quarter_s
    return sequence


@pytest.fixture(scope="module")
def dances():
    return Corpus(
        Piece(f"dance{i}", SPLITS[(i // 3) % 5], dance(i)) for i in range(30)
    )


@pytest.fixture(scope="module")
def songs():
    return Corpus(
        Piece(f"{i:03d}", SPLITS[i % 5], dance(3 * i, 60.0 + 2 * i, 20))
        for i in range(20)
    )


@pytest.fixture
def no_librosa(monkeypatch):
    """Leave out the slow tempo that is measured for comparison."""
    monkeypatch.setattr(musical_judges, "heard_tempo_bpm", lambda _: 100.0)


def test_an_excerpt_has_eight_bars_or_is_the_piece():
    assert len(bar_lines_s(first_bars(dance(0)))) == 8
    short = dance(0, n_bars=5)
    assert first_bars(short) is short


def test_the_meter_is_counted_on_test_pieces_alone(dances):
    found, judge = measure_meter(dances)
    assert judge.kinds == KINDS[:3]
    test = {piece.name for piece in dances if piece.split == "test"}
    assert set(found["pieces"]) == test
    assert found["test"]["n"] == len(test) == 6
    assert found["learnt_from"] == 18
    assert np.sum(found["confusion"]) == 6
    right = np.trace(np.array(found["confusion"]))
    assert right == found["test"]["right"] > 3
    assert sum(kind["n"] for kind in found["kinds"].values()) == 6


def test_songs_are_judged_by_what_was_learnt_from_dances(dances, songs):
    _, judge = measure_meter(dances)
    found = meter_of_songs(songs, judge)
    assert found["n"] == 8  # outside the training split; all in four
    assert found["right"] >= 6


def test_the_annotated_tempo_is_the_median_of_the_beats():
    sequence = blank_sequence(60.0, None)
    sequence.tempos.add(time=10.0, qpm=90.0)  # 10 beats at 60, then at 90
    sequence.total_time = 20.0  # 15 beats at 90
    assert annotated_tempo_bpm(sequence) == 90
    sequence.total_time = 14.0  # 6 beats
    assert annotated_tempo_bpm(sequence) == 60


@pytest.mark.parametrize(
    ("heard", "same"), [(100, True), (103.9, True), (96.1, True),
                        (104.1, False), (95.9, False), (200, False)]
)  # fmt: skip
def test_the_same_tempo_is_within_four_percent(heard, same):
    assert near(heard, 100.0) == same


def test_the_tempo_is_counted_on_test_songs_alone(songs, no_librosa):
    found, judge = measure_tempo(songs)
    assert found["learnt_from"] == 12
    assert found["test"]["judge"]["n"] == 4
    assert found["validation"]["before"]["n"] == 4
    heard = found["test"]["octaves_allowed"]["right"]
    assert heard >= found["test"]["judge"]["right"]
    test = {song.name for song in songs if song.split == "test"}
    assert set(found["songs"]) == test
    assert judge.weights.any()


def test_all_is_written(dances, songs, tmp_path, monkeypatch, no_librosa):
    sets = {"chorales": dances, "pop909": songs}
    monkeypatch.setattr(
        musical_judges, "load_pieces", lambda name, preset: sets[name]
    )
    monkeypatch.setattr(musical_judges, "tunes", lambda: Corpus([]))
    monkeypatch.setattr(musical_judges, "measure_key", lambda *_: {"test": 1})
    out = tmp_path / "judges.json"
    musical_judges.main([str(out), "--judges", str(tmp_path), "--seed", "3"])
    figures = json.loads(out.read_text())
    assert figures["seed"] == 3
    assert set(figures) == {"seed", "meter", "tempo", "key"}
    load_kind_judge(tmp_path / "meter.json")
    load_tempo_judge(tmp_path / "tempo.json")


def test_the_shipped_figures_are_of_as_many_pieces_as_is_said():
    path = shipped_data_dir() / "experiments" / "judges" / "judges.json"
    figures = json.loads(path.read_text())
    assert figures["meter"]["test"]["n"] >= 200
    assert figures["tempo"]["test"]["judge"]["n"] == musical_judges.N_SONGS
    for found in figures["key"]["test"].values():
        assert found["exact"]["n"] == 100
    confusion = np.array(figures["meter"]["confusion"])
    assert confusion.sum() == figures["meter"]["test"]["n"]
    assert np.trace(confusion) == figures["meter"]["test"]["right"]
