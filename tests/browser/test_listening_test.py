"""The listening test in a real browser, opened from a local file."""

import base64
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import course_utils.widgets
from course_utils.evaluation import binomial
from course_utils.evaluation.listening import read_answers, tally
from course_utils.widgets.listening_test import Question, listening_test

RATE = 16_000  # Hz
WORDS = ("real", "lstm", "louder", "softer", "one-or-two", "level-pair")
ROOT = "document.querySelector('listening-test').shadowRoot"
TITLE = "Bach <b>or</b> made?"
ASKED = re.compile(r"(Which|A|B)( one)? is the real (piece|one)")


def tone(pitch_hz, level=0.1):
    time_s = np.arange(RATE // 2) / RATE
    return level * np.sin(2 * np.pi * pitch_hz * time_s)


def questions():
    level = tone(660, 0.2), tone(660, 0.1)
    same = Question("abx", "level-pair", level, ("louder", "softer"), 2, True)
    return [
        Question("real", "one-or-two", (tone(220), tone(330)), WORDS[:2]),
        same,
        Question("prefer", "taste", (tone(440), tone(550)), ("lstm", "real")),
    ]


N_TRIALS = 4


def write_page(folder, clips_as_files, **words):
    """Write a test into a page, as Jupyter or as the website shows it."""
    test = listening_test(
        "tones", questions(), RATE, label=TITLE, seed=1, **words
    )
    html = test._repr_html_()
    if clips_as_files:
        for i, clip in enumerate(test.clips):
            data = (
                f"data:audio/mpeg;base64,{base64.b64encode(clip.mp3).decode()}"
            )
            (folder / f"clip-{i}.mp3").write_bytes(clip.mp3)
            html = html.replace(data, f"clip-{i}.mp3")
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


def text(page):
    return page.run(f"{ROOT}.querySelector('section').innerText")


def whole_page(page):
    """Return all that is in the page, inside the element too."""
    inside = page.run(f"{ROOT}.innerHTML")
    outside = page.run("document.querySelector('main').innerHTML")
    shown = re.sub(
        r"<(script|style)[^>]*>.*?</\1>", "", outside + inside, flags=re.S
    )
    return ASKED.sub("", shown)


def button(start):
    return (
        f"[...{ROOT}.querySelectorAll('button')]"
        f".find((b) => b.textContent.startsWith({start!r}))"
    )


def hear(page, press):
    """Play every clip of the present question to its end."""
    for side in "ABX":
        if page.run(f"{button(f'Play {side}')}.hidden"):
            continue
        press(side)
        page.wait(f"{button(f'Play {side} (heard)')} !== undefined")


def by_key(page):
    return lambda side: page.press(side.lower())


def by_mouse(page):
    return lambda side: page.click(button(f"Play {side}"))


def whole_test(page, press, answer):
    """Answer every question; no page on the way may tell anything."""
    for number in range(1, N_TRIALS + 1):
        assert f"Question {number} of {N_TRIALS}" in text(page)
        hear(page, press)
        assert not [word for word in WORDS if word in whole_page(page)]
        assert "data-key" not in whole_page(page)
        answer(number)
    page.wait(f"{ROOT}.querySelector('table') !== null")


def saved(page):
    return page.download(lambda: page.click(button("Save my answers")))


@pytest.mark.parametrize(
    "page", [True, False], ids=["files", "data"], indirect=True
)
def test_a_whole_test_by_keyboard_gives_a_csv_that_python_reads(page):
    page.press("Tab")  # into the box
    whole_test(page, by_key(page), lambda n: page.press("12"[n % 2]))
    answers = read_answers(saved(page))
    assert [x.trial for x in answers] == [1, 2, 3, 4]
    assert [x.answer for x in answers] == ["b", "a", "b", "a"]
    assert sorted(x.kind for x in answers) == ["abx", "abx", "prefer", "real"]
    for x in answers:
        assert x.plays == (3 if x.kind == "abx" else 2)
        assert x.seconds > 0.9  # at least two clips of half a second
        if x.kind == "real":
            assert getattr(x, x.truth) == "real"
    count = tally(answers)
    share = 100 * binomial.p_value(count.n_right, count.n)
    shown = text(page)
    assert f"{count.n_right} of 3 right" in shown
    assert f"as well in {share:.1f} % of all" in shown


def test_a_whole_test_by_mouse(page):
    answer = "the real one", "X is B", "I prefer B"

    def click(number):
        kind = text(page)
        for start in ("A is the real", "X is A", "I prefer A"):
            if start in kind:
                page.click(button(start))

    whole_test(page, by_mouse(page), click)
    assert not any(word in text(page) for word in answer)
    answers = read_answers(saved(page))
    assert {x.answer for x in answers} == {"a"}
    copied = page.run(f"{ROOT}.querySelector('textarea').value")
    saved_text = next(page.downloads.glob("*.csv")).read_bytes().decode()
    assert copied.splitlines() == saved_text.splitlines()


def test_a_reload_keeps_place_order_and_result(page):
    page.press("Tab")
    hear(page, by_key(page))
    page.press("1")
    assert "Question 2 of 4" in text(page)
    page.reload()
    page.wait(f"{ROOT} !== null")
    assert "Question 2 of 4" in text(page)
    page.press("Tab")
    for _ in range(N_TRIALS - 1):
        hear(page, by_key(page))
        page.press("2")
    before = page.run(f"{ROOT}.querySelector('textarea').value")
    page.reload()
    page.wait(f"{ROOT} !== null")
    after = page.run(f"{ROOT}.querySelector('textarea').value")
    assert before == after
    assert len(before.splitlines()) == N_TRIALS + 1


def test_answers_are_deleted_by_two_presses_not_by_one(page):
    page.press("Tab")
    hear(page, by_key(page))
    page.press("1")
    kept = "localStorage.length"
    assert page.run(kept) == 1
    page.click(button("Delete my answers"))
    assert page.run(kept) == 1
    page.click(button("Press again"))
    assert page.run(kept) == 0
    assert "Question 1 of 4" in text(page)


def test_nobody_answers_before_listening(page):
    page.press("Tab")
    page.press("1")
    assert "Question 1 of 4" in text(page)
    assert "First listen to A and B" in text(page)
    assert page.run(f"{ROOT}.querySelector('progress').value") == 0


def test_space_stops_and_repeats_and_presses_a_button_it_is_on(page):
    page.press("Tab")
    page.press("b")
    assert page.run(f"{button('Stop B')} !== undefined")
    page.press(" ")
    assert page.run(f"{button('Stop')} === undefined")
    page.press(" ")
    assert page.run(f"{button('Stop B')} !== undefined")
    page.press(" ")
    page.press("Tab")  # from the box to the first button
    page.press(" ")
    assert page.run(f"{button('Stop A')} !== undefined")


def test_nothing_plays_by_itself_and_keys_outside_do_nothing(page):
    page.press("a")
    assert page.run(f"{button('Stop')} === undefined")
    assert page.run(
        "[...document.querySelectorAll('audio')].every("
        "(a) => a.paused && !a.autoplay)"
    )


def test_the_focus_is_seen_and_every_control_has_a_name(page):
    page.press("Tab")
    style = f"getComputedStyle({ROOT}.activeElement)"
    assert page.run(f"{style}.outlineStyle") == "solid"
    assert page.run(f"{style}.outlineWidth") == "3px"
    page.press("Tab")
    page.press("a")  # a button that plays is dark on light; its frame not
    ink = f"getComputedStyle({ROOT}.querySelector('section')).color"
    assert page.run(f"{style}.outlineWidth") == "3px"
    assert page.run(f"{style}.outlineColor === {ink}")
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    wanted = {"button", "group", "progressbar", "ProgressIndicator"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree
        if not node["ignored"] and node["role"]["value"] in wanted
    ]
    assert ("group", TITLE) in named  # the title is text, not HTML
    assert len(named) >= 7
    assert all(name for _, name in named)


def test_the_order_is_drawn_anew_for_each_listener(browser, tmp_path):
    address = write_page(tmp_path, False)
    orders = set()
    for _ in range(4):
        browser.open(address)
        browser.wait(f"{ROOT} !== null")
        browser.press("Tab")
        hear(browser, by_key(browser))
        browser.press("1")
        (place,) = browser.run("Object.keys(localStorage)")
        state = json.loads(browser.run(f"localStorage.getItem({place!r})"))
        orders.add((state["seed"], state["listener"]))
        browser.run("localStorage.clear()")
    assert len({seed for seed, _ in orders}) == 4
    assert len({listener for _, listener in orders}) == 4


PROGRAM = Path(
    course_utils.widgets.__file__, "../elements/listening_test/order.js"
).resolve()


def test_every_order_is_as_likely_as_another(browser):
    trial = {"kind": "abx", "clips": [0, 1], "labels": ["p", "q"]}
    trials = [trial | {"question": str(i)} for i in range(3)]
    plans = browser.run(
        f"(() => {{{PROGRAM.read_text()}; return Array.from({{length: 1200}},"
        f"(_, seed) => plan({json.dumps(trials)}, seed));}})()"
    )
    first = Counter("".join(t["question"] for t in p) for p in plans)
    assert len(first) == 6  # all orders of three
    assert all(abs(n - 200) < 60 for n in first.values())  # 4 deviations
    both = Counter((t["is"]["a"], t["truth"]) for p in plans for t in p)
    assert all(abs(n - 900) < 105 for n in both.values())
    assert len(both) == 4
    for t in (t for p in plans for t in p):
        assert t["clips"]["x"] == t["clips"][t["truth"]]
        assert "pq"[t["clips"]["a"]] == t["is"]["a"]


def test_the_page_computes_the_p_value_that_python_computes(browser):
    got = browser.run(
        f"(() => {{{PROGRAM.read_text()}; return Array.from({{length: 41}},"
        "(_, k) => guessing(k, 40));})()"
    )
    expected = [binomial.p_value(k, 40) for k in range(41)]
    assert got == pytest.approx(expected, rel=1e-9)


def test_a_given_seed_gives_everybody_the_same_order(browser, tmp_path):
    address = write_page(tmp_path, False, order_seed=7)
    seen = []
    for _ in range(2):
        browser.open(address)
        browser.wait(f"{ROOT} !== null")
        browser.press("Tab")
        for _ in range(N_TRIALS):
            hear(browser, by_key(browser))
            browser.press("1")
        browser.run("localStorage.clear()")
        rows = browser.run(f"{ROOT}.querySelector('textarea').value")
        columns = [row.split(",") for row in rows.splitlines()]
        seen.append([(*row[2:8],) for row in columns])
    assert seen[0] == seen[1]


def test_without_script_the_players_are_there(browser, tmp_path):
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(write_page(tmp_path, True))
    shown = browser.run("document.querySelector('main').innerText")
    assert "This test needs JavaScript" in shown
    players = "document.querySelectorAll('audio[controls]').length"
    assert browser.run(players) == 6
    assert not [word for word in WORDS if word in shown]
