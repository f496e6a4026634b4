"""The results of a sweep as one table, for a spreadsheet and for pandas.

A row is a run, a column what it was told or what came out of it. Both files
hold the same; they are written anew after each run, whole or not at all.

Taught in: notebooks/00_start_here.ipynb
"""

import csv
import json
from collections.abc import Iterable
from importlib.util import find_spec
from numbers import Real
from pathlib import Path

from course_utils.basics.files import atomic_file

FIRST = ("run", "status", "preset", "seed")
LAST = ("seconds", "peak_memory_mib", "commit", "error")
METRIC = "metric_"
CSV, PARQUET = "results.csv", "results.parquet"


def columns(rows: Iterable[dict[str, object]]) -> list[str]:
    """Return the names of all columns: run, parameters, metrics, cost.

    Parameters
    ----------
    rows : iterable of dict
        As `sweep_run.row` gives them; they need not have the same names.
    """
    found = dict.fromkeys(name for row in rows for name in row)
    between = [name for name in found if name not in (*FIRST, *LAST)]
    told = [name for name in between if not name.startswith(METRIC)]
    scores = [name for name in between if name.startswith(METRIC)]
    return [*FIRST, *told, *scores, *LAST]


def write_tables(
    rows: list[dict[str, object]], folder: Path
) -> dict[str, Path | None]:
    """Write `results.csv` and, with pyarrow, `results.parquet`.

    Parameters
    ----------
    rows : list of dict
        As in `columns`.
    folder : Path
        Where to write.

    Returns
    -------
    dict
        `csv` and `parquet`: their paths; None where pyarrow is missing.
    """
    names = columns(rows)
    table = {name: _alike([row.get(name) for row in rows]) for name in names}
    with (
        atomic_file(folder / CSV) as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*table.values(), strict=True))
    found = {"csv": folder / CSV, "parquet": None}
    if find_spec("pyarrow") is not None:
        found["parquet"] = folder / PARQUET
        _write_parquet(table, folder / PARQUET)
    return found


def _write_parquet(table: dict[str, list], path: Path) -> None:
    """Write columns, each of one type, as a Parquet file."""
    import pyarrow
    from pyarrow import parquet

    with atomic_file(path) as part:
        parquet.write_table(pyarrow.table(table), part)


def _alike(values: list) -> list:
    """Return the values of a column in one type; a mixture as JSON."""
    kinds = {_kind(value) for value in values if value is not None}
    if kinds <= {int} or kinds <= {bool} or kinds <= {str}:
        return values
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else json.dumps(value) for value in values]


def _kind(value: object) -> type:
    """Return bool, int, float, str, or object for anything else."""
    if isinstance(value, (bool, str)):
        return type(value)
    if isinstance(value, Real):
        return int if isinstance(value, int) else float
    return object
