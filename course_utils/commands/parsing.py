"""What all commands share: short errors, `--json`, one parser a model.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
from collections.abc import Callable
from typing import NoReturn

from course_utils.basics.presets import PRESETS

MISUSED = 2

Answer = tuple[dict, str]  # for machines, and for people
Run = Callable[[argparse.Namespace], Answer]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """End the process; say what was misused and where the help is."""
        self.exit(MISUSED, f"{self.prog}: {message}; see {self.prog} --help\n")

    def parse_known_args(
        self, *arguments: object, **named: object
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse what is unknown here, under the name of this command."""
        parsed, unknown = super().parse_known_args(*arguments, **named)
        if unknown:
            self.error(f"no such option here: {' '.join(unknown)}")
        return parsed, unknown


def add_command(
    commands: argparse._SubParsersAction,
    name: str,
    text: str,
    run: Run | None = None,
) -> Parser:
    """Add one command; all have `--json`.

    Parameters
    ----------
    commands : argparse action
        From `add_subparsers`.
    name, text : str
        The word, and one line of help.
    run : callable, optional
        Takes the parsed words, returns (dict, text).

    Returns
    -------
    Parser
        For further arguments.
    """
    command = commands.add_parser(name, help=text, description=text)
    # Suppressed: the default of an inner parser would undo the outer one's.
    command.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print one JSON object",
    )
    if run is not None:
        command.set_defaults(run=run)
    return command


def add_models(
    commands: argparse._SubParsersAction, name: str, text: str
) -> argparse._SubParsersAction:
    """Add a command whose next word is a model with options of its own."""
    command = add_command(commands, name, text)
    return command.add_subparsers(dest="model", required=True, metavar="model")


def add_preset(command: Parser, default: str | None = "cpu") -> None:
    """Add `--preset`."""
    command.add_argument("--preset", choices=PRESETS, default=default)


def add_seed(command: Parser) -> None:
    """Add `--seed`."""
    text = "the same seed gives the same result; default: 0"
    command.add_argument("--seed", type=int, default=0, help=text)


def add_checkpoint(command: Parser) -> None:
    """Add `--checkpoint`."""
    command.add_argument(
        "--checkpoint",
        help="default: the newest in runs/ (but no smoke), else the shipped",
    )


def left_out(result: dict) -> str:
    """Return lines about the files that could not be read, if any."""
    return "".join(f"\nleft out {line}" for line in result["skipped"])
