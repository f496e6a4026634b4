"""What listeners answered: read the CSV of a listening test, and count it.

A row is one answer. Its columns, which the element `<listening-test>`
writes (`widgets/elements/listening_test`):

test, listener      names; a listener is a code drawn by the browser
trial               1, 2, ... in the order in which this listener heard them
kind                real: which of A and B is the real one?
                    prefer: which of them do you like better?
                    abx: X is one of them; which?
question            which pair of clips
a, b                what clip A and clip B were, such as real and lstm
truth               the right answer, a or b; empty for prefer
answer              a or b
plays, seconds      how often a clip was started, and time until the answer

Taught in: notebooks/64_listening_test.ipynb
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from course_utils.basics.checks import CourseError, check_choice, check_file
from course_utils.basics.files import atomic_file
from course_utils.evaluation import binomial

KINDS = ("real", "prefer", "abx")
SIDES = ("a", "b")
GROUPS = ("test", "listener", "kind", "question", "pair")


@dataclass(frozen=True)
class Answer:
    """One answer of one listener; the fields are the columns of the CSV."""

    test: str
    listener: str
    trial: int
    kind: str
    question: str
    a: str
    b: str
    truth: str
    answer: str
    plays: int
    seconds: float

    @property
    def right(self) -> bool | None:
        """Whether it is right; None where no answer is."""
        return self.answer == self.truth if self.truth else None

    @property
    def chosen(self) -> str:
        """What the chosen clip was, such as real."""
        return self.a if self.answer == "a" else self.b

    @property
    def pair(self) -> str:
        """What was compared, whichever of the two was A."""
        return " / ".join(sorted((self.a, self.b)))


COLUMNS = tuple(field.name for field in fields(Answer))


@dataclass(frozen=True)
class Tally:
    """How many answers of a kind there were: `n_right` of `n`."""

    n_right: int
    n: int

    @property
    def share(self) -> float:
        """The share of right answers."""
        return self.n_right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share; see `clopper_pearson`."""
        return binomial.clopper_pearson(self.n_right, self.n)

    @property
    def p_value(self) -> float:
        """How often guessing does as well; see `binomial.p_value`."""
        return binomial.p_value(self.n_right, self.n)


def read_answers(*paths: Path | str) -> list[Answer]:
    """Read the answers of one listener or of many.

    Parameters
    ----------
    *paths : Path or str
        CSV files that the listening test saved.

    Returns
    -------
    list of Answer
        In the order of the files.

    Raises
    ------
    CourseError
        If a file is missing, empty, or no such CSV, with the line that is
        wrong; or if an answer is there twice.

    Taught in: notebooks/64_listening_test.ipynb
    """
    answers = [answer for path in paths for answer in _read(Path(path))]
    seen = set()
    for answer in answers:
        key = (answer.test, answer.listener, answer.trial)
        if key in seen:
            raise CourseError(
                "each answer once",
                f"trial {answer.trial} of listener {answer.listener} twice",
                "leave out the file that is there a second time",
            )
        seen.add(key)
    return answers


def write_answers(answers: Iterable[Answer], path: Path | str) -> None:
    """Write answers as `read_answers` reads them, whole or not at all."""
    with (
        atomic_file(path) as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(asdict(answer) for answer in answers)


def tally(answers: Iterable[Answer], liked: str | None = None) -> Tally:
    """Count right answers, or those that chose what is asked for.

    Parameters
    ----------
    answers : iterable of Answer
        Those without a right answer are passed over.
    liked : str, optional
        Count instead how often this was chosen where it could be, such as
        `real` in questions of the kind prefer.

    Raises
    ------
    CourseError
        If there is nothing to count.

    Taught in: notebooks/64_listening_test.ipynb
    """
    hits = [hit for _, hit in _hits(answers, liked)]
    return Tally(sum(hits), len(hits))


def tally_by(
    answers: Sequence[Answer], group: str, liked: str | None = None
) -> dict[str, Tally]:
    """Count per listener, per question, or per what was compared.

    Parameters
    ----------
    answers : sequence of Answer
        As `read_answers` returns them.
    group : str
        One of `GROUPS`.
    liked : str, optional
        See `tally`.

    Returns
    -------
    dict
        Name of the group -> its count, in the order of first appearance.

    Taught in: notebooks/64_listening_test.ipynb
    """
    check_choice("group", group, GROUPS)
    groups: dict[str, list[bool]] = {}
    for answer, hit in _hits(answers, liked):
        groups.setdefault(getattr(answer, group), []).append(hit)
    return {name: Tally(sum(h), len(h)) for name, h in groups.items()}


def _hits(
    answers: Iterable[Answer], liked: str | None
) -> list[tuple[Answer, bool]]:
    """Return the answers that count, and whether each is a hit."""
    if liked is None:
        hits = [(x, x.right) for x in answers if x.right is not None]
    else:
        asked = [x for x in answers if x.kind == "prefer"]
        hits = [(x, x.chosen == liked) for x in asked if liked in (x.a, x.b)]
    if not hits:
        what = f"that could choose {liked}" if liked else "to count"
        raise CourseError(
            f"answers {what}",
            "none",
            "look which kinds of question the file holds",
        )
    return hits


def table(tallies: dict[str, Tally], title: str) -> str:
    """Return counts as lines of text: share, interval and p-value."""
    width = max(len(title), *(len(name) for name in tallies))
    lines = [f"{title:{width}} right  of  share  95 % interval      p"]
    for name, count in tallies.items():
        low, high = count.interval
        lines.append(
            f"{name:{width}} {count.n_right:5} {count.n:3}  "
            f"{count.share:5.2f}  {low:.2f} to {high:.2f}   "
            f"{count.p_value:7.4f}"
        )
    return "\n".join(lines)


def _read(path: Path) -> list[Answer]:
    """Read one file."""
    path = check_file(path, "a CSV of a listening test")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(path, 1, "no text in UTF-8") from error
    rows = list(csv.reader(text.splitlines()))
    if not rows:
        raise _broken(path, 1, "an empty file")
    if tuple(rows[0]) != COLUMNS:
        raise _broken(path, 1, f"the columns {', '.join(rows[0])}")
    if len(rows) == 1:
        raise _broken(path, 1, "no answer below the names of the columns")
    return [
        _answer(row, path, line)
        for line, row in enumerate(rows[1:], start=2)
        if row
    ]


def _answer(row: list[str], path: Path, line: int) -> Answer:
    """Return one row as an answer."""
    if len(row) != len(COLUMNS):
        raise _broken(path, line, f"{len(row)} values")
    values: dict = dict(zip(COLUMNS, row, strict=True))
    allowed = {"kind": KINDS, "answer": SIDES, "truth": SIDES}
    if values["kind"] == "prefer":
        allowed["truth"] = ("",)
    for name, choices in allowed.items():
        if values[name] not in choices:
            raise _broken(path, line, f"{values[name]!r} as {name}")
    for name, number in (("trial", int), ("plays", int), ("seconds", float)):
        try:
            values[name] = number(values[name])
        except ValueError as error:
            text = f"{values[name]!r} as {name}"
            raise _broken(path, line, text) from error
        if not 0 <= values[name] < float("inf"):
            raise _broken(path, line, f"{values[name]} as {name}")
    return Answer(**values)


def _broken(path: Path, line: int, got: str) -> CourseError:
    """Return the one error for a file that is not as it was saved."""
    return CourseError(
        f"a CSV with the columns {', '.join(COLUMNS)} in {path}",
        f"{got} in line {line}",
        "save it again from the listening test, with commas and unchanged",
    )
