"""Facts about scores that anyone can look up in a printed edition."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data import chorale_scores
from course_utils.data.chorale_scores import TICKS, read_work, work_names

Q = TICKS


@pytest.fixture(scope="module")
def bwv269():
    return read_work("bwv269")  # "Aus meines Herzens Grunde", 3/4, G major


def test_every_work_is_named_once():
    names = work_names()
    assert len(names) == len(set(names)) == 350
    assert "bwv269" in names


def test_meter_and_key_are_those_of_the_score(bwv269):
    assert bwv269["meters"] == [(0, 3, 4)]
    assert bwv269["keys"] == [(0, 1, 0)]  # one sharp, major
    assert bwv269["qpm"] is None


def test_the_upbeat_ends_the_first_bar(bwv269):
    soprano = [note for note in bwv269["notes"] if note[0] == 0]
    # G4 upbeat on the third quarter, then G4 half, D5 quarter in bar 1
    assert [tuple(note) for note in soprano[:3]] == [
        (0, 67, 2 * Q, 3 * Q),
        (0, 67, 3 * Q, 5 * Q),
        (0, 74, 5 * Q, 6 * Q),
    ]


def test_all_voices_begin_and_end_together(bwv269):
    voices = [[n for n in bwv269["notes"] if n[0] == v] for v in range(4)]
    assert all(voices)
    assert len({voice[0][2] for voice in voices}) == 1
    assert len({voice[-1][3] for voice in voices}) == 1
    for voice in voices:
        for one, two in pairwise(voice):
            assert one[3] <= two[2]


def test_voices_lie_below_each_other(bwv269):
    means = []
    for voice in range(4):
        pitches = [n[1] for n in bwv269["notes"] if n[0] == voice]
        means.append(sum(pitches) / len(pitches))
    assert means == sorted(means, reverse=True)


def test_fermatas_stand_on_soprano_notes(bwv269):
    starts = {note[2] for note in bwv269["notes"] if note[0] == 0}
    assert len(bwv269["fermatas"]) >= 4
    assert set(bwv269["fermatas"]) <= starts


def test_a_work_with_repeats_that_cannot_be_unfolded_is_read_as_written():
    work = read_work("bwv277")
    assert {note[0] for note in work["notes"]} == {0, 1, 2, 3}


def test_instruments_beside_the_voices_are_left_out():
    work = read_work("bwv8.6")  # four voices and a continuo
    assert {note[0] for note in work["notes"]} == {0, 1, 2, 3}


def test_five_voices_are_refused():
    with pytest.raises(ValueError, match="2 parts are called Soprano"):
        read_work("bwv27.6")


def test_a_worker_answers_every_name_and_survives_a_bad_one(tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "course_utils.data.chorale_scores"],
        input="no_such_work\nbwv269\n",
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    works = [json.loads(line) for line in told.stdout.splitlines()]
    assert [work["name"] for work in works] == ["no_such_work", "bwv269"]
    assert "CorpusException" in works[0]["error"]
    assert "notes" in works[1]
    assert list(tmp_path.iterdir()) == []  # no settings are written


def test_a_missing_package_is_told(monkeypatch):
    def absent(name):
        raise ImportError(f"no module {name}")

    monkeypatch.setattr(chorale_scores.importlib, "import_module", absent)
    with pytest.raises(CourseError, match="pip install 'music21"):
        work_names()
