"""The blind test of chapter 64 on the built site, from start to CSV."""

import pytest

from course_utils.evaluation.listening import read_answers

ELEMENT = "document.querySelector('listening-test[name=real-or-made]')"
ROOT = f"{ELEMENT}.shadowRoot"


def button(start):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent.startsWith({start!r}))"
    )


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_the_blind_test_gives_its_answers(page, hand):
    browser = page("notebooks/64_listening_test.html")
    browser.wait(f"{ROOT} !== null")
    n_trials = browser.run(f"{ROOT}.querySelector('progress').max")
    assert n_trials >= 2
    browser.run(f"{ROOT}.querySelector('section').focus()")
    for _ in range(n_trials):
        for side in "AB":
            if hand == "mouse":
                browser.click(button(f"Play {side}"))
            else:
                browser.press(side.lower())
            browser.wait(f"{button(f'Play {side} (heard)')} !== undefined")
        if hand == "mouse":
            browser.click(button("A is the real one"))
        else:
            browser.press("1")
    browser.wait(f"{ROOT}.querySelector('table') !== null")
    saved = browser.download(lambda: browser.click(button("Save my answers")))
    answers = read_answers(saved)
    assert [x.answer for x in answers] == ["a"] * n_trials
    assert {getattr(x, x.truth) for x in answers} == {"real"}
