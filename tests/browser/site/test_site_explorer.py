"""Chapters 10, 11 and 12 on the built site: explorer, sound in step."""

import pytest

from course_utils.widgets.beating_copies import LEVEL, Beating

EXPLORER = "notebooks/11_phase_and_stride_beating.html"
IN_STEP = [
    "notebooks/10_sound_as_numbers.html",
    "notebooks/12_spectral_images.html",
]
ROOT = "document.querySelector('beating-explorer').shadowRoot"
# Keeps every sound that starts, and the context that plays it.
EAR = """(() => {
  window.heard = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function () {
    heard.push({ context: this.context, buffer: this.buffer });
    start.call(this);
  };
})()"""


def button(text):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent === '{text}')"
    )


def plays(browser, number, about):
    """Wait until a sound runs; its loudest sample is that of Python's."""
    browser.wait(f"heard.length === {number}")
    context = "heard.at(-1).context"
    browser.wait(
        f"{context}.state === 'running' && {context}.currentTime > 0.1"
    )
    peak = browser.run(
        "heard.at(-1).buffer.getChannelData(0)"
        ".reduce((a, b) => Math.max(a, Math.abs(b)), 0)"
    )
    expected = LEVEL * float(about.made().abs().max())
    assert peak == pytest.approx(expected, rel=0.02)


def test_the_explorer_plays_by_mouse_and_follows_the_keys(page):
    browser = page(EXPLORER)
    browser.wait(f"{ROOT} !== null")
    browser.run(EAR)
    assert Beating().sentence() in browser.run(f"{ROOT}.textContent")
    browser.click(button("Play the copy"))
    plays(browser, 1, Beating())
    browser.click(button("Stop"))
    browser.run(f"{ROOT}.querySelector('#f_hz').focus()")
    browser.press("ArrowLeft")
    about = Beating(502.5)
    said = f"{ROOT}.querySelector('.result').textContent"
    browser.wait(f"{said} === {about.sentence()!r}")
    browser.run(f"{button('Play the copy')}.focus()")
    browser.press("Enter")
    plays(browser, 2, about)
    drawn = (
        f"[...{ROOT}.querySelectorAll('canvas')]"
        ".map((c) => c.toDataURL().length)"
    )
    assert min(browser.run(drawn)) > 2000


def test_the_page_shows_no_dead_controls(page):
    browser = page(EXPLORER)
    assert (
        browser.run("document.querySelectorAll('.jupyter-widgets').length")
        == 0
    )
    assert "beating_controls()" in browser.run("document.body.innerText")


@pytest.mark.parametrize("path", IN_STEP)
def test_every_sound_in_step_plays_and_its_line_moves(page, path):
    browser = page(path)
    browser.wait(
        "[...document.querySelectorAll('sound-in-step')]"
        ".every((e) => e.shadowRoot)"
    )
    n = browser.run("document.querySelectorAll('sound-in-step').length")
    assert n == 2
    for i in range(n):
        host = f"document.querySelectorAll('sound-in-step')[{i}]"
        audio = f"{host}.querySelector('audio')"
        track = f"{host}.shadowRoot.querySelector('.track')"
        picture = f"{host}.querySelector('img')"
        assert browser.run(f"{picture}.alt.length") > 15
        edges = "(({padding, borderWidth}) => padding + borderWidth)"
        style = f"getComputedStyle({picture})"
        assert browser.run(f"{edges}({style})") == "0px0px"
        browser.run(f"{track}.focus()")
        browser.press(" ")
        browser.wait(f"{audio}.currentTime > 0.2")
        browser.wait(f"Number({track}.ariaValueNow) > 0.2")
        browser.press(" ")
        assert browser.run(f"{audio}.paused")
        before = browser.run(f"{audio}.currentTime")
        browser.press("ArrowLeft")
        now = browser.run(f"{audio}.currentTime")
        assert now == pytest.approx(before - 0.1, abs=0.02)
        browser.click(track)
        middle = browser.run(f"{track}.ariaValueMax / 2")
        now = browser.run(f"{audio}.currentTime")
        assert now == pytest.approx(float(middle), abs=0.1)
