"""One wording for every error the user can cause: expected, got, what to do.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Collection
from pathlib import Path

# What Python raises where a file holds something else than was meant: values
# of a wrong kind, missing ones, numbers too large, lists nested too deep.
BAD_CONTENT = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
LONGEST_GOT = 400  # characters of what came, in an error's text
LONGEST_OURS = 1500  # of what we say ourselves; it may list all notebooks


class CourseError(ValueError):
    """An error the user can mend; its text alone says how, in one line.

    Parameters
    ----------
    expected : str
        What was needed, with its unit.
    got : object
        What came instead; shown with `str`.
    to_do : str
        What to do about it, as an instruction.
    """

    def __init__(self, expected: str, got: object, to_do: str) -> None:
        expected, to_do = (
            one_line(t, LONGEST_OURS) for t in (expected, to_do)
        )
        super().__init__(f"expected {expected}; got {one_line(got)}; {to_do}")


def one_line(value: object, longest: int = LONGEST_GOT) -> str:
    """Return a value as one line that any terminal can show.

    Parameters
    ----------
    value : object
        Perhaps from a file that nobody vouches for.
    longest : int
        Characters; of a longer text the middle is left out.

    Returns
    -------
    str
        Its text. The end of a line is a space; other characters that do not
        print stand as escapes, so that a file cannot move the cursor.
    """
    try:
        text = str(value)
    except (ValueError, RecursionError):  # thousands of digits, or of lists
        text = f"{type(value).__name__} too long to show"
    text = _without_middle(text, longest)
    text = text.replace("\n", " ")
    signs = (c if c.isprintable() else repr(c)[1:-1] for c in text)
    return _without_middle("".join(signs), longest)


def _without_middle(text: str, longest: int) -> str:
    """Return a text of at most so many characters and three dots."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} ... {text[-half:]}"


def check_choice(name: str, value: object, choices: Collection) -> None:
    """Raise `CourseError` unless `value` is one of `choices`."""
    if value not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise CourseError(
            f"{name} to be one of {listed}",
            repr(value),
            "choose one of these names",
        )


def check_range(
    name: str, value: float, low: float, high: float, unit: str = ""
) -> None:
    """Raise `CourseError` unless `low <= value <= high`; NaN is refused."""
    if not low <= value <= high:
        raise CourseError(
            f"{name} from {low} to {high} {unit}".rstrip(),
            value,
            "change it to lie in this range",
        )


def check_file(path: Path | str, what: str) -> Path:
    """Return `path` as a `Path`; raise `CourseError` if it is no file."""
    path = Path(path)
    try:
        found = path.is_file()
        kind = "a folder" if path.is_dir() else "nothing there"
    except OSError as error:  # a name too long, a folder without permission
        found, kind = False, f"no answer ({error.strerror})"
    if not found:
        raise CourseError(
            f"{what} at {path}", kind, "check the path for a typing error"
        )
    return path


def check_folder(path: Path | str, what: str) -> Path:
    """Return `path` as a `Path`; raise `CourseError` if it is no folder."""
    path = Path(path)
    if not path.is_dir():
        kind = "a file" if path.is_file() else "nothing there"
        raise CourseError(
            f"a folder with {what} at {path}",
            kind,
            "check the path, or the variable COURSE_DATA_DIR",
        )
    return path
