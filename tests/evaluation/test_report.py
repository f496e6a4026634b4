import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from note_seq.protobuf import music_pb2
from scipy.stats import ks_2samp

from course_utils.basics.checks import CourseError
from course_utils.evaluation import report
from course_utils.evaluation.copying import copied_share, shared_run
from course_utils.evaluation.feature_distances import FEATURES
from course_utils.evaluation.heard_in_sound import (
    key_in_sound,
    tempo_in_sound_bpm,
)
from course_utils.evaluation.instrument import timbre_distance
from course_utils.evaluation.meter_kinds import load_kind_judge
from course_utils.evaluation.report_page import Picture
from course_utils.evaluation.tempo_heard import load_tempo_judge
from course_utils.evaluation.verdict import verdict

RATE = 16_000


@pytest.fixture
def clips(np_rng):
    t = np.arange(RATE) / RATE
    real = 0.2 * np.sin(2 * np.pi * 440 * t) + 0.01 * np_rng.normal(size=RATE)
    return real, 0.1 * np_rng.normal(size=2 * RATE)


def piece(numerator, qpm, pitches):
    sequence = music_pb2.NoteSequence()
    sequence.time_signatures.add(numerator=numerator, denominator=4)
    sequence.tempos.add(qpm=qpm)
    for i, pitch in enumerate(pitches):
        sequence.notes.add(
            pitch=pitch, start_time=i, end_time=i + 1, velocity=80
        )
    return sequence


def test_the_keys_of_the_contract(clips):
    result = report.compare_waveforms(*clips, RATE)
    assert {
        "ks_score",
        "ks_statistic",
        "rms_ratio",
        "power_ratio",
        "features",
    } <= set(result)
    assert set(result["features"]) == set(FEATURES)
    assert json.loads(json.dumps(result)) == result


def test_the_values_are_those_of_the_measures(clips):
    real, generated = clips
    result = report.compare_waveforms(real, generated, RATE)
    gap = ks_2samp(real, generated, method="asymp").statistic
    assert result["ks_statistic"] == pytest.approx(gap)
    assert result["ks_score"] == 1 - result["ks_statistic"]
    ratio = np.sqrt((generated**2).mean() / (real**2).mean())
    assert result["rms_ratio"] == pytest.approx(ratio)
    assert result["power_ratio"] == pytest.approx(ratio**2)
    first, second = result["loudness_db"]
    assert second - first == pytest.approx(20 * np.log10(ratio))
    assert result["duration_s"] == [1, 2]
    assert result["tempo_heard_bpm"] == [
        tempo_in_sound_bpm(clip, RATE) for clip in clips
    ]
    assert result["key"] == [key_in_sound(clip, RATE) for clip in clips]
    sides = ([real], [generated], RATE)
    assert result["timbre_distance"] == timbre_distance(*sides)
    assert result["copied_share"] == copied_share(*sides) == 0


def test_a_clip_against_itself(clips):
    result = report.compare_waveforms(clips[0], clips[0], RATE)
    assert result["ks_score"] == 1
    assert result["rms_ratio"] == 1
    assert set(result["features"].values()) == {0.0}


def test_sets_are_pooled(clips):
    both = report.compare_waveforms(list(clips), [clips[1], clips[0]], RATE)
    assert both["ks_score"] == 1
    assert max(both["features"].values()) == pytest.approx(0)
    assert both["duration_s"] == [3, 3]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros(RATE), "sounds"),
        (np.full(RATE, np.nan), "finite"),
        (np.ones((2, RATE)), "mono"),
        (np.ones(100), "N >= 4096"),
        ([], "at least one clip"),
    ],
)
def test_bad_clips_are_refused_on_both_sides(clips, bad, message):
    with pytest.raises(CourseError, match=message):
        report.compare_waveforms(clips[0], bad, RATE)
    with pytest.raises(CourseError, match=message):
        report.compare_waveforms(bad, clips[0], RATE)


def test_sequences_give_pairs():
    real = piece(3, 168, [60, 64, 67, 60])
    generated = piece(4, 120, [57, 60, 64, 57])
    n_events, share = shared_run([real], [generated])
    judge, tempo = load_kind_judge(), load_tempo_judge().tempo_bpm
    assert report.compare_sequences([real], [generated]) == {
        "meter": ["3/4", "4/4"],
        "tempo_bpm": [168, 120],
        "meter_heard": [None, judge.kind(generated)],  # off the grid
        "tempo_heard_bpm": [tempo(real), tempo(generated)],
        "key": ["C major", "A minor"],
        "n_notes": [4, 4],
        "shared_run_events": n_events,
        "shared_run_share": share,
    }


def test_of_several_pieces_the_most_frequent_and_the_mean():
    pieces = [piece(3, 100, [60]), piece(4, 110, [60]), piece(4, 120, [60])]
    empty = music_pb2.NoteSequence()
    result = report.compare_sequences(pieces, [empty])
    assert result["meter"] == ["4/4", None]
    assert result["meter_heard"][1] is None
    assert result["tempo_heard_bpm"] == [None, None]  # one note has none
    assert result["tempo_bpm"] == [110, None]
    assert result["n_notes"] == [3, 0]


def test_the_text_holds_every_number_and_the_verdict(clips):
    result = report.compare_waveforms(*clips, RATE) | {"notes": ["a note"]}
    text = report.as_text(result)
    assert f"{result['ks_score']:.6g}" in text
    for feature in FEATURES.values():
        assert feature.title in text
    assert verdict(result)[0] in text
    assert text.endswith("a note")


class Checker(HTMLParser):
    """Gathers tags, and checks that they close in order."""

    VOID = frozenset({"meta", "br", "img"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(clips, tmp_path):
    result = report.compare_waveforms(*clips, RATE)
    result |= {
        "real": "<b>&.wav",
        "generated": "b.wav",
        "meter": ["3/4", None],
        "notes": ["<script>alert(1)</script>"],
    }
    picture = Picture("A & B", 'a "quoted" text', b"\x89PNG")
    path = tmp_path / "new" / "report.html"
    report.write_report(result, [picture], path)
    return path.read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_has_no_script(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    names = [tag for tag, _ in checker.tags]
    assert "script" not in names
    assert "link" not in names
    assert "<script>alert(1)</script>" in checker.text
    assert "<b>&.wav" in checker.text
    for feature in FEATURES.values():
        assert feature.title in checker.text


def test_the_page_asks_nobody_for_anything(page):
    assert not re.search(r"https?:|//[a-z]", page)
    checker = Checker()
    checker.feed(page)
    images = [attrs for tag, attrs in checker.tags if tag == "img"]
    assert [i["src"] for i in images] == ["data:image/png;base64,iVBORw=="]
    assert [i["alt"] for i in images] == ['a "quoted" text']


def test_a_folder_is_no_place_for_a_page(clips, tmp_path):
    result = report.compare_waveforms(*clips, RATE)
    with pytest.raises(CourseError, match="path of an HTML file"):
        report.write_report(result, [], tmp_path)


def test_the_page_is_written_whole_or_not_at_all(clips, tmp_path):
    result = report.compare_waveforms(*clips, RATE)
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(AttributeError):
        report.write_report(result, [None], path)
    assert path.read_text() == "old"
    report.write_report(result, [], path)
    assert "In pictures" not in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_players_come_first(clips, tmp_path):
    class Loud:
        def _repr_html_(self):
            return '<audio controls src="data:audio/mpeg;base64,AA"></audio>'

    result = report.compare_waveforms(*clips, RATE)
    report.write_report(result, [], tmp_path / "a.html", [Loud(), Loud()])
    page = (tmp_path / "a.html").read_text()
    assert page.count("<audio controls") == 2
    assert page.index("<audio") < page.index("In words")
    assert "media-src data:" in page
