"""What benchmarks found: cases, records of a commit, and all of them.

Taught in: notebooks/00_start_here.ipynb
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from course_utils.basics import paths
from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file
from course_utils.experiments.costs import machine

HISTORY_FILE = "benchmarks.json"
PARTS = (
    "Transform",
    "Rendering",
    "MIDI files",
    "Tokens",
    "Training",
    "Generation",
    "Book",
)


@dataclass(frozen=True)
class Case:
    """What one part took, beside its baseline and its limit.

    Parameters
    ----------
    name, part : str
        What was timed; one of `PARTS`.
    unit : str
        What is counted, such as "note"; all seconds are for one of it.
    seconds : float
        Median of the rounds.
    baseline, limit : str
        What it is compared with, in words.
    baseline_seconds, limit_seconds : float
        Medians too.
    ratio : float
        Baseline divided by ours: how many times as fast ours is. Median of
        the rounds, each a ratio of neighbours in time.
    ratio_low, ratio_high : float
        Least and largest of the rounds.
    share : float
        Limit divided by ours, in the same way: 1 is as fast as can be.
    n_rounds : int
        How often all were timed.
    """

    name: str
    part: str
    unit: str
    seconds: float
    baseline: str
    baseline_seconds: float
    ratio: float
    ratio_low: float
    ratio_high: float
    limit: str
    limit_seconds: float
    share: float
    n_rounds: int


@dataclass(frozen=True)
class Record:
    """All cases of one commit.

    Parameters
    ----------
    commit : str
        Of the checkout; "unknown" outside git.
    dirty : bool
        Whether files differed from it.
    date : str
        When it was measured, in ISO form.
    machine : str
        In words; see `costs.machine`.
    provisional : bool
        Measured while the machine had other work.
    peaks : dict
        See `machine_peaks.measure_peaks`.
    cases : tuple of Case
    """

    commit: str
    dirty: bool
    date: str
    machine: str
    provisional: bool
    peaks: dict
    cases: tuple[Case, ...]


def history_path() -> Path:
    """Return where the records are kept."""
    # Through its module, as in `costs.costs_path`.
    return paths.shipped_data_dir() / "experiments" / HISTORY_FILE


def history(path: Path | None = None) -> list[Record]:
    """Return the records, oldest first; none if there is no file.

    Parameters
    ----------
    path : Path, optional
        The JSON file; by default the one that ships with the course.

    Raises
    ------
    CourseError
        If the file cannot be read.
    """
    path = path or history_path()
    if not path.is_file():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_record(row) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise CourseError(
            f"records of benchmarks in {path}",
            f"a file that cannot be read ({error!r})",
            "take it from git again, or delete it and measure anew",
        ) from error


def _record(row: dict) -> Record:
    """Return one row of the file as a record."""
    cases = tuple(Case(**case) for case in row["cases"])
    return Record(**row | {"cases": cases})


def keep(record: Record, path: Path) -> None:
    """Add a record; one of the same commit is replaced.

    Parameters
    ----------
    record : Record
        If it holds only some cases, others of that commit stay.
    path : Path
        The JSON file.
    """
    rows = {old.commit: old for old in history(path)}
    before = rows.pop(record.commit, None)
    if before is not None:
        new = {case.name for case in record.cases}
        kept = [case for case in before.cases if case.name not in new]
        record = _with_cases(record, [*kept, *record.cases])
    rows[record.commit] = _with_cases(record, record.cases)
    in_order = sorted(rows.values(), key=lambda row: row.date)
    text = json.dumps([asdict(row) for row in in_order], indent=1)
    with atomic_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def _with_cases(record: Record, cases: Sequence[Case]) -> Record:
    """Return a record with these cases, in the order of the parts."""
    in_order = sorted(cases, key=lambda case: PARTS.index(case.part))
    return replace(record, cases=tuple(in_order))


def case_of(name: str, part: str, told: dict) -> Case:
    """Return a case from the times of its rounds.

    Parameters
    ----------
    name, part : str
        As in `Case`.
    told : dict
        `unit`, `baseline`, `limit` (words), `n_items`, `n_baseline_items`,
        and the seconds of each round: `ours`, `baseline_s`, `limit_s`. The
        limit is one of as many items as ours.
    """
    ours = [s / told["n_items"] for s in told["ours"]]
    base = [s / told["n_baseline_items"] for s in told["baseline_s"]]
    limits = [s / told["n_items"] for s in told["limit_s"]]
    ratios = [b / o for b, o in zip(base, ours, strict=True)]
    shares = [x / o for x, o in zip(limits, ours, strict=True)]
    return Case(
        name=name,
        part=part,
        unit=told["unit"],
        seconds=median(ours),
        baseline=told["baseline"],
        baseline_seconds=median(base),
        ratio=median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        limit=told["limit"],
        limit_seconds=median(limits),
        share=median(shares),
        n_rounds=len(ours),
    )


def record_of(report: dict, peaks: dict, provisional: bool) -> Record:
    """Return a record from what pytest-benchmark wrote.

    Parameters
    ----------
    report : dict
        Its JSON; the times of the rounds stand in `extra_info`.
    peaks : dict
        See `machine_peaks.measure_peaks`.
    provisional : bool
        As in `Record`.
    """
    commit = report["commit_info"]
    cases = [
        case_of(b["extra_info"]["name"], b["group"], b["extra_info"])
        for b in report["benchmarks"]
    ]
    record = Record(
        commit=commit.get("id", "unknown"),
        dirty=bool(commit.get("dirty", True)),
        date=report["datetime"],
        machine=machine(),
        provisional=provisional,
        peaks=peaks,
        cases=(),
    )
    return _with_cases(record, cases)
