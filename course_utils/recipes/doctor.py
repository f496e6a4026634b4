"""Look at the machine and say whether the course can run here.

Taught in: notebooks/00_start_here.ipynb
"""

import importlib.util
import os
from pathlib import Path

import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import (
    cache_dir,
    drive_dir,
    on_colab,
    real_data_dir,
    runs_dir,
)
from course_utils.basics.runtime import GIB, describe
from course_utils.data.sources import SOURCES, find

RENDERER_COMMAND = "pip install --no-deps tinysoundfont"
# What the whole course was run on; outside it things may well work.
TESTED = {
    "python": ("3.11", "3.12", "3.13"),
    "numpy": ("2.0", "2.5"),
    "torch": ("2.6", "2.13"),
}
# name: (package, file inside it, what installs it)
PACKAGES = {
    "SoundFont": ("pretty_midi", "TimGM6mb.sf2", "pip install pretty_midi"),
    "renderer": ("tinysoundfont", "", RENDERER_COMMAND),
    "score corpus": ("music21", "corpus/bach", "pip install music21"),
    "note container": ("note_seq", "", "pip install note-seq"),
}
NEEDED_DISK_GIB = 2.0
NEEDED_MEMORY_GIB = 2.0
NO_DRIVE = (
    "no Drive is mounted: what you train is gone when the session ends; to "
    "keep it: from google.colab import drive; drive.mount('/content/drive')"
)


def examine(folder: Path | str = ".") -> dict[str, object]:
    """Return everything `course doctor` prints.

    Parameters
    ----------
    folder : Path or str
        The free disk is measured where this folder lies.

    Returns
    -------
    dict
        What `basics.runtime.describe` returns, and `colab` (its release, or
        None), `runs` (where notebooks keep what they train), `tested`
        (name -> range), `resources` (name -> dict with `ready`, `where`,
        `to_do`), `warnings` (list of str) and `ready` (bool).
    """
    report = describe(folder)
    report["colab"] = os.environ.get("COLAB_RELEASE_TAG")
    report["runs"] = str(runs_dir())
    report["gpu_memory_gib"] = _gpu_memory_gib()
    report["tested"] = {
        name: " to ".join((span[0], span[-1])) for name, span in TESTED.items()
    }
    report["resources"] = resources()
    report["warnings"] = _warnings(report)
    report["ready"] = all(
        resource["ready"]
        for resource in report["resources"].values()
        if resource["needed"]
    )
    return report


def resources() -> dict[str, dict]:
    """Return each embedded resource: is it there, where, and what to do."""
    found = {
        name: _in_package(*place) | {"needed": True}
        for name, place in PACKAGES.items()
    }
    folder = cache_dir()
    found["cache"] = _cache(folder)
    return found | _real_sets()


def as_text(report: dict) -> str:
    """Return the report of `examine` as lines to read or to copy."""
    packages = ", ".join(
        f"{name} {version or 'missing'}"
        for name, version in report["packages"].items()
    )
    tested = ", ".join(f"{k} {v}" for k, v in report["tested"].items())
    gpu = report["gpu_memory_gib"]
    device = report["device"] + (f" with {gpu} GiB" if gpu else "")
    lines = [f"colab     {report['colab']}"] if report["colab"] else []
    lines += [
        f"python    {report['python']} on {report['system']}",
        f"packages  {packages}",
        f"tested    {tested}",
        f"device    {device}, {report['n_cpu']} CPU cores",
        f"memory    {report['memory_free_gib']} of "
        f"{report['memory_gib']} GiB free",
        f"disk      {report['disk_free_gib']} GiB free",
    ]
    if report["colab"]:
        lines.append(f"runs      trainings are kept in {report['runs']}")
    lines += [_line(*item) for item in report["resources"].items()]
    lines += [f"warning   {text}" for text in report["warnings"]]
    lines.append("ready" if report["ready"] else "NOT READY: see absent above")
    return "\n".join(lines)


def _line(name: str, resource: dict) -> str:
    """Return the line of one resource."""
    if resource["ready"]:
        return f"ok        {name}: {resource['where']}"
    return f"absent    {name}: {resource['where']} ({resource['to_do']})"


def _in_package(package: str, inside: str, to_do: str) -> dict[str, object]:
    """Find a file of a package without importing the package."""
    spec = importlib.util.find_spec(package)
    origin = spec.origin if spec else None
    place = Path(origin).parent / inside if origin else None
    ready = place is not None and place.exists()
    return {
        "ready": ready,
        "where": f"{'' if ready else 'not '}in package {package}",
        "to_do": to_do,
    }


def _cache(folder: Path) -> dict:
    """Return the state of the cache; only one that can't be made is bad."""
    there = folder if folder.exists() else folder.parent
    while not there.exists():
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK)):
        to_do = "point COURSE_CACHE_DIR at a folder that can be written"
        where = f"{_short(folder)} cannot be written"
        return _optional(False, where, to_do) | {"needed": True}
    made = "made when first needed"
    return _optional(folder.is_dir(), _short(folder), made)


def _real_sets() -> dict[str, dict]:
    """Return the real sets, below COURSE_DATA_DIR or fetched to the cache."""
    sets, root = {}, real_data_dir()
    for name, source in SOURCES.items():
        if source.embedded:
            continue
        try:
            sets[name] = _optional(True, _short(find(name)), "")
        except CourseError:
            if root is not None:
                to_do = f"see {source.homepage}, or run: course data {name}"
                sets[name] = _optional(False, f"not in {_short(root)}", to_do)
    if root is None and not sets:
        place = "COURSE_DATA_DIR is not set"
        to_do = "the embedded data is enough"
        return {"real data": _optional(False, place, to_do)}
    return sets


def _optional(ready: bool, where: str, to_do: str) -> dict:
    """Return a resource that the course can do without."""
    return {"ready": ready, "where": where, "to_do": to_do, "needed": False}


def _short(path: Path) -> str:
    """Return a path with the home folder as ~, fit for a question."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if home in path.parents else str(path)


def _gpu_memory_gib() -> float | None:
    """Return the memory of the first GPU in GiB, or None."""
    if not torch.cuda.is_available():
        return None
    return round(torch.cuda.get_device_properties(0).total_memory / GIB, 1)


def _warnings(report: dict) -> list[str]:
    """Return what may go wrong here, one sentence each."""
    found = []
    versions = {"python": report["python"], **report["packages"]}
    for name, span in TESTED.items():
        version = versions[name]
        if version and not _within(version, span[0], span[-1]):
            found.append(f"{name} {version} was not tested; it may work")
    if report["disk_free_gib"] < NEEDED_DISK_GIB:
        found.append(f"less than {NEEDED_DISK_GIB} GiB of disk are free")
    if report["memory_free_gib"] < NEEDED_MEMORY_GIB:
        found.append(f"less than {NEEDED_MEMORY_GIB} GiB of memory are free")
    if on_colab() and drive_dir() is None:
        found.append(NO_DRIVE)
    return found


def _within(version: str, low: str, high: str) -> bool:
    """Compare versions by their first two numbers."""

    def two(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".")[:2])

    return two(low) <= two(version) <= two(high)
