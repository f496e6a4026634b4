"""The history of a training as it is shipped: fewer rows, all evaluations.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import csv
from pathlib import Path

from course_utils.basics.files import atomic_file

THINNED = 25  # one training step in so many stays in the history


def ship_history(source: Path, target: Path) -> list[dict[str, float]]:
    """Thin a history out; return the rows with held-out figures.

    Returns
    -------
    list of dict
        `step`, `nll` (one batch) and `held_out_nll` of all evaluations.
    """
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kept = [
        row
        for row in rows
        if row["held_out_nll"] or int(row["step"]) % THINNED == 0
    ]
    with atomic_file(target) as part, part.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    return [
        {
            "step": int(row["step"]),
            "nll": float(row["nll"]),
            "held_out_nll": float(row["held_out_nll"]),
        }
        for row in kept
        if row["held_out_nll"]
    ]
