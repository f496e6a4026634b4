import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Corpus, Piece
from course_utils.evaluation.meter_heard import fit_meter_judge
from course_utils.recipes import case_study, lstm
from course_utils.recipes.case_study import (
    OTHER,
    REAL,
    compose_all,
    held_out_pairs,
    judge_notes,
    judge_sound,
    summary,
    ways_of_notes,
)
from course_utils.symbolic.chorale import grid_to_sequence
from course_utils.symbolic.meter import bar_lines_s

CHORD = np.array((72, 67, 64, 48))
N_BARS = 2


def hymn(name, numerator, split, n_bars=2 * N_BARS):
    """Bars in four voices, a chord a beat, a long one on each first."""
    beats = np.arange(n_bars * numerator)[:, None]
    grid = np.repeat(CHORD + beats * 2 % 5, 4, axis=0)
    music = grid_to_sequence(grid, 100.0, (numerator, 4), velocity=70)
    for note in music.notes:
        beat = round(note.start_time * 100 / 60)
        note.velocity = 90 if beat % numerator == 0 else 60
    return Piece(name, split, music)


@pytest.fixture(scope="module")
def hymns():
    splits = ("train", "test", "test", "validation")
    return Corpus(
        [
            hymn(f"{split}-{i}-{meter}", meter, split)
            for i, split in enumerate(splits)
            for meter in (3, 4)
        ]
        + [hymn("short", 4, "test", 3)]
    )


@pytest.fixture(scope="module")
def pairs(hymns):
    return held_out_pairs(hymns, 2, N_BARS)


def test_pairs_are_cut_out_of_held_out_pieces(pairs, hymns):
    whole = {piece.name: piece for piece in hymns}
    assert len({pair.name for pair in pairs}) == 2
    for pair in pairs:
        piece = whole[pair.name]
        assert piece.split != "train"
        assert len(bar_lines_s(pair.primer)) == N_BARS
        assert len(bar_lines_s(pair.real)) == N_BARS
        n_notes = len(pair.primer.notes) + len(pair.real.notes)
        assert n_notes == len(piece.sequence.notes)
    meters = {pair.real.time_signatures[0].numerator for pair in pairs}
    assert meters == {3, 4}


def test_too_few_long_pieces_are_refused(hymns):
    with pytest.raises(CourseError, match="7 held-out pieces of 4 bars"):
        held_out_pairs(hymns, 7, N_BARS)
    with pytest.raises(CourseError, match="2 held-out pieces of 20 bars"):
        held_out_pairs(hymns, 1, 10)


@pytest.fixture(scope="module")
def composed(pairs, hymns, transformer_runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lstm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm, "load_pieces", lambda name, preset: hymns)
        for encoding in ("metrical", "polyphony"):
            out = folder / encoding
            lstm.train("smoke", out, n_steps=5, encoding=encoding)
    checkpoints = {
        "lstm": folder / "metrical",
        "lstm_2022": folder / "polyphony",
        "transformer": transformer_runs["chorale"],
    }
    return compose_all(ways_of_notes(checkpoints, pairs, 1), pairs, 0)


def test_every_way_goes_on_from_every_primer(composed, pairs):
    ways = [REAL, "Transformer", "LSTM", "LSTM as in 2022", OTHER]
    assert [row["way"] for row in composed] == 2 * ways
    by_way = {way: [r for r in composed if r["way"] == way] for way in ways}
    assert [r["new"] for r in by_way[REAL]] == [p.real for p in pairs]
    assert [r["new"] for r in by_way[OTHER]] == [p.real for p in pairs[::-1]]
    for row in by_way["LSTM as in 2022"]:
        assert not row["new"].time_signatures
        assert {note.velocity for note in row["new"].notes} <= {100}
    assert all(row["seconds_per_bar"] > 0 for row in by_way["LSTM"])


def test_what_is_measured_of_notes(composed, hymns):
    judge = fit_meter_judge([piece.sequence for piece in hymns])
    rows = judge_notes(composed, judge)
    real = [row for row in rows if row["way"] == REAL]
    for row in real:
        assert row["pitch_classes"] == pytest.approx(1)
        assert row["density"] == 1
        assert row["meter_written"] == 1
    others = [row for row in rows if row["way"] == OTHER]
    assert all(0 < row["pitch_classes"] < 1 + 1e-9 for row in others)
    table = summary(rows, 0)
    assert next(iter(table)) == REAL
    mean, low, high = table["LSTM"]["density"]
    values = [row["density"] for row in rows if row["way"] == "LSTM"]
    assert mean == pytest.approx(np.mean(values))
    assert low <= mean <= high


def test_shares_of_pitch_classes_by_hand():
    one, other = hymn("a", 4, "test").sequence, hymn("b", 4, "test").sequence
    del one.notes[1:]
    del other.notes[2:]
    other.notes[0].pitch = one.notes[0].pitch
    other.notes[1].pitch = one.notes[0].pitch + 1
    for note in (*one.notes, *other.notes):
        note.start_time, note.end_time = 0.0, 1.0
    assert case_study._overlap(one, other) == pytest.approx(0.5)
    del other.notes[:]
    assert case_study._overlap(one, other) == 0


def test_what_is_measured_of_sound(pairs, monkeypatch):
    class Played:
        waveform = np.zeros(1)

    def play(player, sequence, timbre, seed):
        Played.waveform = 2 * case_study._played(sequence, 0)
        return Played

    monkeypatch.setattr(case_study, "play_sequence", play)
    rows = judge_sound(pairs[:1], None, "keyboard", 0)
    soft, twice, trumpet = rows
    assert soft["features"] < trumpet["features"]
    assert soft["timbre_distance"] < 2 < trumpet["timbre_distance"]
    assert soft["loudness_db"] < 0
    assert twice["loudness_db"] == pytest.approx(6.02, abs=0.01)
    assert twice["timbre_distance"] == pytest.approx(0, abs=1e-3)
    assert twice["key"] == 1
