"""Check an answer, say what is wrong with it, and offer the next hint.

Each `chapter_NN.py` beside this file registers its exercises with
`@exercise`; the notebooks call `check`.

Taught in: notebooks/00_start_here.ipynb
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.basics.checks import CourseError

PASSED = "Exercise {name}: correct."
FAILED = "Exercise {name}: not yet. {reason}"
HINT = "Hint {number} of {total}: {text}"
NO_ANSWER = "The answer is still empty."


class Wrong(AssertionError):
    """Raised by an exercise's check: says what is wrong, and why."""


@dataclass
class _Exercise:
    judge: Callable[[object], None]
    hints: tuple[str, ...]
    n_tries: int = field(default=0)


_EXERCISES: dict[str, _Exercise] = {}


def exercise(
    name: str, *, hints: tuple[str, ...]
) -> Callable[[Callable], Callable]:
    """Register the judge of one exercise.

    Parameters
    ----------
    name : str
        Chapter and number, such as `"12.1"`.
    hints : tuple of str
        From a nudge to nearly the solution; one more is shown at each try.

    Returns
    -------
    callable
        A decorator for a function that takes the answer and raises `Wrong`
        (or any AssertionError) when it is wrong.
    """

    def register(judge: Callable[[object], None]) -> Callable:
        _EXERCISES[name] = _Exercise(judge, hints)
        return judge

    return register


def check(name: str, answer: object) -> None:
    """Print whether an answer is right; if not, why, and a hint.

    A wrong answer never raises: the notebook goes on.

    Parameters
    ----------
    name : str
        Chapter and number, such as `"12.1"`.
    answer : object
        What the exercise asks for: a function, a number, an array.

    Raises
    ------
    CourseError
        If there is no exercise of this name.
    """
    item = _find(name)
    reason = _reason(item.judge, answer)
    if reason is None:
        print(PASSED.format(name=name))
        return
    print(FAILED.format(name=name, reason=reason))
    if item.hints:
        number = min(item.n_tries, len(item.hints) - 1)
        total = len(item.hints)
        text = item.hints[number]
        print(HINT.format(number=number + 1, total=total, text=text))
        item.n_tries += 1


def _find(name: str) -> _Exercise:
    """Import the chapter of an exercise and return it."""
    chapter = name.partition(".")[0]
    module = f"course_utils.exercises.chapter_{chapter}"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
    if name not in _EXERCISES:
        known = ", ".join(k for k in _EXERCISES if k.startswith(chapter))
        raise CourseError(
            f"an exercise of chapter {chapter}: {known or 'it has none'}",
            repr(name),
            "copy the name from the exercise's text",
        )
    return _EXERCISES[name]


def _reason(judge: Callable[[object], None], answer: object) -> str | None:
    """Return what is wrong with the answer, or None."""
    if answer is None:
        return NO_ANSWER
    try:
        judge(answer)
    except AssertionError as error:
        return str(error) or "The result differs from what was asked."
    except Exception as error:  # a student's code may raise anything
        if callable(answer) and _returns_nothing(error):
            return NO_ANSWER
        return f"Your code stopped with {type(error).__name__}: {error}."
    return None


def _returns_nothing(error: Exception) -> bool:
    """Tell the error of an untouched stub, which returns None."""
    return isinstance(error, (TypeError, AttributeError)) and (
        "NoneType" in str(error)
    )
