"""What a parser is to the fuzz tests: its cases, and how it is called."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing(folder):
    return None


@dataclass(frozen=True)
class Target:
    """One parser.

    `cases` takes a `random.Random` and returns {file name: bytes}; `parse`
    reads them in a folder and returns what was skipped, if anything; `prepare`
    puts the files there that all cases share.
    """

    cases: Callable
    parse: Callable
    prepare: Callable = _nothing
