"""What a chapter costs, in time and memory, as it was measured.

    python -m course_utils.experiments.costs

takes the figures from the manifests of executed notebooks and keeps them
for those who have executed nothing yet: under the title of each chapter
stands what it took, and on Colab its first cell says so.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.basics import paths
from course_utils.basics.files import atomic_file
from course_utils.basics.presets import PRESETS
from course_utils.basics.runtime import describe
from course_utils.experiments.manifest import read_manifest

COSTS_FILE = "chapter_costs.json"
LINE_START = "**Time and memory**"
MINUTE, HOUR = 60, 3600  # seconds


@dataclass(frozen=True)
class ChapterCost:
    """What one execution of a chapter took, kernel start included."""

    seconds: float
    peak_memory_mib: float  # of the kernel and its children together
    machine: str  # such as "2 cores without a GPU"
    commit: str | None  # of the checkout; None outside git

    def __str__(self) -> str:
        return f"{duration(self.seconds)}, {self.peak_memory_mib:.0f} MiB"


def costs_path() -> Path:
    """Return where the measured costs are kept."""
    # Called through its module, so that not every file of `data/` counts
    # as something that a notebook depends on.
    return paths.shipped_data_dir() / "experiments" / COSTS_FILE


def duration(seconds: float) -> str:
    """Return a time in words: `41 s`, `2 min 5 s`, `1 h 10 min`."""
    whole = max(1, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def all_costs(path: Path | None = None) -> dict[str, dict[str, ChapterCost]]:
    """Return notebook -> preset -> cost, of what was measured.

    Parameters
    ----------
    path : Path, optional
        The JSON file; by default the one that ships with the course. A file
        that is not there holds nothing.
    """
    path = path or costs_path()
    if not path.is_file():
        return {}
    table = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: {preset: ChapterCost(**row) for preset, row in rows.items()}
        for name, rows in table.items()
    }


def cost(
    name: str, preset: str, path: Path | None = None
) -> ChapterCost | None:
    """Return what a chapter took at a preset; None if not measured.

    Parameters
    ----------
    name : str
        File name of the notebook without suffix: `40_lstm_training`.
    preset : str
        One of the four presets.
    path : Path, optional
        As in `all_costs`.
    """
    return all_costs(path).get(name, {}).get(preset)


def sentence(name: str, preset: str, path: Path | None = None) -> str:
    """Return how long a chapter takes, as one line for a reader.

    Parameters
    ----------
    name, preset, path
        As in `cost`.
    """
    found = cost(name, preset, path)
    if found is None:
        return f"Time and memory of this chapter at {preset}: not measured."
    return (
        f"Time and memory of this chapter at {preset}: {found}, measured on "
        f"{found.machine}."
    )


def line(name: str, path: Path | None = None) -> str:
    """Return the Markdown line under the title of a chapter.

    It is empty where nothing at all was measured.

    Parameters
    ----------
    name, path
        As in `cost`.
    """
    rows = all_costs(path).get(name, {})
    if not rows:
        return ""
    by_machine: dict[str, list[str]] = {}
    for preset in (p for p in PRESETS if p in rows):
        told = f"`{preset}` {rows[preset]}"
        by_machine.setdefault(rows[preset].machine, []).append(told)
    parts = [f"on {m}: {'; '.join(told)}" for m, told in by_machine.items()]
    missing = [f"`{preset}`" for preset in PRESETS if preset not in rows]
    if missing:
        parts.append(f"not measured: {', '.join(missing)}")
    return f"{LINE_START}, measured {'; '.join(parts)}."


def machine() -> str:
    """Return this machine in words."""
    found = describe()
    gpu = found["device"]
    with_gpu = "without a GPU" if gpu == "CPU" else f"with a {gpu}"
    return f"{found['n_cpu']} cores {with_gpu}"


def gather(executed: Path, where: str) -> dict[str, dict[str, ChapterCost]]:
    """Return the costs that the manifests below a folder hold.

    Parameters
    ----------
    executed : Path
        Holds a folder of manifests for each preset.
    where : str
        The machine on which they were executed, in words.
    """
    found: dict[str, dict[str, ChapterCost]] = {}
    for preset in PRESETS:
        for file in sorted((executed / preset).glob("*.json")):
            run = read_manifest(file)
            taken = (run.seconds, run.peak_memory_mib, where, run.commit)
            found.setdefault(run.notebook, {})[preset] = ChapterCost(*taken)
    return found


def keep(found: dict[str, dict[str, ChapterCost]], path: Path) -> None:
    """Write costs, beside those of other presets and chapters.

    Parameters
    ----------
    found : dict
        As `gather` gives it.
    path : Path
        The JSON file.
    """
    kept = all_costs(path)
    for name, rows in found.items():
        kept[name] = kept.get(name, {}) | rows
    table = {
        name: {p: asdict(kept[name][p]) for p in PRESETS if p in kept[name]}
        for name in sorted(kept)
    }
    with atomic_file(path) as part:
        part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Keep what the executed notebooks of this machine took."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    executed = paths.REPOSITORY / "_build" / "executed"
    parser.add_argument("--executed", type=Path, default=executed)
    parser.add_argument("--out", type=Path, default=costs_path())
    options = parser.parse_args(arguments)
    found = gather(options.executed, machine())
    keep(found, options.out)
    print(f"{options.out}: {len(found)} chapters measured")


if __name__ == "__main__":
    main()
