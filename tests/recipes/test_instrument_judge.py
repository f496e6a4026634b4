import json

import numpy as np
import pytest

from course_utils.data.corpora import Corpus, Piece
from course_utils.recipes import instrument_judge
from course_utils.recipes.instrument_judge import (
    Played,
    judge_pairs,
    play_all,
)
from course_utils.symbolic.chorale import grid_to_sequence

PIANO, TRUMPET = 0, 56


def hymn(name):
    rng = np.random.default_rng(len(name))
    chords = np.array((72, 67, 60, 48)) + rng.integers(-3, 3, (8, 1))
    music = grid_to_sequence(np.repeat(chords, 4, axis=0), 100.0, (4, 4))
    return Piece(name, "test", music)


def test_pairs_of_two_pieces_are_judged():
    flat = {0: np.zeros((12, 4)), 1: np.full((12, 4), 100.0)}
    played = [
        Played(data, piece, program, flat[program])
        for data, piece in (("a", "x"), ("a", "y"), ("b", "z"))
        for program in (0, 1)
    ]
    table = judge_pairs(played)
    shares = {
        (kind, asked): (found["n"], found["share"])
        for kind, row in table.items()
        for asked, found in row.items()
    }
    assert shares == {
        ("one kind", "same instrument"): (2, 1.0),
        ("one kind", "another instrument"): (2, 1.0),
        ("two kinds", "same instrument"): (4, 1.0),
        ("two kinds", "another instrument"): (4, 1.0),
    }
    played[2] = played[2]._replace(timbre=flat[1])  # x's piano is no piano
    wrong = judge_pairs(played)["one kind"]
    assert wrong["same instrument"]["share"] == 0.5
    assert wrong["another instrument"]["share"] == 0.5


def test_every_piece_is_played_by_every_instrument():
    found = play_all([hymn("a")], "hymns", (PIANO, TRUMPET))
    assert [(p.data, p.piece, p.program) for p in found] == [
        ("hymns", "a", PIANO),
        ("hymns", "a", TRUMPET),
    ]
    assert all(p.timbre.shape[0] == 12 for p in found)


def test_the_figures_are_written(tmp_path, monkeypatch):
    hymns = Corpus([hymn("a"), hymn("bb")])
    monkeypatch.setattr(
        instrument_judge, "load_pieces", lambda name, preset: hymns
    )
    monkeypatch.setattr(
        instrument_judge.play_all, "__defaults__", ((PIANO, TRUMPET),)
    )
    out = tmp_path / "x.json"
    instrument_judge.main([str(out), "--data", "hymns"])
    figures = json.loads(out.read_text())
    assert figures["threshold"] == pytest.approx(8.1)
    assert figures["one kind"]["same instrument"]["n"] == 2
    assert figures["one kind"]["another instrument"]["n"] == 2
