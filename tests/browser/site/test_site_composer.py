"""The composer of chapter 41 on the built site, by mouse and by keyboard."""

import pytest

from course_utils.symbolic.sequences import midi_to_sequence

PAGE = "notebooks/41_lstm_composing.html"
ROOT = "document.querySelector('lstm-composer').shadowRoot"
STATUS = f"{ROOT}.querySelector('[role=status]').textContent"


def button(start):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent.startsWith({start!r}))"
    )


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_the_network_composes_and_its_piece_plays(page, hand, capsys):
    browser = page(PAGE)
    browser.wait(f"{ROOT} !== null")

    def press(name):
        if hand == "mouse":
            browser.click(button(name))
        else:
            browser.run(f"{button(name)}.focus()")
            browser.press("Enter")

    press("Compose")
    browser.wait(f"{STATUS}.startsWith('Composed 8 bars')")
    told = browser.run(STATUS)
    with capsys.disabled():
        print(f"\n{told}")
    assert "events per second" in told
    press("Play")
    cursor = f"{ROOT}.querySelector('.cursor').getAttribute('x1')"
    browser.wait(f"Number({cursor}) > 1")
    press("Stop playing")
    saved = browser.download(lambda: press("Save as MIDI"))
    notes = midi_to_sequence(saved).notes
    drawn = browser.run(f"{ROOT}.querySelectorAll('rect').length")
    assert len(notes) == drawn > 100


def test_runtime_and_network_wait_until_they_are_asked_for(page):
    browser = page(PAGE)
    browser.wait(f"{ROOT} !== null")
    asked = browser.heard_of("Network.requestWillBeSent")
    addresses = [event["request"]["url"] for event in asked]
    assert addresses
    assert not [a for a in addresses if "onnx" in a or "composer/" in a]
