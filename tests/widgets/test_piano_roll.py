import base64
import hashlib
import io
import re
from importlib import resources
from itertools import pairwise

import mido
import pytest
from bs4 import BeautifulSoup

from course_utils.basics.checks import CourseError
from course_utils.experiments.manifest import CLIP
from course_utils.symbolic.blank import blank_sequence
from course_utils.widgets import midi_runtime, roll_picture
from course_utils.widgets.midi_runtime import RuntimePlaces, runtime_script
from course_utils.widgets.page_element import SCRIPT
from course_utils.widgets.piano_roll import piano_roll

FOLDER = resources.files("course_utils.widgets") / "vendor/midi_player"
MAX_BYTES = 650_000  # of the player, once a page


def two_parts():
    sequence = blank_sequence(120.0, (3, 4))
    for i, pitch in enumerate((48, 60, 64, 72)):
        sequence.notes.add(
            pitch=pitch,
            velocity=127 if i else 1,
            start_time=i,
            end_time=i + 1,
            instrument=i % 2,
        )
    return sequence


def make(caption="A chord."):
    words = {"caption": caption, "description": "Four notes upwards."}
    return piano_roll(two_parts(), **words)


def element(html):
    return BeautifulSoup(html, "html.parser").find("piano-roll")


def test_the_page_holds_the_midi_file_with_its_meter_and_notes():
    link = element(make()._repr_html_()).a
    data = base64.b64decode(link["href"].partition("base64,")[2])
    messages = list(mido.MidiFile(file=io.BytesIO(data)))
    pitches = [m.note for m in messages if m.type == "note_on" and m.velocity]
    assert pitches == [48, 60, 64, 72]
    assert any(m.type == "time_signature" for m in messages)
    assert not CLIP.search(make()._repr_html_())  # it is no sound


def test_what_is_played_is_told_in_words():
    shown = element(make("A <b>chord</b>.")._repr_html_())
    assert shown["label"] == "A <b>chord</b>"
    assert "4 notes from C3 to C5 in 4.0 seconds." in shown.get_text()
    assert shown.svg["aria-label"].endswith("in 4.0 seconds.")
    assert shown.find("b") is None


def test_every_note_lies_where_it_sounds_and_is_as_dark_as_it_is_loud():
    picture = BeautifulSoup(make().picture, "html.parser")
    rects = {float(r["x"]): r for r in picture.find_all("rect")}
    assert len(rects) == 4
    width = (roll_picture.RIGHT - roll_picture.LEFT) / 4
    lefts = [roll_picture.LEFT + i * width for i in range(4)]
    assert sorted(rects) == pytest.approx(lefts)
    heights = [float(rects[x]["y"]) for x in sorted(rects)]
    row = float(rects[min(rects)]["height"])
    steps = [(a - b) / row for a, b in pairwise(heights)]
    assert steps == pytest.approx([12, 4, 8], abs=0.1)
    darkness = [float(rects[x]["fill-opacity"]) for x in sorted(rects)]
    assert darkness == [0.31, 1, 1, 1]
    assert len(picture.find_all("g")) == 2  # one for each part
    assert {t.text for t in picture.find_all("text")} >= {"C3", "C4", "4"}


@pytest.mark.parametrize("end_s", [0.2, 3, 45, 3_000])
def test_the_axis_has_few_lines(end_s):
    sequence = two_parts()
    for note in sequence.notes:
        note.start_time, note.end_time = 0, end_s
    svg = roll_picture.roll_svg(sequence, "")
    labels = re.findall(r'text-anchor="middle">([\d.]+)<', svg)
    assert labels[0] == "0"
    assert len(labels) <= roll_picture.MAX_TICKS + 1


def test_a_piece_without_notes_is_refused():
    empty = blank_sequence(120.0, (4, 4))
    with pytest.raises(CourseError, match="at least one note"):
        piano_roll(empty, caption="", description="")


def test_alone_every_roll_brings_its_player():
    tags = [m["tag"] for m in SCRIPT.finditer(make()._repr_html_())]
    assert tags == ["piano-roll", "midi-player"]


def test_the_player_is_one_script_that_asks_no_host_and_runs_nothing():
    html = runtime_script()
    assert len(html) < MAX_BYTES
    assert len(SCRIPT.findall(html)) == 1
    assert html.count("</script") == 1
    assert "sourceMappingURL" not in html
    # The one address is that of the sounds which an attribute would ask for.
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", html))
    assert hosts <= {
        "storage.googleapis.com",
        "www.w3.org",
        "github.com",
        "opensource.org",
    }
    assert "sound-font" not in make().picture


def test_the_fault_that_is_answered_stands_in_the_program_once():
    text = (FOLDER / "Tone.js").read_text("utf-8")
    assert text.count(midi_runtime.OLD_FAULT) == 1


def test_vendored_files_are_those_that_the_readme_names():
    readme = (FOLDER / "README.md").read_text("utf-8")
    named = dict(re.findall(r"`([\w.-]+)` \|.*`([0-9a-f]{64})`", readme))
    found = {
        name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        for name in midi_runtime.FILES
    }
    assert named == found


def test_one_page_holds_the_player_once():
    places = RuntimePlaces()
    assert places.claims("cell 1", "run 1", "notebook")
    assert not places.claims("cell 1", "run 1", "notebook")  # a second roll
    assert not places.claims("cell 2", "run 2", "notebook")
    assert places.claims("cell 1", "run 3", "notebook")  # its output is new


def test_on_colab_every_output_is_a_page():
    places = RuntimePlaces()
    for cell in ("cell 1", "cell 2"):
        assert places.claims(cell, f"run of {cell}", cell)
        assert not places.claims(cell, f"run of {cell}", cell)


class Kernel:
    def __init__(self):
        self.run = 0

    def get_parent(self):
        header = {"msg_id": str(self.run)}
        return {"header": header, "metadata": {}}


def test_a_notebook_asks_for_the_player_once(monkeypatch):
    kernel = Kernel()
    shell = type("Shell", (), {"kernel": kernel})
    monkeypatch.setattr(midi_runtime, "get_ipython", lambda: shell)
    monkeypatch.setattr(midi_runtime, "PLACES", RuntimePlaces())
    counts = []
    for kernel.run in (1, 2):
        pair = make()._repr_html_() + make()._repr_html_()
        counts.append(pair.count('data-element="midi-player"'))
    assert counts == [1, 0]
    monkeypatch.setitem(midi_runtime.sys.modules, midi_runtime.COLAB, None)
    kernel.run = 3
    pair = make()._repr_html_() + make()._repr_html_()
    assert pair.count('data-element="midi-player"') == 1
