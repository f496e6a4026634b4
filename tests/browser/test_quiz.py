"""A quiz in a real browser, opened from a local file."""

from importlib import resources

import pytest

from course_utils.widgets.quiz import quiz

AXE = resources.files("axe_playwright_python") / "axe.min.js"
ROOT = "document.querySelector('course-quiz').shadowRoot"
FORMS = f"[...{ROOT}.querySelectorAll('form')]"
FOCUS = f"{ROOT}.activeElement"
QUESTIONS = quiz("11").questions
N = len(QUESTIONS)


def right(number):
    return [c.right for c in QUESTIONS[number].choices].index(True)


def wrong(number):
    return [c.right for c in QUESTIONS[number].choices].index(False)


@pytest.fixture
def page(browser, tmp_path):
    """Give a browser that shows the quiz, and look at its log afterwards."""
    path = tmp_path / "page.html"
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Quiz"
        f"</title><main><h1>Quiz</h1>{quiz('11')._repr_html_()}</main>"
    )
    browser.open(path.as_uri())
    browser.wait(f"{ROOT} !== null")
    yield browser
    browser.check_quiet("file:", "data:")


def form(number):
    return f"{FORMS}[{number}]"


def radio(number, choice):
    return f"{form(number)}.querySelectorAll('input')[{choice}]"


def button(number):
    return f"{form(number)}.querySelector('button')"


def verdict(browser, number):
    return browser.run(f"{form(number)}.querySelector('.verdict').innerText")


def score(browser):
    return browser.run(f"{ROOT}.querySelector('.score').innerText")


def by_mouse(browser, number, choice):
    browser.click(radio(number, choice))
    browser.click(button(number))


def by_label(browser, number, choice):
    browser.click(f"{form(number)}.querySelectorAll('label')[{choice}]")
    browser.click(button(number))


def by_keyboard(browser, number, choice):
    """Tab to the question, choose by arrows, check by Enter."""
    inside = f"{form(number)}.contains({FOCUS})"
    for _ in range(4 * N):
        browser.press("Tab")
        if browser.run(inside):
            break
    browser.press(" ")
    for _ in range(choice):
        browser.press("ArrowDown")
    browser.press("Enter")


HANDS = pytest.mark.parametrize(
    "answer", [by_mouse, by_label, by_keyboard], ids=lambda f: f.__name__
)


@HANDS
def test_a_quiz_is_answered_and_counted(page, answer):
    assert score(page) == f"{N} questions."
    for number in range(N):
        choice = wrong(number) if number == 1 else right(number)
        answer(page, number, choice)
        reason = QUESTIONS[number].choices[choice].reason
        word = "Wrong." if number == 1 else "Right."
        assert verdict(page, number) == f"{word} {reason}"
    assert score(page) == f"Score: {N - 1} of {N} right. That was all."


def test_the_reasons_of_all_choices_are_shown_and_only_after_the_answer(page):
    text = f"{form(0)}.innerText"
    before = page.run(text)
    assert not any(c.reason in before for c in QUESTIONS[0].choices)
    by_mouse(page, 0, wrong(0))
    after = page.run(text)
    assert all(c.reason in after for c in QUESTIONS[0].choices)


def test_the_focus_stays_where_it_was(page):
    by_keyboard(page, 0, 1)
    assert page.run(f"{FOCUS} === {radio(0, 1)}")
    page.press("Tab")
    assert page.run(f"{FOCUS} === {button(0)}")
    by_mouse(page, 1, 0)
    assert page.run(f"{FOCUS} === {button(1)}")


def test_nothing_chosen_is_said_and_not_counted(page):
    page.click(button(0))
    assert verdict(page, 0) == "Choose an answer first."
    assert score(page) == f"{N} questions."


def test_an_answer_cannot_be_changed_afterwards(page):
    by_mouse(page, 0, wrong(0))
    told = verdict(page, 0)
    page.run(f"{radio(0, right(0))}.click()")
    assert page.run(f"{radio(0, wrong(0))}.checked")
    page.press("ArrowDown")
    assert page.run(f"{radio(0, wrong(0))}.checked")
    assert verdict(page, 0) == told
    assert score(page).startswith("Score: 0 of 1 right")


def test_answers_survive_a_reload_until_one_starts_again(page):
    by_mouse(page, 0, right(0))
    by_mouse(page, 2, wrong(2))
    told = verdict(page, 0), verdict(page, 2), score(page)
    page.reload()
    page.wait(f"{ROOT} !== null")
    assert told == (verdict(page, 0), verdict(page, 2), score(page))
    assert page.run(f"{radio(2, wrong(2))}.checked")
    page.click(f"{ROOT}.querySelector('section > button')")
    assert score(page) == f"{N} questions."
    assert page.run(f"{FOCUS} === {radio(0, 0)}")
    page.reload()
    page.wait(f"{ROOT} !== null")
    assert score(page) == f"{N} questions."
    assert not page.run(f"{FORMS}.some((f) => f.querySelector(':checked'))")


@pytest.mark.parametrize(
    "kept",
    ['"12"', "7", "null", "{", '{"why-buzz": "no choice any more"}'],
)
def test_what_cannot_be_read_back_is_forgotten(page, kept):
    page.run(f"localStorage.setItem('course-quiz/11', {kept!r})")
    page.reload()
    page.wait(f"{ROOT} !== null")
    assert score(page) == f"{N} questions."
    by_mouse(page, 0, right(0))
    assert score(page).startswith("Score: 1 of 1 right")


def test_a_browser_that_keeps_nothing_still_asks(page):
    page.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new Error('refused'); } });"
    )
    page.reload()
    page.wait(f"{ROOT} !== null")
    by_mouse(page, 0, right(0))
    assert score(page).startswith("Score: 1 of 1 right")
    foot = page.run(f"{ROOT}.querySelector('.small').innerText")
    assert foot.startswith("This browser keeps nothing")


def test_every_question_is_a_named_group_with_a_live_verdict(page):
    tree = page.page.locator("course-quiz").aria_snapshot()
    for question in QUESTIONS:
        assert question.ask in tree
    assert tree.count("- group ") == N
    assert tree.count("- radio ") == sum(len(q.choices) for q in QUESTIONS)
    live = f"{ROOT}.querySelectorAll('[role=status]').length"
    assert page.run(live) == N + 1


def test_axe_finds_nothing_before_and_after(page):
    page.page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    rules = "axe.run(document.querySelector('course-quiz'))"
    assert page.run(rules)["violations"] == []
    by_mouse(page, 0, wrong(0))
    assert page.run(rules)["violations"] == []


def test_without_script_the_answers_are_folded(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<meta charset='utf-8'>{quiz('11')._repr_html_()}")
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(path.as_uri())
    reason = plain.get_by_text(QUESTIONS[0].choices[0].reason)
    assert not reason.is_visible()
    plain.get_by_text("Answer", exact=True).first.click()
    assert reason.is_visible()
    context.close()
