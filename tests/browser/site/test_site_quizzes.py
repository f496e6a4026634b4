"""The quiz of every chapter on the built site."""

import pytest

from course_utils.basics.paths import REPOSITORY
from course_utils.widgets.quiz import quiz

CHAPTERS = sorted(p.stem for p in (REPOSITORY / "notebooks").glob("*.ipynb"))
ROOT = "document.querySelector('course-quiz').shadowRoot"
FORMS = f"[...{ROOT}.querySelectorAll('form')]"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapters_quiz_answers_and_keeps(page, chapter):
    questions = quiz(chapter[:2]).questions
    browser = page(f"notebooks/{chapter}.html")
    assert browser.run("document.querySelectorAll('course-quiz').length") == 1
    browser.wait(f"{ROOT} !== null")
    assert browser.run(f"{FORMS}.length") == len(questions)
    for number, question in enumerate(questions):
        place = [choice.right for choice in question.choices].index(True)
        form = f"{FORMS}[{number}]"
        browser.click(f"{form}.querySelectorAll('input')[{place}]")
        browser.click(f"{form}.querySelector('button')")
        told = browser.run(f"{form}.querySelector('.verdict').innerText")
        assert told == f"Right. {question.choices[place].reason}"
    score = f"{ROOT}.querySelector('.score').innerText"
    n = len(questions)
    assert browser.run(score) == f"Score: {n} of {n} right. That was all."
    browser.reload()
    browser.wait(f"{ROOT} !== null")
    assert browser.run(score) == f"Score: {n} of {n} right. That was all."
