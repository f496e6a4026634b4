"""The composer as HTML, and its live form without a browser."""

import json
import re
import sys
from html import unescape
from importlib import resources

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import shipped_data_dir
from course_utils.data.corpora import Piece, chorales
from course_utils.recipes.lstm_compose import generate
from course_utils.symbolic import metrical
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.excerpt import bars_between
from course_utils.widgets import lstm_composer_live
from course_utils.widgets.lstm_composer import lstm_composer, opening

CHECKPOINTS = shipped_data_dir() / "checkpoints"
CHORALES = CHECKPOINTS / "lstm-chorales"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def pieces():
    return [p for p in chorales("smoke") if p.split != "train"]


def test_openings_are_the_first_bars_as_the_network_reads_them(pieces):
    whole = metrical.sequence_to_events(pieces[0].sequence)
    first = bars_between(pieces[0].sequence, 0, 4)
    given = opening(Piece("x", "test", first))
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
        opening(Piece("x", "test", changing))


def test_the_numbers_of_events_are_those_of_python():
    folder = resources.files("course_utils.widgets")
    code = (folder / "composer_events.js").read_text(encoding="utf-8")
    for name, number in (
        ("FIRST_METER", metrical.FIRST_METER),
        ("FIRST_VELOCITY", metrical.FIRST_VELOCITY),
        ("N_EVENTS", metrical.N_CLASSES),
        ("END", metrical.END),
    ):
        assert f"const {name} = {number};" in code


def test_a_notebook_gets_both_forms_and_no_output_on_stderr(pieces, capfd):
    composer = lstm_composer(CHORALES, pieces[:1])
    bundle, _ = InteractiveShell.instance().display_formatter.format(composer)
    assert set(bundle) == {"text/plain", "text/html", VIEW}
    assert set(bundle[VIEW]) == {"version_major", "version_minor", "model_id"}
    assert len(bundle["text/plain"]) < 300
    assert capfd.readouterr().err == ""


def test_without_ipywidgets_there_is_the_page_form_alone(pieces, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    composer = lstm_composer(CHORALES, pieces[:1])
    assert composer._repr_mimebundle_() == {}


def test_live_controls_compose_what_generate_composes(pieces):
    composer = lstm_composer(CHORALES, pieces[:2])
    live = lstm_composer_live.LiveComposer(CHORALES, composer.primers)
    chosen = {"primer": 1, "n_bars": 2, "temperature": 0.9, "top_p": 0.8}
    for name, value in (chosen | {"seed": 3}).items():
        live.settings[name].value = value
    live.button.click()
    primer = composer.primers[1].sequence
    same = generate(CHORALES, primer, 2, 0.9, 0.8, seed=3)
    shown = live.result.value
    assert shown.count("<rect") == len(same.notes)
    assert f"{len(same.notes)} notes" in shown
    assert "<audio controls" in shown
    assert "autoplay" not in shown
    assert not live.button.disabled


def test_live_controls_say_what_is_wrong(pieces, monkeypatch):
    def fail(*args, **words):
        raise CourseError("a <note>", "none", "try again")

    monkeypatch.setattr(lstm_composer_live, "generate", fail)
    live = lstm_composer_live.LiveComposer(CHORALES, pieces[:1])
    live.button.click()
    assert "role='alert'" in live.result.value
    assert "a &lt;note&gt;" in live.result.value
    assert not live.button.disabled


def test_every_control_has_a_name(pieces):
    live = lstm_composer_live.LiveComposer(CHORALES, pieces[:1])
    assert all(setting.description for setting in live.settings.values())
    assert isinstance(live.box, ipywidgets.VBox)
