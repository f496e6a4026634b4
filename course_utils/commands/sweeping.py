"""The command for many runs, and the words about who works.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
from typing import TYPE_CHECKING

from course_utils.commands.parsing import Answer, Parser, add_command

if TYPE_CHECKING:
    from course_utils.basics.workers import Workers

EXAMPLE = """\
a sweep file:
  name: beating
  notebook: 11
  preset: smoke
  seeds: [0, 1]
  grid:                          or list:, one run an entry
    N_PAINTER_STEPS: [20, 40]      - {N_PAINTER_STEPS: 20}

The same command goes on with what is not finished.
"""


def add_sweep(commands: argparse._SubParsersAction) -> None:
    """Add `course sweep`."""
    text = "run a notebook with many sizes or seeds"
    command = add_command(commands, "sweep", text, _sweep)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = EXAMPLE
    command.add_argument("file", help="a sweep file, YAML")
    add_workers(command)
    command.add_argument("--out", metavar="DIR", help="default: runs/sweeps")


def add_workers(command: Parser) -> None:
    """Add `--workers` and `--scheduler`."""
    command.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes of this machine; default: 1",
    )
    command.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="take the workers of this Dask scheduler instead",
    )


def workers_of(parsed: argparse.Namespace) -> "Workers":
    """Return who works, from the words of `add_workers`."""
    from course_utils.basics.workers import Workers

    return Workers(parsed.workers, parsed.scheduler)


def _sweep(parsed: argparse.Namespace) -> Answer:
    from course_utils.experiments import sweep

    workers = workers_of(parsed)
    result = sweep.run_sweep(parsed.file, workers=workers, out=parsed.out)
    lines = [
        f"failed: {run}, see {about['notebook'] or 'results.csv'}"
        for run, about in result["failed"].items()
    ]
    return result, "\n".join([*lines, result["summary"]])
