"""The latent pad in a real browser, opened from a local file."""

import base64

import numpy as np
import pytest

from course_utils.plots.listen import play
from course_utils.widgets.latent_pad import LatentPad

RATE = 16_000  # Hz
PITCHES, TIMBRES = (60, 61, 62), ("brass", "<b>reed</b>")
ROOT = "document.querySelector('latent-pad').shadowRoot"
STATUS = f"{ROOT}.querySelector('[role=status]').textContent"
# Keeps what the page plays, so that a test can look at it.
LISTEN = """(() => {
  window.heard = [];
  const Plain = Audio;
  window.Audio = function (src) {
    const sound = new Plain(src);
    window.heard.push(sound);
    return sound;
  };
})()"""


def note(i):
    """Return a second of a tone that no other note has."""
    time_s = np.arange(RATE) / RATE
    wave = 0.3 * np.sin(2 * np.pi * (200 + 50 * i) * time_s)
    words = {"caption": "", "description": "", "match_loudness": False}
    return play(wave, RATE, **words).mp3


def pad():
    notes = tuple(note(i) for i in range(12))
    return LatentPad(PITCHES, TIMBRES, notes, "A <pad>.", "Six notes, twice.")


def write_page(folder, clips_as_files):
    """Write a pad into a page, as Jupyter or as the website shows it."""
    made = pad()
    html = made._repr_html_()
    if clips_as_files:
        for i, mp3 in enumerate(made.notes):
            (folder / f"{i}.mp3").write_bytes(mp3)
            data = base64.b64encode(mp3).decode()
            html = html.replace(f"data:audio/mpeg;base64,{data}", f"{i}.mp3")
        assert "data:audio" not in html
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>Test</title><main>{html}</main>"
    )
    return path.as_uri()


@pytest.fixture(params=[True, False], ids=["files", "data"])
def page(browser, tmp_path, request):
    """Give a browser that shows the page, and look at its log afterwards."""
    browser.open(write_page(tmp_path, request.param))
    browser.wait(f"{ROOT} !== null")
    browser.run(LISTEN)
    yield browser
    browser.check_quiet("file:", "data:", "blob:")


def cell(i):
    return f"{ROOT}.querySelectorAll('[role=gridcell]')[{i}]"


def middle(page, i):
    return page.run(
        f"(() => {{const r = {cell(i)}.getBoundingClientRect();"
        "return [r.x + r.width / 2, r.y + r.height / 2];})()"
    )


def source(page, i):
    """Return the address of a note, in the order in which it was made."""
    return page.run(f"document.querySelectorAll('latent-pad a')[{i}].href")


def sounds(page):
    return page.run("heard.map((sound) => sound.src)")


def test_a_press_plays_the_note_of_its_place(page):
    page.click(cell(4))
    page.wait("heard.length === 1 && heard[0].currentTime > 0.3")
    assert sounds(page) == [source(page, 4)]
    assert page.run(STATUS) == "C#4, <b>reed</b>, noise 1"
    assert page.run("heard[0].volume") == 1
    page.wait("heard[0].ended")
    page.wait(f"{ROOT}.querySelector('.on') === null")


def test_gliding_plays_what_it_comes_over_one_note_at_a_time(page):
    mouse = page.page.mouse
    mouse.move(*middle(page, 0))
    mouse.move(*middle(page, 1))  # not pressed: silent
    assert sounds(page) == []
    mouse.down()
    mouse.move(*middle(page, 2), steps=5)
    mouse.move(*middle(page, 5), steps=5)
    mouse.up()
    mouse.move(*middle(page, 3), steps=5)
    assert sounds(page) == [source(page, i) for i in (1, 2, 5)]
    page.wait("heard[2].currentTime > 0.1")
    page.wait("heard[0].paused && heard[1].paused && !heard[2].paused")


def test_keys_move_over_the_grid_and_play(page):
    page.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.press(key)
    focused = f"{ROOT}.activeElement.ariaLabel"
    assert page.run(focused) == "D4, <b>reed</b>"
    assert sounds(page) == []
    page.press("Enter")
    page.wait("heard[0].currentTime > 0.1")
    page.press("Home")
    page.press("ArrowUp")
    page.press(" ")
    page.wait("heard.length === 2 && heard[1].currentTime > 0.1")
    assert sounds(page) == [source(page, 5), source(page, 0)]
    assert page.run(STATUS) == "C4, brass, noise 1"
    reached = f"{ROOT}.querySelectorAll('[role=gridcell][tabindex=\"0\"]')"
    assert page.run(f"{reached}.length") == 1


def test_another_noise_plays_other_notes(page):
    button = f"{ROOT}.querySelector('button')"
    page.click(button)
    assert page.run(STATUS) == "Noise 2 of 2"
    page.click(cell(0))
    page.wait("heard[0].currentTime > 0.1")
    assert sounds(page) == [source(page, 6)]
    page.click(button)
    assert page.run(STATUS) == "Noise 1 of 2"
