import re
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY
from course_utils.widgets.quiz import quiz, read_quiz

FOLDER = REPOSITORY / "course_utils" / "exercises" / "quizzes"
FILES = sorted(FOLDER.glob("*.yml"))
CHAPTERS = [
    path.name[:2] for path in sorted((REPOSITORY / "notebooks").glob("*"))
]
LEAST_REASON = 20  # characters; fewer explain nothing
MOST_IN_ONE_PLACE = 0.5  # of the right answers
MARKUP = re.compile(r"[`*]\w|\]\(|<\w|\$")  # would be shown as it is


def entries(n=3):
    """Return a valid quiz, as YAML gives it."""
    return [
        {
            "id": f"q{i}",
            "ask": "Which <is> right & why?",
            "choices": [
                {"text": "a & b", "reason": "It <b>is</b> not."},
                {"text": "<i>c</i>", "reason": "It is.", "right": True},
                {"text": "d", "reason": "Neither is this."},
            ],
        }
        for i in range(n)
    ]


def written(folder, content):
    path = folder / "99.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def page(chapter):
    return BeautifulSoup(quiz(chapter)._repr_html_(), "html.parser")


def test_every_chapter_has_a_quiz_and_every_quiz_a_chapter():
    assert [path.stem for path in FILES] == CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_quiz_is_whole(chapter):
    for question in quiz(chapter).questions:
        assert question.ask.endswith("?")
        for choice in question.choices:
            assert len(choice.reason) >= LEAST_REASON
            assert choice.reason.endswith((".", "?"))
            for text in (question.ask, choice.text, choice.reason):
                assert not MARKUP.search(text), text


def test_the_right_answer_stands_in_every_place():
    places = [
        [choice.right for choice in question.choices].index(True)
        for chapter in CHAPTERS
        for question in quiz(chapter).questions
    ]
    for place in range(3):
        assert 0 < places.count(place) < MOST_IN_ONE_PLACE * len(places)


def test_the_length_of_an_answer_tells_nothing():
    longest = [
        max(question.choices, key=lambda choice: len(choice.text)).right
        for chapter in CHAPTERS
        for question in quiz(chapter).questions
    ]
    assert 0.2 < sum(longest) / len(longest) < 0.45  # by chance: a third


def test_without_script_there_are_questions_choices_and_folded_reasons():
    questions = quiz("11").questions
    parts = page("11").select("course-quiz > [data-question]")
    assert [part["data-question"] for part in parts] == [
        question.id for question in questions
    ]
    for part, question in zip(parts, questions, strict=True):
        assert question.ask in part.p.text
        choices, reasons = part.find_all("ol")
        assert [li.text for li in choices.find_all("li")] == [
            choice.text for choice in question.choices
        ]
        assert reasons.find_parent("details")
        assert not reasons.find_parent("details").has_attr("open")
        for li, choice in zip(
            reasons.find_all("li"), question.choices, strict=True
        ):
            assert li.has_attr("data-right") == choice.right
            assert li.text.startswith("Right." if choice.right else "Wrong.")
            assert li.text.endswith(choice.reason)


def test_texts_are_text_and_never_html(tmp_path):
    read = read_quiz(written(tmp_path, entries()))
    found = BeautifulSoup(read._repr_html_(), "html.parser")
    element = found.find("course-quiz")
    assert not element.find_all(["b", "i", "is"])
    assert "<i>c</i>" in element.text


def test_answers_are_not_told_by_the_object():
    assert "right" not in repr(quiz("11"))


def spoil(entry, **changes):
    return {**entry, **changes}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (entries(2), "3 to 4 questions"),
        (entries(5), "3 to 4 questions"),
        ([*entries(2), entries()[0]], "a different id"),
        ([spoil(entries()[0], id=""), *entries(2)], "a text for every part"),
        ([spoil(entries()[0], ask=12), *entries(2)], "a text for every part"),
        ([spoil(entries()[0], more="x"), *entries(2)], "id, ask and choices"),
        ([{"id": "x", "ask": "y?"}, *entries(2)], "id, ask and choices"),
        (["text"], "id, ask and choices"),
        (None, "id, ask and choices"),
    ],
)
def test_a_quiz_with_a_fault_is_refused(tmp_path, content, words):
    with pytest.raises(CourseError, match=words):
        read_quiz(written(tmp_path, content))


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ([], "3 to 4 choices"),
        ([{"text": t, "reason": "No."} for t in "abc"], "exactly one"),
        (
            [{"text": t, "reason": "Yes.", "right": True} for t in "abc"],
            "exactly one",
        ),
        (
            [{"text": "a", "reason": "r", "right": i == 0} for i in range(3)],
            "different choices",
        ),
        ([{"text": t, "right": t == "a"} for t in "abc"], "id, ask and"),
        (
            [{"text": t, "reason": "", "right": t == "a"} for t in "abc"],
            "a text for every part",
        ),
    ],
)
def test_choices_with_a_fault_are_refused(tmp_path, choices, words):
    content = [spoil(entries()[0], choices=choices), *entries(3)[1:]]
    with pytest.raises(CourseError, match=words):
        read_quiz(written(tmp_path, content))


def test_nothing_but_plain_values_is_read(tmp_path):
    path = Path(tmp_path / "99.yml")
    path.write_text("!!python/object/apply:os.getcwd []", encoding="utf-8")
    with pytest.raises(CourseError, match="id, ask and choices"):
        read_quiz(path)


@pytest.mark.parametrize(
    "content", [b"\xff", b"- a: b: c", b"\0", b"[" * 5000]
)
def test_what_is_no_yaml_is_refused(tmp_path, content):
    path = Path(tmp_path / "99.yml")
    path.write_bytes(content)
    with pytest.raises(CourseError, match="id, ask and choices"):
        read_quiz(path)


def test_an_unknown_chapter_is_named():
    with pytest.raises(CourseError, match="the chapter to be one of 00, 10"):
        quiz("../11")
