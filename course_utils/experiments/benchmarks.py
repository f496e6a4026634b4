"""How fast each part of the course is, beside a reference, commit by commit.

    python -m course_utils.experiments.benchmarks

runs `benchmarks/` with pytest-benchmark. Every part is timed in turns with
its baseline and with its limit, so that a busy machine slows all of them
alike, and what is kept are ratios of one run. One row a commit goes into a
JSON file; the site shows it as a page.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from course_utils.basics import paths
from course_utils.basics.checks import CourseError
from course_utils.experiments.benchmark_records import (
    history_path,
    keep,
    record_of,
)
from course_utils.experiments.machine_peaks import measure_peaks

FOLDER = "benchmarks"  # of the checkout


def run(folder: Path, options: Sequence[str] = ()) -> dict:
    """Run the benchmarks of a folder; return pytest-benchmark's report.

    Parameters
    ----------
    folder : Path
        With `test_*.py`.
    options : sequence of str
        More words for pytest.

    Raises
    ------
    CourseError
        If one fails, or nothing was measured.
    """
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", str(folder)]
        command += [f"--benchmark-json={report}", "--benchmark-quiet"]
        done = subprocess.run([*command, *options], check=False)
        if done.returncode or not report.is_file():
            raise CourseError(
                "benchmarks that all run to their end",
                f"exit {done.returncode} of pytest",
                "read what it says above",
            )
        return json.loads(report.read_text(encoding="utf-8"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every part on this machine and keep one row for the commit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--out", type=Path, default=history_path())
    parser.add_argument("--only", help="cases, as pytest's -k takes them")
    parser.add_argument("--book", action="store_true", help="the book too")
    parser.add_argument("--provisional", action="store_true")
    options = parser.parse_args(arguments)
    words = ["-k", options.only] if options.only else []
    words += ["--book"] if options.book else []
    try:
        report = run(options.folder, words)
        record = record_of(report, measure_peaks(), options.provisional)
        keep(record, options.out)
    except CourseError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    for case in record.cases:
        print(f"{case.name}: {case.ratio:.2f} times {case.baseline}")
    print(f"{options.out}: {len(record.cases)} cases")
    return 0


def default_folder() -> Path:
    """Return where the benchmarks lie in a checkout."""
    return paths.REPOSITORY / FOLDER


if __name__ == "__main__":
    sys.exit(main())
