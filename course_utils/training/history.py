"""The numbers of a training, step by step, kept as a small table.

Taught in: notebooks/40_lstm_training.ipynb
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.basics.files import atomic_file


@dataclass
class History:
    """Rows of numbers, one row a step; rows may have different columns.

    Parameters
    ----------
    rows : list of dict
        Column name -> number; every row has `step`.
    """

    rows: list[dict[str, float]] = field(default_factory=list)

    def record(self, step: int, **numbers: float) -> None:
        """Add numbers to the row of `step`, which is the last or a new one."""
        if not self.rows or self.rows[-1]["step"] != step:
            self.rows.append({"step": step})
        self.rows[-1].update(numbers)

    def column(self, name: str) -> tuple[list[int], list[float]]:
        """Return the steps at which `name` was recorded, and its values."""
        rows = [row for row in self.rows if name in row]
        return [row["step"] for row in rows], [row[name] for row in rows]

    def write_csv(self, path: Path | str) -> None:
        """Write the table; a number that a row lacks is left empty."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        with atomic_file(path) as part, part.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(names) or ["step"])
            writer.writeheader()
            writer.writerows(self.rows)
