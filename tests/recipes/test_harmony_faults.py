import json

import pytest

from course_utils.data.corpora import Corpus, Piece
from course_utils.recipes import harmony_faults
from course_utils.recipes.harmony_faults import (
    WAYS,
    judge_harmonies,
    same_melody,
    summary,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.chorale import grid_to_sequence

CHORDS = [[72, 67, 64, 48], [74, 67, 59, 55], [76, 67, 60, 48]]


def piece(name="little"):
    grid = [chord for chord in CHORDS for _ in range(4)]
    return Piece(name, "test", grid_to_sequence(grid))


def melody(*notes):
    sequence = blank_sequence(120.0, None)
    for pitch, start, end, instrument in notes:
        sequence.notes.add(
            pitch=pitch,
            start_time=start,
            end_time=end,
            velocity=80,
            instrument=instrument,
        )
    return sequence


TUNE = melody((60, 0, 1, 0), (62, 1, 2, 0))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (melody((62, 1, 2, 0), (60, 0, 1, 0)), True),
        (melody((60, 0, 1, 0), (62, 1, 2, 0), (40, 0, 2, 3)), True),
        (melody((60, 0, 1, 0), (62, 1, 2 + 1e-9, 0)), True),
        (melody((60, 0, 1, 0), (62, 1, 2.1, 0)), False),
        (melody((60, 0, 1, 0), (63, 1, 2, 0)), False),
        (melody((60, 0, 1, 0), (62, 1, 2, 1)), False),
        (melody((60, 0, 1, 0), (62, 1, 2, 0), (62, 1, 2, 0)), False),
    ],
)
def test_a_melody_is_the_same_note_for_note(other, same):
    assert same_melody(TUNE, other) is same


def row(way, chords, fifths, kept=True, key=1.0):
    return {
        "piece": "x",
        "way": way,
        "melody_kept": kept,
        "key_kept": key,
        "nll": 0.5 if way == "ours" else None,
        "n_chords": chords,
        "parallel_fifths": fifths,
    }


def test_a_summary_divides_all_faults_by_all_chords():
    rows = [row("bach", 10, 1), row("random", 10, 9, key=0.0)]
    rows += [row("ours", 10, 1, kept=False, key=0.5), row("ours", 30, 1)]
    table = summary(rows)
    assert table["ours"] == {
        "n_pieces": 2,
        "melody_kept": 0.5,
        "key_kept": 0.75,
        "parallel_fifths": pytest.approx(100 * 2 / 40),
    }
    assert table["random"]["parallel_fifths"] == pytest.approx(90)
    assert set(table) == set(WAYS)


def test_each_piece_is_judged_in_three_ways(transformer_runs):
    rows = judge_harmonies(transformer_runs["chorale"], [piece()])
    assert [found["way"] for found in rows] == list(WAYS)
    ours, bach, blind = rows
    assert ours["melody_kept"] is bach["melody_kept"] is True
    assert blind["melody_kept"] is True
    assert bach["key_kept"] == 1.0
    assert ours["nll"] > 0
    assert bach["nll"] is blind["nll"] is None
    assert bach["n_chords"] == len(CHORDS)
    assert bach["parallel_fifths"] == bach["parallel_octaves"] == 0


def test_the_rows_are_written(transformer_runs, tmp_path, monkeypatch, capsys):
    corpus = Corpus([piece("a"), piece("b")])
    monkeypatch.setattr(
        harmony_faults, "load_pieces", lambda name, preset: corpus
    )
    out = tmp_path / "faults.json"
    words = [str(out), str(transformer_runs["chorale"]), "--melodies", "1"]
    harmony_faults.main(words)
    rows = json.loads(out.read_text())
    assert [found["piece"] for found in rows] == ["a"] * 3
    assert json.loads(capsys.readouterr().out) == summary(rows)
