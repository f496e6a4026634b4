"""A spectrogram and its sound in a real browser, from a local file."""

import base64

import numpy as np
import pytest

from course_utils.spectral.stft import StftConfig
from course_utils.widgets.sound_in_step import sound_in_step

RATE = 16_000  # Hz
SECONDS = 3
HOST = "document.querySelector('sound-in-step')"
ROOT = f"{HOST}.shadowRoot"
AUDIO = f"{HOST}.querySelector('audio')"
TRACK = f"{ROOT}.querySelector('.track')"
LINE = f"{ROOT}.querySelector('.line')"


def clicks():
    """Return a short burst of noise at every half second."""
    rng = np.random.default_rng(0)
    wave = np.zeros(SECONDS * RATE)
    for start in range(RATE // 2, len(wave), RATE // 2):
        wave[start : start + 200] = rng.normal(size=200)
    return wave


MADE = sound_in_step(
    clicks(),
    RATE,
    StftConfig(512, 128),
    caption="Clicks",
    description="One at every half second.",
    alt="Spectrogram of five clicks: vertical lines.",
)


def write_page(folder, clips_as_files):
    html = MADE._repr_html_()
    if clips_as_files:
        data = base64.b64encode(MADE.clip.mp3).decode()
        (folder / "clip.mp3").write_bytes(MADE.clip.mp3)
        html = html.replace(f"data:audio/mpeg;base64,{data}", "clip.mp3")
        assert "data:audio" not in html
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>Test</title><main>{html}</main>"
    )
    return path.as_uri()


@pytest.fixture
def page(browser, tmp_path, request):
    """Give a browser that shows the page, and look at its log afterwards."""
    browser.open(write_page(tmp_path, getattr(request, "param", True)))
    browser.wait(f"{ROOT} !== null")
    yield browser
    browser.check_quiet("file:", "data:", "blob:")


def click_at(page, share):
    """Click with the mouse on a moment of the picture."""
    box = page.run(
        f"(() => {{const r = {TRACK}.getBoundingClientRect();"
        "return [r.x, r.y, r.width, r.height];})()"
    )
    page.page.mouse.click(box[0] + share * box[2], box[1] + box[3] / 2)


def shown_s(page):
    return float(page.run(f"{TRACK}.ariaValueNow"))


both = pytest.mark.parametrize(
    "page", [True, False], ids=["files", "data"], indirect=True
)


@both
def test_a_click_goes_to_the_moment_and_the_line_moves_with_the_sound(page):
    assert shown_s(page) == 0
    assert page.run(f"{AUDIO}.paused")
    click_at(page, 0.5)
    assert page.run(f"{AUDIO}.currentTime") == pytest.approx(1.5, abs=0.02)
    assert shown_s(page) == pytest.approx(1.5, abs=0.02)
    assert page.run(f"{AUDIO}.paused")  # a click only moves
    page.press(" ")
    page.wait(f"!{AUDIO}.paused && {AUDIO}.currentTime > 1.8")
    place = page.run(f"parseFloat({LINE}.style.left) / 100")
    assert 1.5 < place * SECONDS <= page.run(f"{AUDIO}.currentTime")
    page.wait(f"{AUDIO}.ended")
    page.wait(f"Math.abs({TRACK}.ariaValueNow - {SECONDS}) < 0.05")


def test_by_keyboard_it_moves_plays_and_stops(page):
    for _ in range(4):
        page.press("Tab")
        if page.run(f"{ROOT}.activeElement === {TRACK}"):
            break
    for key, moment in (
        ("ArrowRight", 0.1),
        ("ArrowUp", 0.2),
        ("PageUp", 1.2),
        ("ArrowLeft", 1.1),
        ("PageDown", 0.1),
        ("ArrowDown", 0),
        ("ArrowLeft", 0),
        ("End", 3),
        ("Home", 0),
    ):
        page.press(key)
        assert shown_s(page) == pytest.approx(moment, abs=0.02), key
    assert page.run(f"{TRACK}.ariaValueText") == "0.0 of 3.0 seconds"
    page.press(" ")
    page.wait(f"{AUDIO}.currentTime > 0.1")
    page.press(" ")
    assert page.run(f"{AUDIO}.paused")
    assert page.run(f"getComputedStyle({TRACK}).outlineWidth") == "3px"


def test_the_pointer_drags_the_line(page):
    x, y, width = page.run(
        f"(() => {{const r = {TRACK}.getBoundingClientRect();"
        "return [r.x, r.y + 20, r.width];})()"
    )
    mouse = page.page.mouse
    mouse.move(x + 0.2 * width, y)
    mouse.down()
    mouse.move(x + 0.4 * width, y)
    assert shown_s(page) == pytest.approx(1.2, abs=0.05)
    mouse.move(x - 100, y)
    assert shown_s(page) == 0
    mouse.up()
    mouse.move(x + 0.8 * width, y)
    assert shown_s(page) == 0


def test_the_line_lies_over_the_axes_of_the_picture(page):
    click_at(page, 0.25)
    picture, line = (
        page.run(
            f"(() => {{const r = {element}.getBoundingClientRect();"
            "return [r.x, r.y, r.width, r.height];})()"
        )
        for element in (f"{HOST}.querySelector('img')", LINE)
    )
    left, top, width, height = MADE.box
    share = (line[0] + line[2] / 2 - picture[0]) / picture[2]
    assert share == pytest.approx(left + 0.25 * width, abs=0.005)
    assert (line[1] - picture[1]) / picture[3] == pytest.approx(top, abs=0.01)
    assert line[3] / picture[3] == pytest.approx(height, abs=0.01)


def test_the_browser_plays_the_samples_at_their_time(browser, tmp_path):
    browser.open(write_page(tmp_path, False))
    decoded = browser.run(
        "(async () => {const data = document.querySelector('audio').src"
        ".split(',')[1]; const bytes = Uint8Array.from(atob(data), "
        f"(c) => c.charCodeAt(0)); const c = new OfflineAudioContext(1, 1, "
        f"{RATE}); const b = await c.decodeAudioData(bytes.buffer);"
        "return Array.from(b.getChannelData(0));})()"
    )
    wave = clicks()
    assert abs(len(decoded) - len(wave)) < 0.2 * RATE
    size = 2 * len(wave)
    both = [np.fft.rfft(x, size) for x in (decoded, wave)]
    match = np.fft.irfft(both[0] * both[1].conj(), size)
    lag = (match.argmax() + len(wave)) % size - len(wave)
    assert abs(lag) / RATE < 0.01  # seconds


def test_everything_has_a_name(page):
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree
        if not node["ignored"]
    }
    assert ("slider", "Moment in the sound: Clicks") in named
    assert ("image", MADE.alt) in named


def test_without_script_picture_and_player_are_there(chromium, tmp_path):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, True))
    assert page.locator("img").bounding_box()["width"] > 300
    assert page.locator("audio[controls]").bounding_box()["width"] > 100
    assert "One at every half second." in page.locator("main").inner_text()
    context.close()
