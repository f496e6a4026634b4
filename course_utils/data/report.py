"""What was left out when a corpus was read, and why.

One bad file among thousands must not stop a reading; it must not vanish
without a word either.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_LISTED = 10  # names in a report; the rest is counted


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
