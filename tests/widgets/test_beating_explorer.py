import json

from bs4 import BeautifulSoup

from course_utils.widgets.beating_copies import COPIES, DIALS, Beating
from course_utils.widgets.beating_explorer import (
    EXAMPLES_HZ,
    BeatingExplorer,
)


def element(explorer):
    page = BeautifulSoup(explorer._repr_html_(), "html.parser")
    return page.find("beating-explorer")


def test_the_page_gets_the_ranges_and_the_start_from_python():
    found = element(BeatingExplorer(Beating(440.0, 400, 0.5, "two")))
    settings = json.loads(found["data-settings"])
    assert settings["copies"] == COPIES
    assert settings["copy"] == "two"
    values = {name: d["value"] for name, d in settings["dials"].items()}
    assert values == {"f_hz": 440, "stride": 400, "duration_s": 0.5}
    for name, dial in DIALS.items():
        given = settings["dials"][name]
        assert (given["low"], given["high"]) == (dial.low, dial.high)
        assert (values[name] - dial.low) % dial.step < 1e-9


def test_a_reader_without_script_gets_the_answers_for_four_tones():
    lines = [line.text for line in element(BeatingExplorer()).find_all("li")]
    assert len(lines) == len(EXAMPLES_HZ)
    for f_hz, text in zip(EXAMPLES_HZ, lines, strict=True):
        assert text.startswith(f"{f_hz:g} Hz. {Beating(f_hz).sentence()}")
        assert "beats of one piece" in text
