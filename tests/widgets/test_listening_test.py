import base64
import io
import json
import re

import numpy as np
import pytest
import soundfile
from bs4 import BeautifulSoup

from course_utils.basics.checks import CourseError
from course_utils.evaluation import listening
from course_utils.plots.listen import LOUDNESS_DB
from course_utils.widgets.blind_clips import level_db
from course_utils.widgets.listening_test import (
    SCRIPTS,
    STYLE,
    TAG,
    Question,
    listening_test,
)
from course_utils.widgets.page_element import element_script

RATE = 16_000  # Hz
MP3_ATOL_DB = 1.0  # MP3 and the fade change the level a little


def tone(pitch_hz, level, seconds=1.0):
    time_s = np.arange(round(RATE * seconds)) / RATE
    return level * np.sin(2 * np.pi * pitch_hz * time_s)


def pair(kind="real", labels=("real", "lstm"), **words):
    clips = tone(440, 0.01), tone(660, 0.8, 1.5)
    return Question(kind, "bwv1", clips, labels, **words)


def make(*questions, label="Real or made?", seed=0, **words):
    return listening_test(
        "test-1", questions, RATE, label=label, seed=seed, **words
    )


def element(test):
    page = BeautifulSoup(test._repr_html_(), "html.parser")
    return page.find("listening-test")


def samples(clip):
    return soundfile.read(io.BytesIO(clip.mp3))[0]


def test_all_clips_have_one_level_and_a_pair_one_length():
    first, second = map(samples, make(pair()).clips)
    assert len(first) == len(second)
    levels = [level_db(clip[: RATE // 2]) for clip in (first, second)]
    assert levels == pytest.approx([LOUDNESS_DB] * 2, abs=MP3_ATOL_DB)
    assert max(np.abs(first).max(), np.abs(second).max()) < 1


def test_a_difference_of_level_is_kept_on_request():
    clips = tone(440, 0.2), tone(440, 0.1)
    question = Question("abx", "6 dB", clips, ("loud", "soft"), 1, True)
    test = make(question)
    levels = {
        label: level_db(samples(test.clips[place]))
        for trial in test.trials
        for place, label in zip(trial["clips"], trial["labels"], strict=True)
    }
    difference = levels["loud"] - levels["soft"]
    assert difference == pytest.approx(20 * np.log10(2), abs=0.3)


def test_the_key_says_what_each_clip_is():
    test = make(pair(), pair("abx", ("softer", "louder"), repeats=3))
    trials = json.loads(base64.b64decode(element(test)["data-key"]))
    assert trials == [dict(trial) for trial in test.trials]
    assert [trial["kind"] for trial in trials] == ["real", *["abx"] * 3]
    for trial in trials[:1]:
        for place, label in zip(trial["clips"], trial["labels"], strict=True):
            spectrum = np.abs(np.fft.rfft(samples(test.clips[place])))
            pitch_hz = spectrum.argmax() / len(samples(test.clips[place]))
            pitch_hz *= RATE
            assert abs(pitch_hz - {"real": 440, "lstm": 660}[label]) < 3
            assert f"clip {place + 1}: {label} (bwv1)" in test.key()
    assert len(test.key().splitlines()) == len(test.clips) == 4


def test_the_seed_shuffles_which_clip_comes_first():
    firsts = {make(pair(), seed=s).trials[0]["labels"][0] for s in range(8)}
    assert firsts == {"real", "lstm"}
    assert make(pair(), seed=3) == make(pair(), seed=3)


def test_no_word_that_a_reader_sees_tells_what_a_clip_is():
    test = make(pair(), label="Which one?")
    shown = element(test)
    del shown["data-key"]
    for word in ("lstm", "bwv1", "real"):
        assert word not in str(shown)
        assert word not in repr(test)


def test_labels_are_text_and_never_html():
    odd = '"><script>alert("x")</script>'
    found = element(make(pair(), label=odd))
    assert found["label"] == odd
    assert found.find("script") is None


def test_players_without_script_have_controls_and_descriptions():
    players = element(make(pair())).find_all("audio")
    assert len(players) == 2
    for number, player in enumerate(players, start=1):
        assert player.has_attr("controls")
        assert not player.has_attr("autoplay")
        assert player["aria-label"].startswith(f"Clip {number}.")


def test_a_given_order_is_written_and_else_none():
    assert not element(make(pair())).has_attr("seed")
    assert element(make(pair(), order_seed=7))["seed"] == "7"


def test_the_page_writes_the_columns_that_python_reads():
    text = element_script(TAG, SCRIPTS, STYLE)
    found = re.search(r"COLUMNS = \[(.*?)\]", text, re.S)
    names = re.findall(r'"(\w+)"', found[1])
    assert tuple(names) == listening.COLUMNS


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: make(), "0 questions"),
        (lambda: pair("mood"), "kind to be one of"),
        (lambda: pair(labels=("real", "real")), "two different labels"),
        (lambda: pair(labels=("lstm", "tr")), "one of them real"),
        (lambda: pair(repeats=0), "repeats from 1"),
        (
            lambda: listening_test("A b", [pair()], RATE, label="", seed=0),
            "the name 'A b'",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(call, text):
    with pytest.raises(CourseError, match=text):
        call()
