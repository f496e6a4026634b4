import itertools

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import cache_dir
from course_utils.data import chorale_cache
from course_utils.data.chorale_scores import work_names
from course_utils.data.corpora import (
    SAME_MUSIC,
    SMOKE_WORKS,
    Corpus,
    Piece,
    chorale_split,
    chorales,
    pieces_of,
    smoke_works,
)
from course_utils.data.report import Skipped
from course_utils.symbolic.chorale import sequence_to_grid

USERS_CACHE = cache_dir()


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("COURSE_CACHE_DIR", str(folder))
        yield chorales("smoke")


def test_smoke_has_a_few_works_of_every_split(smoke):
    assert {s: len(smoke.of(s)) for s in SMOKE_WORKS} == dict(SMOKE_WORKS)
    assert smoke.skipped == []
    assert [p.name for p in smoke] == sorted(p.name for p in smoke)
    assert "18 pieces: 12 train, 3 validation, 3 test" in smoke.report()


def test_the_second_call_reads_the_cache(smoke):
    def never(names):
        raise AssertionError("converted a second time")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chorale_cache, "convert", never)
        # the module's fixture still points at the cache it made
        again = chorales("smoke")
    assert [p.sequence for p in again] == [p.sequence for p in smoke]


def test_each_piece_knows_tempo_meter_key_and_voices(smoke):
    for piece in smoke:
        sequence = piece.sequence
        assert sequence.tempos[0].time == 0
        assert sequence.time_signatures[0].time == 0
        assert sequence.key_signatures[0].time == 0
        assert {note.instrument for note in sequence.notes} == {0, 1, 2, 3}
        assert [info.name for info in sequence.instrument_infos] == [
            "Soprano",
            "Alto",
            "Tenor",
            "Bass",
        ]
        assert sequence.total_time == max(n.end_time for n in sequence.notes)
        assert all(note.velocity == 100 for note in sequence.notes)


def test_bar_lines_lie_under_the_last_chord(smoke):
    # A chorale ends on a strong beat: the last chord begins on a beat.
    for piece in smoke:
        sequence = piece.sequence
        quarter_s = 60 / sequence.tempos[0].qpm
        last = max(note.start_time for note in sequence.notes)
        assert last / quarter_s == pytest.approx(round(last / quarter_s))


def test_the_grid_has_the_notes_of_the_score(smoke):
    for piece in smoke:
        grid = sequence_to_grid(piece.sequence)
        assert grid.shape[1] == 4
        assert (grid[-1] >= 0).all()


def test_a_key_signature_names_the_tonic(tmp_path):
    def tonic(sharps, minor):
        work = {
            "name": "x",
            "notes": [[0, 60, 0, 480]],
            "meters": [[0, 4, 4]],
            "keys": [[0, sharps, minor]],
            "fermatas": [],
            "qpm": 60.0,
        }
        path = tmp_path / "x.npz"
        chorale_cache.save([work], path)
        (piece,) = pieces_of(chorale_cache.load(path))
        mark = piece.sequence.key_signatures[0]
        assert piece.sequence.notes[0].end_time == 1.0  # 60 quarters a minute
        return mark.key, mark.mode

    assert tonic(0, 0) == (0, 0)  # C major
    assert tonic(0, 1) == (9, 1)  # A minor
    assert tonic(-1, 1) == (2, 1)  # D minor
    assert tonic(4, 0) == (4, 0)  # E major
    assert tonic(-3, 0) == (3, 0)  # E flat major


def test_presets_agree_on_the_split():
    names = work_names()
    assert smoke_works(names) == smoke_works(reversed(names))
    assert all(name in names for name in smoke_works(names))


def test_two_numbers_of_one_music_share_a_split():
    for one, other in SAME_MUSIC.items():
        assert chorale_split(one) == chorale_split(other)


def test_a_corpus_reports_what_it_left_out():
    corpus = Corpus([Piece("a", "train", None)], [Skipped("b", "empty")])
    assert corpus.report().splitlines() == [
        "1 pieces: 1 train, 0 validation, 0 test",
        "left out 1:",
        "  b: empty",
    ]


def test_an_unknown_preset_is_refused():
    with pytest.raises(CourseError, match="preset to be one of"):
        chorales("all")


def test_no_piece_is_nearly_a_copy_of_one_in_another_split(monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(USERS_CACHE))
    made = list((USERS_CACHE / "scores").glob("chorales-all-*.npz"))
    if not made:
        pytest.skip("needs all chorales, converted: chorales('cpu')")
    grids = [(p, sequence_to_grid(p.sequence)) for p in chorales("cpu")]
    for (one, a), (two, b) in itertools.combinations(grids, 2):
        n = min(len(a), len(b))
        if one.split != two.split and n > 0.9 * max(len(a), len(b)):
            steps = a[:n] - b[:n]
            shift = np.bincount(steps[:, 0] + 128).argmax() - 128
            assert (steps == shift).mean() < 0.9, (one.name, two.name)
