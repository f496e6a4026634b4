"""The beating explorer in a real browser, opened from a local file."""

import base64
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import course_utils.widgets
from course_utils.widgets.beating_copies import (
    COPIES,
    DIALS,
    LEVEL,
    SAMPLE_RATE,
    Beating,
)
from course_utils.widgets.beating_explorer import TITLE, BeatingExplorer

ATOL = 1e-6  # between JavaScript and Python
EVERY = 61  # samples are compared; a prime, so that all places in a frame are
ROOT = "document.querySelector('beating-explorer').shadowRoot"
MATH = Path(
    course_utils.widgets.__file__, "../elements/beating_explorer/math.js"
).resolve()
# Keeps every sound that starts, and the context that plays it.
EAR = """
window.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function () {
  heard.push({ context: this.context, buffer: this.buffer });
  start.call(this);
};
"""


@pytest.fixture
def page(browser, tmp_path):
    """Give a browser that shows the page, and look at its log afterwards."""
    path = tmp_path / "page.html"
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Test"
        f"</title><main>{BeatingExplorer()._repr_html_()}</main>"
    )
    browser.page.add_init_script(EAR)
    browser.open(path.as_uri())
    browser.wait(f"{ROOT}.querySelector('.result').textContent !== ''")
    yield browser
    browser.check_quiet("file:", "data:", "blob:")


def settings():
    """Return settings all over the dials, ties of rounding among them."""
    draw = random.Random(0)

    def number(dial):
        steps = round((dial.high - dial.low) / dial.step)
        return dial.low + dial.step * draw.randrange(steps + 1)

    made = [
        [number(dial) for dial in DIALS.values()] + [copy]
        for copy in COPIES
        for _ in range(40)
    ]
    ties = [312.5, 437.5, 687.5]  # in the middle between two lines
    made += [[f, 128, 1.0, copy] for f in (*ties, 500) for copy in COPIES]
    ends = [[d.low for d in DIALS.values()], [d.high for d in DIALS.values()]]
    return made + [[*end, copy] for end in ends for copy in COPIES]


def sounds(about):
    return about.tone().numpy(), about.made().numpy()


def test_the_page_computes_what_python_computes(browser):
    chosen = settings()
    program = (
        f"(() => {{{MATH.read_text()}; return {json.dumps(chosen)}.map("
        "([fHz, stride, durationS, kind]) => { const b = beatingOf({fHz, "
        f"stride, durationS, kind, sampleRate: {SAMPLE_RATE}}}); return "
        "[b.frameRate, b.line, b.advance, b.beats, b.lost, facts(b), "
        "sentence(b), ...[b.tone, b.copy].map((x) => Array.from(x.filter("
        f"(_, i) => i % {EVERY} === 0)))];}})}})()"
    )
    for values, got in zip(chosen, browser.run(program), strict=True):
        about = Beating(*values)
        numbers = [about.frame_rate_hz, about.line_hz, about.advance]
        numbers += [about.beats, about.share_lost()]
        assert got[:5] == pytest.approx(numbers, rel=0, abs=ATOL), values
        assert got[5] == about.facts(), values
        assert got[6] == about.sentence(), values
        for shown, sound in zip(got[7:], sounds(about), strict=True):
            assert np.abs(np.array(shown) - sound[::EVERY]).max() < ATOL


def test_the_spectrum_is_that_of_numpy(browser):
    sound = np.random.default_rng(0).normal(size=777)
    got = browser.run(
        f"(() => {{{MATH.read_text()}; return Array.from(spectrum("
        f"Float64Array.from({sound.tolist()})));}})()"
    )
    expected = np.abs(np.fft.rfft(sound * np.hanning(777), 1024))
    assert np.allclose(got, expected, atol=1e-9)


def text(page):
    return page.run(f"{ROOT}.querySelector('section').innerText")


def part(selector):
    return f"{ROOT}.querySelector('{selector}')"


def button(name):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent === 'Play the {name}' || "
        f"b.textContent === '{name}')"
    )


def sounds_like(page, expected):
    """Whether the sound that plays is this one, at the level of the course."""
    page.wait("heard.length > 0")
    page.wait("heard.at(-1).context.state === 'running'")
    page.wait("heard.at(-1).context.currentTime > 0.05")
    rate = page.run("heard.at(-1).buffer.sampleRate")
    samples = page.run("Array.from(heard.at(-1).buffer.getChannelData(0))")
    inner = slice(200, len(expected) - 200)  # the ends fade
    assert rate == SAMPLE_RATE
    assert len(samples) == len(expected)
    error = np.array(samples)[inner] - LEVEL * expected[inner]
    assert samples[0] == samples[-1] == 0
    return np.abs(error).max() < ATOL


def test_nothing_sounds_before_a_button_is_pressed(page):
    assert page.run("heard.length") == 0
    assert not page.run("document.querySelector('[autoplay]')")


def test_by_mouse_tone_and_copy_play_and_stop(page):
    page.run(f"{part('#duration_s')}.focus()")
    page.press("End")
    about = Beating(duration_s=2.0)
    host = "document.querySelector('beating-explorer').dataset.playing"
    for number, name in enumerate(("tone", "copy")):
        page.click(button(name))
        page.wait(f"{host} === {name!r}")
        assert f"The {name} plays." in text(page)
        assert sounds_like(page, sounds(about)[number])
    page.click(button("Stop"))
    assert page.run(host) == ""
    page.click(button("tone"))
    page.wait(f"{host} === 'tone'")
    page.wait(f"{host} === ''")  # it ends by itself
    assert page.run("heard.length") == 3


def test_by_keyboard_every_dial_moves_and_the_copy_plays(page):
    def focus(selector):
        for _ in range(12):
            page.press("Tab")
            if page.run(f"{ROOT}.activeElement === {part(selector)}"):
                return
        raise AssertionError(f"Tab never reaches {selector}")

    focus("#f_hz")
    for _ in range(6):
        page.press("ArrowLeft")
    assert "Whole cycles fit" not in text(page)  # a moving slider is silent
    page.wait(f"{ROOT}.textContent.includes('Whole cycles fit')")
    page.press("ArrowRight")
    focus("#stride")
    page.press("ArrowLeft")
    focus("#duration_s")
    page.press("Home")
    focus("#kind")
    page.press("ArrowUp")
    about = Beating(500.5, 127, 0.1, "steady")
    for name, fact in about.facts().items():
        assert f"{name}\t{fact}" in text(page)
    page.wait(f"{ROOT}.textContent.includes({about.sentence()!r})")
    page.press("Tab")
    page.press("Tab")
    page.press("Enter")
    assert sounds_like(page, about.made().numpy())


def test_a_number_can_be_typed_and_stays_in_its_range(page):
    page.click(part("input[type=number]"))
    page.press("Control+a")
    page.page.keyboard.type("440")
    page.press("Enter")
    page.wait(f"{part('#f_hz')}.value === '440'")
    assert "120 per second" in text(page)
    page.press("Control+a")
    page.page.keyboard.type("99999")
    page.press("Enter")
    page.wait(f"{part('input[type=number]')}.value === '1000'")


def test_a_change_stops_the_sound(page):
    page.click(button("tone"))
    page.wait("heard.length === 1")
    page.run(f"{part('#f_hz')}.focus()")
    page.press("ArrowRight")
    host = "document.querySelector('beating-explorer').dataset.playing"
    assert page.run(host) == ""


def test_every_picture_is_drawn_and_follows_the_dials(page):
    drawn = (
        f"[...{ROOT}.querySelectorAll('canvas')]"
        ".map((c) => c.toDataURL().length)"
    )
    page.wait(f"{drawn}.every((size) => size > 2000)")
    before = page.run(drawn)
    page.run(f"{part('#f_hz')}.focus()")
    page.press("End")
    page.wait(f"{drawn}.every((n, i) => n !== {before}[i])")
    assert len(before) == 4


def test_everything_has_a_name_and_the_focus_shows(page):
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    wanted = {"button", "group", "slider", "spinbutton", "combobox", "image"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree
        if not node["ignored"] and node["role"]["value"] in wanted
    ]
    assert ("group", TITLE) in named
    assert [role for role, _ in named].count("slider") == 3
    assert [role for role, _ in named].count("image") == 4
    assert all(name for _, name in named)
    page.press("Tab")
    style = f"getComputedStyle({ROOT}.activeElement)"
    assert page.run(f"{style}.outlineWidth") == "3px"


def ink(page):
    """Return the colour of the vertical axis of the first picture."""
    png = page.run(f"{part('canvas')}.toDataURL()").partition(",")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    return max(picture.getpixel((x, 20)) for x in (51, 52))[:3]


def test_dark_mode_turns_the_ink_of_the_pictures(page):
    drawn = f"{part('canvas')}.toDataURL()"
    before = page.run(drawn)
    assert max(ink(page)) < 128
    page.run(
        "document.documentElement.style.cssText = "
        "'--pst-color-text-base: #eee; --pst-color-surface: #111'"
    )
    page.wait(f"{drawn} !== {before!r}")
    assert min(ink(page)) > 128


def test_without_script_the_answers_are_there(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<main>{BeatingExplorer()._repr_html_()}</main>")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    shown = page.locator("main").inner_text()
    assert "The explorer needs JavaScript" in shown
    assert Beating(503.0).sentence() in shown
    context.close()
