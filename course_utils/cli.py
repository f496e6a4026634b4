"""The `course` command: doctor, data, train, generate, evaluate, sweep.

Every command has `--help` and `--json` (one JSON object on stdout, nothing
else there), and ends non-zero with one line on stderr when it cannot do what
was asked. What each command asks for and calls stands in `commands/`.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from course_utils.basics import launch
from course_utils.basics.checks import CourseError
from course_utils.commands.evaluating import add_evaluate
from course_utils.commands.generating import add_generate
from course_utils.commands.parsing import Parser
from course_utils.commands.sweeping import add_sweep
from course_utils.commands.tools import (
    add_compare,
    add_data,
    add_doctor,
    add_notebooks,
)
from course_utils.commands.training import add_train

INTERRUPTED = 130  # the shell's own code for Ctrl-C
FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after `course`; by default those of the process.
    """
    parsed = _parser().parse_args(arguments)
    # Idle threads of torch sleep instead of spinning against other programs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    launch.hush_others()
    try:
        result, text = parsed.run(parsed)
    except CourseError as error:
        launch.wait_for_turn(error)
        return _fail(parsed, str(error), FAILED)
    except OSError as error:
        launch.wait_for_turn(error)
        return _fail(parsed, f"{error.strerror}: {error.filename}", FAILED)
    except KeyboardInterrupt:
        if not launch.is_main():
            return INTERRUPTED
        return _fail(parsed, "interrupted; what was done is kept", INTERRUPTED)
    if not launch.is_main():
        return 0
    as_json = getattr(parsed, "json", False)
    _say(json.dumps(result, default=str) if as_json else text)
    if result.get("ready", True):
        return 0
    return _fail(parsed, "not ready; the result says what to do", FAILED)


def _say(text: str) -> None:
    """Print a result; a reader that stops early, like `head`, is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(parsed: argparse.Namespace, message: str, code: int) -> int:
    """Say in one line what went wrong."""
    line = " ".join(message.split())
    print(f"course {parsed.command}: {line}", file=sys.stderr)
    return code


def _parser() -> Parser:
    """Build the whole command line, in the order of its help."""
    parser = Parser(
        prog="course", description="Train, play and judge music generators."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (
        add_doctor,
        add_data,
        add_train,
        add_generate,
        add_evaluate,
        add_compare,
        add_notebooks,
        add_sweep,
    ):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
