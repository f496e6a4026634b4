import importlib
import re
from pathlib import Path

import pytest

from course_utils.basics.checks import CourseError
from course_utils.exercises import check as module
from course_utils.exercises.check import Wrong, check, exercise


@pytest.fixture(autouse=True)
def own_exercise():
    @exercise("00.99", hints=("nudge", "half", "all"))
    def doubles(answer):
        """Take a function that doubles a number."""
        if answer(3) != 6:
            raise Wrong(f"3 doubled is 6, not {answer(3)}.")
        if answer("a") != "aa":
            raise AssertionError

    yield
    del module._EXERCISES["00.99"]


def test_a_right_answer_passes(capsys):
    check("00.99", lambda x: x * 2)
    assert capsys.readouterr().out == "Exercise 00.99: correct.\n"


def test_a_wrong_answer_is_explained_and_the_hints_go_on(capsys):
    for hint in ("1 of 3: nudge", "2 of 3: half", "3 of 3: all", "3 of 3"):
        check("00.99", lambda x: x + 1)
        out = capsys.readouterr().out
        assert "not yet. 3 doubled is 6, not 4." in out
        assert f"Hint {hint}" in out


def test_an_empty_answer_is_called_empty(capsys):
    check("00.99", None)
    check("00.99", lambda x: None * 2)
    assert capsys.readouterr().out.count("still empty") == 2


def test_an_answer_that_stops_is_shown_and_does_not_raise(capsys):
    check("00.99", lambda x: 1 / 0)
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().out


def test_a_bare_assertion_still_says_something(capsys):
    check("00.99", lambda x: 6)
    assert "differs from what was asked" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["00.98", "77.1", "x"])
def test_an_unknown_exercise_is_named(name):
    with pytest.raises(CourseError, match="copy the name"):
        check(name, 1)


def test_every_chapter_with_exercises_has_a_notebook():
    root = Path(__file__).parents[2]
    for file in (root / "course_utils/exercises").glob("chapter_*.py"):
        number = re.search(r"\d+", file.stem).group()
        assert list((root / "notebooks").glob(f"{number}_*.ipynb"))


def test_every_chapter_has_exercises_with_a_ladder_of_hints():
    root = Path(__file__).parents[2]
    chapters = [path.name[:2] for path in (root / "notebooks").glob("*.ipynb")]
    for chapter in chapters:
        importlib.import_module(f"course_utils.exercises.chapter_{chapter}")
        names = [n for n in module._EXERCISES if n[:2] == chapter]
        assert len([n for n in names if n != "00.99"]) >= 3
    for name, item in module._EXERCISES.items():
        assert len(set(item.hints)) == len(item.hints) >= 2, name
        assert all(hint.strip() for hint in item.hints), name
