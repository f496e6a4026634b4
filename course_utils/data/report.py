"""What was left out when a corpus was read, and why.

One bad file among thousands must not stop a reading; it must not vanish
without a word either.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_LISTED = 10  # names in a report; the rest is counted
MAX_IN_LINE = 2  # names in an error, which is one line


@dataclass(frozen=True)
class Skipped:
    """One file that was left out.

    Parameters
    ----------
    name : str
        The file, the note or the piece.
    reason : str
        What is wrong with it.
    """

    name: str
    reason: str


def skipped_report(skipped: Sequence[Skipped]) -> str:
    """Return a few lines that name what was left out; "" if nothing was."""
    if not skipped:
        return ""
    lines = [f"left out {len(skipped)}:"]
    for item in skipped[:MAX_LISTED]:
        lines.append(f"  {item.name}: {item.reason}")
    if len(skipped) > MAX_LISTED:
        lines.append(f"  and {len(skipped) - MAX_LISTED} more")
    return "\n".join(lines)


def skipped_line(skipped: Sequence[Skipped]) -> str:
    """Return one line about what was left out, for an error's text."""
    if not skipped:
        return "none"
    first = [f"{s.name} ({s.reason})" for s in skipped[:MAX_IN_LINE]]
    if len(skipped) > MAX_IN_LINE:
        first.append(f"and {len(skipped) - MAX_IN_LINE} more")
    return f"{len(skipped)} left out: {', '.join(first)}"
