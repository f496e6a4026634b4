"""The composer as HTML, and its live form without a browser."""

import json
import re
from html import unescape
from importlib import resources

import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import shipped_data_dir
from course_utils.data.corpora import Piece, chorales
from course_utils.recipes.lstm_compose import generate
from course_utils.symbolic import metrical
from course_utils.symbolic.blank import blank_sequence
from course_utils.widgets import lstm_composer_live
from course_utils.widgets.lstm_composer import lstm_composer, opening
from course_utils.widgets.lstm_composer_live import composer_controls

CHECKPOINTS = shipped_data_dir() / "checkpoints"
CHORALES = CHECKPOINTS / "lstm-chorales"


@pytest.fixture(scope="module")
def pieces():
    return [p for p in chorales("smoke") if p.split != "train"]


def test_openings_are_the_first_bars_as_the_network_reads_them(pieces):
    whole = metrical.sequence_to_events(pieces[0].sequence)
    given = opening(pieces[0], 4)
    assert whole[: len(given["events"])] == given["events"]
    places = [e - metrical.FIRST_PLACE for e in given["events"]]
    places = [place for place in places if 0 <= place < metrical.N_PLACES]
    assert places == [*range(16)] * 4
    assert (given["bars"], given["barSteps"], given["meter"]) == (
        4,
        16,
        [4, 4],
    )
    assert given["qpm"] == pytest.approx(100)
    turn = given["events"][given["turn"]]
    assert turn == metrical.FIRST_PLACE  # a bar begins there
    assert 0 < given["turn"] < len(given["events"])


def test_html_tells_readers_without_script_what_is_here(pieces):
    html = lstm_composer(CHORALES, pieces[:2])._repr_html_()
    inside = html[: html.index("</lstm-composer>")]
    data = re.search(r'data-composer="([^"]+)"', inside)[1]
    task = json.loads(unescape(data))
    assert task["model"] == "lstm-chorales"
    assert task["shape"] == [3, 1, 128]
    assert len(task["openings"]) == 2
    shown = re.sub(r"<[^>]+>", " ", inside)
    assert "needs JavaScript" in shown
    for piece in pieces[:2]:
        assert f"{piece.name}, 4/4" in shown


def test_other_events_no_pieces_and_changing_meters_are_refused(pieces):
    with pytest.raises(CourseError, match="network of metrical events"):
        lstm_composer(CHECKPOINTS / "lstm-chorales-259", pieces)
    with pytest.raises(CourseError, match="0 pieces"):
        lstm_composer(CHORALES, [])
    changing = blank_sequence(100.0, (4, 4))
    changing.time_signatures.add(time=2.4, numerator=3, denominator=4)
    changing.notes.add(pitch=60, velocity=80, start_time=0, end_time=9)
    changing.total_time = 9
    with pytest.raises(CourseError, match="2 meters in x"):
        opening(Piece("x", "test", changing), 4)


def test_the_numbers_of_events_are_those_of_python():
    folder = resources.files("course_utils.widgets") / "elements"
    code = (folder / "lstm_composer" / "events.js").read_text("utf-8")
    for name, number in (
        ("FIRST_METER", metrical.FIRST_METER),
        ("FIRST_VELOCITY", metrical.FIRST_VELOCITY),
        ("N_EVENTS", metrical.N_CLASSES),
        ("END", metrical.END),
    ):
        assert f"const {name} = {number};" in code


def controls(pieces):
    """Return the controls by their names, the button and the result."""
    box = composer_controls(CHORALES, pieces)
    *settings, button, result = box.children
    return {x.description: x for x in settings}, button, result


def test_the_controls_compose_what_generate_composes(pieces, capfd):
    settings, button, result = controls(pieces[:2])
    chosen = {"new bars": 2, "temperature": 0.9, "top-p": 0.8, "seed": 3}
    for name, value in chosen.items():
        settings[name].value = value
    settings["opening"].label = pieces[1].name
    button.click()
    same = generate(CHORALES, pieces[1].sequence, 2, 0.9, 0.8, seed=3)
    told = f"{len(same.notes)} notes that go on from {pieces[1].name}"
    assert f"Piano roll of {told}" in result.value
    assert "<audio controls" in result.value
    assert "autoplay" not in result.value
    assert not button.disabled
    assert capfd.readouterr().err == ""


def test_the_controls_say_what_is_wrong(pieces, monkeypatch):
    def fail(*args, **words):
        raise CourseError("a <note>", "none", "try again")

    monkeypatch.setattr(lstm_composer_live, "generate", fail)
    _, button, result = controls(pieces[:1])
    button.click()
    assert "role='alert'" in result.value
    assert "a &lt;note&gt;" in result.value
    assert not button.disabled


def test_every_control_has_a_name(pieces):
    settings, button, _ = controls(pieces[:1])
    assert len(settings) == 5
    assert all([*settings, button.description])
