"""A sweep as a file: one notebook, and which of its sizes take which values.

    name: beating                 # also the name of its folder
    notebook: 11                  # number or name
    preset: smoke                 # whatever is not named below is as here
    seeds: [0, 1]
    grid:                         # each combination; or `list:`, one by one
      N_PAINTER_STEPS: [20, 40, 80]

That is six runs. The file is data: nothing in it is executed, and each
mistake is named before anything runs.

Taught in: notebooks/00_start_here.ipynb
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from reprlib import repr as short

import yaml

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.presets import PRESETS
from course_utils.basics.runtime import MAX_SEED
from course_utils.experiments import notebook_file
from course_utils.experiments.freshness import Workplace, names_of

NEEDED = ("name", "notebook", "preset")
KEYS = (*NEEDED, "seeds", "grid", "list")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
OWN_KEY = {"PRESET": "preset", "SEED": "seeds"}  # of these parameters
MAX_BYTES = 100_000
MAX_DEPTH = 5  # the file, `grid:`, its values, a value that is a list
MAX_RUNS = 1000
MAX_ITEMS = 100  # of a value that is a list
MAX_TEXT = 200  # characters of a value
MAX_NUMBER = 2**53  # whole numbers that tables and notebooks read alike
DIGITS = 10  # of a sha256 in a run's name; 40 bits tell a thousand apart
BAD_TEXT = (yaml.YAMLError, *BAD_CONTENT)


@dataclass(frozen=True)
class Sweep:
    """What a sweep file asks for.

    Parameters
    ----------
    name : str
        Small letters, digits, `-` and `_`.
    notebook : str
        File name without suffix.
    preset : str
        One of the four presets.
    changes : tuple of dict
        For each run the parameters that differ from the preset's.
    """

    name: str
    notebook: str
    preset: str
    changes: tuple[dict[str, object], ...]

    def run_name(self, changes: dict[str, object]) -> str:
        """Return the name of a run; the same parameters, the same name."""
        told = [self.notebook, self.preset, sorted(changes.items())]
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return f"run-{digest[:DIGITS]}"


def read_sweep(path: Path | str, place: Workplace) -> Sweep:
    """Read a sweep file, and check all of it.

    Parameters
    ----------
    path : Path or str
        A YAML file.
    place : Workplace
        Where its notebook lies.

    Raises
    ------
    CourseError
        If there is no such file or notebook, or a key is missing, unknown
        or of another kind than it must be; the text names the key.
    """
    table = _table(check_file(path, "a sweep"))
    for key in table:
        if key not in KEYS:
            raise _wrong(short(key), f"to be one of {', '.join(KEYS)}", "it")
    for key in NEEDED:
        if key not in table:
            raise _wrong(key, "to be there", "nothing")
    notebook = _notebook(table["notebook"], place)
    entries, seeds = _entries(table), _seeds(table)
    _check_names(notebook, entries, seeds, place)
    if len(entries) * len(seeds) > MAX_RUNS:
        raise _too_many(len(entries) * len(seeds))
    changes = tuple(e | s for e, s in product(entries, seeds))
    name, preset = _name(table["name"]), _preset(table["preset"])
    sweep = Sweep(name, notebook, preset, changes)
    _check_doubles(sweep)
    return sweep


def _table(path: Path) -> dict:
    """Return the file's mapping, of plain values."""
    if path.stat().st_size > MAX_BYTES:
        raise _wrong("the file", f"to have at most {MAX_BYTES} bytes", "more")
    try:
        text = path.read_text(encoding="utf-8")
        _check_shape(text)
        table = yaml.safe_load(text)
    except CourseError:
        raise
    except BAD_TEXT as error:
        line = " ".join(str(error).split())
        raise _wrong("the file", "to be YAML", f"{line:.200}") from error
    if not isinstance(table, dict):
        raise _wrong("the file", "to hold keys with values", short(table))
    return table


def _check_shape(text: str) -> None:
    """Refuse short texts that would take all memory or time to read."""
    depth = 0
    for event in yaml.parse(text):
        if isinstance(event, yaml.AliasEvent):
            raise _wrong("the file", "to have no YAML aliases", "one with *")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            rule = f"to be at most {MAX_DEPTH} lists and mappings deep"
            raise _wrong("the file", rule, "more")


def _wrong(key: str, expected: str, got: object) -> CourseError:
    """Return the error about one key of the file."""
    return CourseError(
        f"{key} in the sweep {expected}",
        got,
        "mend the file; `course sweep --help` shows one",
    )


def _name(value: object) -> str:
    """Return the name of a sweep, which is a folder's too."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    rule = "to be of small letters, digits, - and _, at most 64"
    raise _wrong("name", rule, short(value))


def _preset(value: object) -> str:
    """Return the preset."""
    if value in PRESETS:
        return value
    rule = f"to be one of {', '.join(PRESETS)}"
    raise _wrong("preset", rule, short(value))


def _notebook(value: object, place: Workplace) -> str:
    """Return the name of the one notebook."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    word = f"{value:02d}" if whole else value
    if not isinstance(word, str) or not word.strip() or len(word) > MAX_TEXT:
        raise _wrong("notebook", "to be a number or a name", short(value))
    found = names_of(place, [word])
    if len(found) > 1:
        raise _wrong("notebook", "to be one notebook", ", ".join(found))
    return found[0]


def _entries(table: dict) -> list[dict[str, object]]:
    """Return the changed parameters of each run, seeds apart."""
    if "grid" in table and "list" in table:
        raise _wrong("grid", "or list, not both", "both")
    if "grid" in table:
        return _grid(table["grid"])
    return _list(table["list"]) if "list" in table else [{}]


def _too_many(n_runs: int) -> CourseError:
    """Return the error about too many runs."""
    rule = f"to ask for at most {MAX_RUNS} runs"
    return _wrong("grid, list and seeds", rule, n_runs)


def _seeds(table: dict) -> list[dict[str, object]]:
    """Return the seeds, each as the change of a run."""
    if "seeds" not in table:
        return [{}]
    value = table["seeds"]
    seeds = value if isinstance(value, list) else [value]
    good = all(type(s) is int and 0 <= s <= MAX_SEED for s in seeds)
    if not (good and seeds and len(set(seeds)) == len(seeds)):
        rule = "to be whole numbers from 0 on, each once"
        raise _wrong("seeds", rule, short(value))
    return [{"SEED": seed} for seed in seeds]


def _grid(value: object) -> list[dict[str, object]]:
    """Return each combination of the values."""
    if not isinstance(value, dict) or not value:
        rule = "to give each parameter a list of values"
        raise _wrong("grid", rule, short(value))
    for name, values in value.items():
        if not isinstance(values, list) or not values:
            rule = "to be a list of values"
            raise _wrong(f"grid: {short(name)}", rule, short(values))
        _check_values(f"grid: {short(name)}", values)
    n_runs = math.prod(map(len, value.values()))
    if n_runs > MAX_RUNS:
        raise _too_many(n_runs)
    rows = product(*value.values())
    return [dict(zip(value, row, strict=True)) for row in rows]


def _list(value: object) -> list[dict[str, object]]:
    """Return the entries, each the changes of a run."""
    good = isinstance(value, list) and all(isinstance(e, dict) for e in value)
    if not good or not value or len(value) > MAX_RUNS:
        rule = f"to hold 1 to {MAX_RUNS} entries such as {{N_STEPS: 20}}"
        raise _wrong("list", rule, short(value))
    for number, entry in enumerate(value, start=1):
        for name, item in entry.items():
            _check_values(f"list: entry {number}: {short(name)}", [item])
    return value


def _check_values(key: str, values: list) -> None:
    """Refuse what a notebook's parameter or a table cannot hold."""
    for value in values:
        items = value if isinstance(value, list) else [value]
        if len(items) > MAX_ITEMS or not all(map(_is_plain, items)):
            rule = "to be numbers, texts, true, false, or short lists of them"
            raise _wrong(key, rule, short(value))


def _is_plain(value: object) -> bool:
    """Return whether a value is one number, text or truth value."""
    if isinstance(value, str):
        return len(value) <= MAX_TEXT and value.isprintable()
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= MAX_NUMBER


def _check_names(
    notebook: str, entries: list[dict], seeds: list[dict], place: Workplace
) -> None:
    """Refuse parameters that the notebook does not have."""
    source = notebook_file.read(place.source(notebook))
    declared = notebook_file.parameters(source)
    if seeds != [{}] and "SEED" not in declared:
        rule = f"to be left out: {notebook} draws nothing at random"
        raise _wrong("seeds", rule, "some")
    free = [name for name in declared if name not in OWN_KEY]
    rule = f"to name parameters of {notebook}: {', '.join(free) or 'none'}"
    for name in dict.fromkeys(name for entry in entries for name in entry):
        if name not in free:
            own = OWN_KEY.get(name)
            told = f", which is the key {own}" if own else ""
            raise _wrong("grid or list", rule, short(name) + told)


def _check_doubles(sweep: Sweep) -> None:
    """Refuse a run that is named twice."""
    seen = set()
    for changes in sweep.changes:
        run = sweep.run_name(changes)
        if run in seen:
            rule = "to name each run once"
            raise _wrong("grid or list", rule, short(changes))
        seen.add(run)
