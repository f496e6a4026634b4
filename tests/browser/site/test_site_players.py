"""The players of the built site: clips, piano rolls, and the pad."""

import pytest

GAN = "notebooks/24_playing_gansynth.html"
MIDI = "notebooks/30_midi_and_note_sequences.html"
ROLLS = [MIDI, "notebooks/52_transformer_composing.html"]
LOADED = "performance.getEntriesByType('resource').map((e) => e.name)"
PLAYER = "_static/elements/midi-player-"
HEARD_DB = -60  # relative to full scale; silence is minus infinity
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


def part(tag, selector):
    root = f"document.querySelector('{tag}').shadowRoot"
    return f"{root}.querySelector('{selector}')"


@pytest.mark.parametrize("path", [GAN, MIDI])
def test_every_clip_plays_at_a_key(page, path):
    browser = page(path)
    n = browser.run("document.querySelectorAll('figure audio').length")
    assert n > 0
    for i in range(n):
        audio = f"document.querySelectorAll('figure audio')[{i}]"
        browser.run(f"{audio}.focus()")
        browser.press(" ")
        browser.wait(f"{audio}.currentTime > 0.1 || {audio}.ended")
        browser.run(f"{audio}.pause()")


@pytest.mark.parametrize("path", ROLLS)
def test_a_piano_roll_plays_and_loads_its_player_only_then(page, path):
    browser = page(path)
    button, slider = (part("piano-roll", s) for s in ("button", "input"))
    assert not [name for name in browser.run(LOADED) if PLAYER in name]
    browser.click(button)
    browser.wait(f"{slider}.value > 0.3")
    assert [name for name in browser.run(LOADED) if PLAYER in name]
    browser.run(
        "void (window.meter = new Tone.Meter({smoothing: 0}),"
        "Tone.Destination.connect(window.meter))"
    )
    browser.wait(f"meter.getValue() > {HEARD_DB}")
    browser.run(f"{button}.focus()")
    browser.press("Enter")
    browser.wait(f"{button}.textContent === 'Play'")
    browser.press("Tab")
    before = float(browser.run(f"{slider}.value"))
    browser.press("ArrowRight")
    assert float(browser.run(f"{slider}.value")) == pytest.approx(before + 0.1)
    browser.run(f"{button}.focus()")
    browser.press(" ")
    browser.wait(f"{slider}.value > {before + 0.3}")


def test_the_pad_plays_by_mouse_and_by_keys(page):
    browser = page(GAN)
    browser.run(LISTEN)
    cells = part("latent-pad", "[role=grid]")
    cell = f"{cells}.querySelectorAll('[role=gridcell]')[0]"
    told = f"{part('latent-pad', '[role=status]')}.textContent"
    browser.click(cell)
    browser.wait("heard[0].currentTime > 0.1 || heard[0].ended")
    first = browser.run(told)
    browser.press("ArrowRight")
    browser.press("ArrowDown")
    browser.press(" ")
    browser.wait("heard[1].currentTime > 0.1 || heard[1].ended")
    assert browser.run(told) != first
    sources = browser.run("heard.map((sound) => sound.src)")
    assert len(set(sources)) == 2
    assert all("_static/clips/24_playing" in source for source in sources)


def test_a_glide_over_the_pad_plays_more_than_one_note(page):
    browser = page(GAN)
    browser.run(LISTEN)
    cells = browser.page.locator("latent-pad [role=gridcell]")
    mouse = browser.page.mouse
    cells.first.hover()
    mouse.down()
    for i in (1, 2, 3):
        cells.nth(i).hover()
    mouse.up()
    assert browser.run("heard.length") == 4
    browser.wait("heard.at(-1).currentTime > 0.05 || heard.at(-1).ended")
