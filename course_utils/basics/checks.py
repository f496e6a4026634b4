"""One wording for every error the user can cause: expected, got, what to do.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Collection
from pathlib import Path


class CourseError(ValueError):
    """An error the user can mend; its text alone says how.

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
        super().__init__(f"expected {expected}; got {got}; {to_do}")


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
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing there"
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
