"""A chapter's quiz as the last value of a cell: HTML that works alone.

In Jupyter, on the website and from a file, without server and network. The
questions of chapter NN are those of `exercises/quizzes/NN.yml`. The tag holds
them as ordinary text with folded answers, for readers without script; what
the page makes of them is in `elements/quiz/element.js`.

Taught in: notebooks/00_start_here.ipynb
"""

from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path

import yaml

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_choice
from course_utils.widgets.page_element import element_script

TAG = "course-quiz"
SCRIPTS = ("shared/page_parts.js", "quiz/element.js")
STYLE = "quiz/style.css"
FEWEST, MOST = 3, 4  # questions of a quiz, and choices of a question
WITHOUT_SCRIPT = "Choose for yourself before you unfold an answer."


@dataclass(frozen=True)
class Choice:
    """One answer that a question offers.

    Parameters
    ----------
    text : str
        The answer.
    reason : str
        Why it is right, or why it is wrong.
    right : bool
        Whether it is right.
    """

    text: str
    reason: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with exactly one right answer.

    Parameters
    ----------
    id : str
        Names it within its quiz; answers are kept under it.
    ask : str
        What is asked.
    choices : tuple of Choice
        In the order in which they are shown.
    """

    id: str
    ask: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        _check_number(f"choices for {self.id}", len(self.choices))
        texts = [choice.text for choice in self.choices]
        reasons = [choice.reason for choice in self.choices]
        for text in (self.id, self.ask, *texts, *reasons):
            if not isinstance(text, str) or not text.strip():
                raise CourseError(
                    f"a text for every part of the question {self.id}",
                    repr(text),
                    "put it into quotes, or write what is missing",
                )
        n_right = sum(choice.right is True for choice in self.choices)
        if n_right != 1 or len(set(texts)) != len(texts):
            raise CourseError(
                f"different choices for {self.id}, exactly one of them right",
                f"{n_right} right of {len(set(texts))} different ones",
                "mark one with 'right: true'",
            )


@dataclass(frozen=True)
class Quiz:
    """The questions of a chapter; a notebook shows them by itself.

    Parameters
    ----------
    chapter : str
        Its number, such as `11`; the page keeps answers under it.
    questions : tuple of Question
        In the order in which they are asked.
    """

    chapter: str
    questions: tuple[Question, ...] = field(repr=False)

    def __post_init__(self) -> None:
        _check_number(f"questions in quiz {self.chapter}", len(self.questions))
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise CourseError(
                f"a different id for each question of quiz {self.chapter}",
                ", ".join(ids),
                "rename one of those that are equal",
            )

    def _repr_html_(self) -> str:
        questions = "".join(
            _question_html(number, question)
            for number, question in enumerate(self.questions, start=1)
        )
        return (
            f'<{TAG} chapter="{escape(self.chapter)}"><p>{WITHOUT_SCRIPT}</p>'
            f"{questions}</{TAG}>{element_script(TAG, SCRIPTS, STYLE)}"
        )


def quiz(chapter: str) -> Quiz:
    """Return the quiz of a chapter, to be shown as a cell's last value.

    Parameters
    ----------
    chapter : str
        The chapter's number, such as `"11"`.

    Raises
    ------
    CourseError
        If there is no such chapter.

    Taught in: notebooks/00_start_here.ipynb
    """
    folder = Path(str(resources.files("course_utils.exercises") / "quizzes"))
    known = sorted(path.stem for path in folder.glob("*.yml"))
    check_choice("the chapter", chapter, known)
    return read_quiz(folder / f"{chapter}.yml")


def read_quiz(path: Path) -> Quiz:
    """Read a quiz from a YAML file, named by its chapter.

    The file is a list of questions; each is a mapping of `id`, `ask` and
    `choices`, a list of mappings of `text`, `reason` and, once, `right`.

    Parameters
    ----------
    path : Path
        Such as `11.yml`.

    Raises
    ------
    CourseError
        If a part is missing, or unknown, or there twice; see `Question`.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = tuple(
            Question(
                **{
                    **entry,
                    "choices": tuple(Choice(**c) for c in entry["choices"]),
                }
            )
            for entry in entries
        )
    except CourseError:
        raise
    except (yaml.YAMLError, *BAD_CONTENT) as error:
        raise CourseError(
            f"questions with id, ask and choices in {path.name}",
            str(error),
            "compare it with another chapter's file",
        ) from None
    return Quiz(path.stem, questions)


def _check_number(what: str, number: int) -> None:
    """Raise `CourseError` unless there are as many as a quiz may have."""
    if not FEWEST <= number <= MOST:
        raise CourseError(
            f"{FEWEST} to {MOST} {what}", number, "add some, or leave some out"
        )


def _question_html(number: int, question: Question) -> str:
    """Return a question as plain HTML; `elements/quiz/element.js` reads it."""
    choices = "".join(f"<li>{escape(c.text)}</li>" for c in question.choices)
    reasons = "".join(
        f"<li{' data-right' if choice.right else ''}>"
        f"<strong>{'Right.' if choice.right else 'Wrong.'}</strong> "
        f"{escape(choice.reason)}</li>"
        for choice in question.choices
    )
    return (
        f'<div data-question="{escape(question.id)}">'
        f"<p>{number}. {escape(question.ask)}</p>"
        f'<ol type="A" data-choices>{choices}</ol>'
        "<details><summary>Answer</summary>"
        f'<ol type="A" data-reasons>{reasons}</ol></details></div>'
    )
