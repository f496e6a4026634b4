"""The piano roll in a real browser, opened from a local file."""

import re

import pytest

from course_utils.symbolic.blank import blank_sequence
from course_utils.widgets.page_element import SCRIPT
from course_utils.widgets.piano_roll import piano_roll

SECONDS = 3.0
HEARD_DB = -60  # relative to full scale; silence is minus infinity


def scale(n_voices=1):
    sequence = blank_sequence(120.0, (4, 4))
    for i in range(6):
        for voice in range(n_voices):
            sequence.notes.add(
                pitch=60 + 2 * i + 7 * voice,
                velocity=80,
                start_time=i * SECONDS / 6,
                end_time=(i + 1) * SECONDS / 6,
                instrument=voice,
            )
    return sequence


def write_page(folder, scripts_as_files):
    """Write two rolls into a page, as Jupyter or as the website shows it."""
    first, second = (
        piano_roll(scale(n), caption=text, description="A rising scale.")
        for n, text in ((1, "One <b>voice</b>"), (2, "Two voices"))
    )
    html = first._repr_html_() + re.sub(SCRIPT, "", second._repr_html_())
    if scripts_as_files:

        def move(match):
            (folder / f"{match['tag']}.js").write_text(match["code"])
            later = match["tag"] == "midi-player"
            kind = f'type="later" data-element="{match["tag"]}" ' * later
            return f'<script {kind}src="{match["tag"]}.js"></script>'

        html = SCRIPT.sub(move, html)
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>Test</title><main>{html}</main>"
    )
    return path.as_uri()


def part(selector, roll=0):
    element = f"document.querySelectorAll('piano-roll')[{roll}].shadowRoot"
    return f"{element}.querySelector('{selector}')"


def place(page, roll=0):
    return float(page.run(f"{part('input', roll)}.value"))


@pytest.fixture
def page(browser, tmp_path, request):
    """Give a browser that shows the page, and look at its log afterwards."""
    browser.open(write_page(tmp_path, getattr(request, "param", False)))
    yield browser
    browser.check_quiet("file:", "data:", "blob:")


def meter(page):
    """Measure what reaches the audio output."""
    page.run(
        "void (window.meter = new Tone.Meter({smoothing: 0}),"
        "Tone.Destination.connect(window.meter))"
    )


@pytest.mark.parametrize(
    "page", [True, False], ids=["files", "inline"], indirect=True
)
def test_it_plays_to_its_end_by_mouse(page):
    assert page.run("typeof Tone") == "undefined"  # before the first press
    page.click(part("button"))
    page.wait(f"{part('input')}.value > 0.3")
    assert page.run(f"{part('button')}.textContent") == "Stop"
    meter(page)
    page.wait(f"meter.getValue() > {HEARD_DB}")
    page.wait(f"{part('button')}.textContent === 'Play'")
    assert place(page) == pytest.approx(SECONDS)
    page.click(part("button"))  # from the end it begins anew
    page.wait(f"{part('input')}.value > 0 && {part('input')}.value < 1")


def test_keys_play_stop_and_seek(page):
    page.run(f"{part('button')}.focus()")
    page.press("Enter")
    page.wait(f"{part('input')}.value > 0.2")
    page.press(" ")
    page.wait(f"{part('button')}.textContent === 'Play'")
    stopped = place(page)
    assert 0 < stopped < SECONDS
    page.press("Tab")
    page.press("Home")
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert place(page) == pytest.approx(0.2)
    assert page.run(f"{part('output')}.textContent") == "0.2 of 3.0 s"


def test_it_plays_from_where_one_seeks_and_ends_in_time(page):
    page.run(
        f"void ({part('input')}.value = 2, "
        f"{part('input')}.dispatchEvent(new Event('input')))"
    )
    page.click(part("button"))
    page.wait(f"{part('input')}.value > 2.1")
    began = page.run("performance.now()")
    page.wait(f"{part('button')}.textContent === 'Play'")
    assert page.run("performance.now()") - began < 1_500
    assert place(page) == pytest.approx(SECONDS)


def test_seeking_while_it_plays_moves_the_music(page):
    page.click(part("button"))
    page.wait(f"{part('input')}.value > 0.1")
    page.run(f"{part('input')}.focus()")
    page.press("End")
    page.wait(f"{part('button')}.textContent === 'Play'")
    assert place(page) == pytest.approx(SECONDS)


def test_a_second_one_stops_the_first(page):
    page.click(part("button"))
    page.wait(f"{part('input')}.value > 0.1")
    page.click(part("button", 1))
    page.wait(f"{part('input', 1)}.value > 0.1")
    assert page.run(f"{part('button')}.textContent") == "Play"


def test_the_line_in_the_picture_follows(page):
    page.click(part("button"))
    page.wait(f"{part('input')}.value > 0.5")
    page.click(part("button"))
    x = page.run(
        "document.querySelector('piano-roll .now').getCTM().e -"
        "document.querySelector('piano-roll svg').getCTM().e"
    )
    width = page.run("document.querySelector('svg').getCTM().a") * 672
    assert x / width == pytest.approx(place(page) / SECONDS, abs=0.02)


def test_without_its_program_it_says_what_to_do(page):
    page.run("void (delete window.courseMidiPlayer)")
    page.click(part("button"))
    page.wait(f"{part('p')}.textContent.includes('Run that cell')")


def test_the_file_can_be_saved_and_names_are_text(page):
    link = "document.querySelector('piano-roll a')"
    assert page.download(lambda: page.click(link)).read_bytes()[:4] == b"MThd"
    name = page.run(f"{part('button')}.ariaLabel")
    assert name == "Play: One <b>voice</b>"
