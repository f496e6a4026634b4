"""Whether an executed notebook still shows what its source would show.

It does as long as the notebook's code, its parameters and the library
modules it reaches are those that its manifest names. A new version of an
installed package does not count: the manifest says which ones were used, and
`--force` executes everything again.

Taught in: notebooks/00_start_here.ipynb
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.basics import presets
from course_utils.basics.checks import CourseError, check_folder
from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import dependencies, notebook_file
from course_utils.experiments.manifest import read_manifest

MAX_NAMED = 4  # changed names that a reason lists


@dataclass(frozen=True)
class Workplace:
    """Where notebooks come from and where executed copies go.

    Parameters
    ----------
    notebooks, executed : Path
        The two folders.
    changes : mapping
        Parameters that differ from those of the preset, by upper-case name.
    """

    notebooks: Path = REPOSITORY / "notebooks"
    executed: Path = REPOSITORY / "_build" / "executed"
    changes: Mapping[str, object] = field(default_factory=dict)

    def source(self, name: str) -> Path:
        """Return the path of a notebook."""
        return self.notebooks / f"{name}.ipynb"

    def copy(self, name: str, preset: str) -> Path:
        """Return the path of its executed copy."""
        return self.executed / preset / f"{name}.ipynb"

    def manifest(self, name: str, preset: str) -> Path:
        """Return the path of its manifest."""
        return self.executed / preset / f"{name}.json"


def names_of(place: Workplace, wanted: Iterable[str] = ()) -> list[str]:
    """Return the names of notebooks, sorted.

    Parameters
    ----------
    place : Workplace
        Where they lie.
    wanted : iterable of str
        Names, chapter numbers (`11`) or paths; none means all.

    Raises
    ------
    CourseError
        If one of them is no notebook.
    """
    folder = check_folder(place.notebooks, "notebooks")
    known = sorted(path.stem for path in folder.glob("*.ipynb"))
    chosen = []
    for word in wanted:
        stem = Path(word).name.removesuffix(".ipynb")
        found = [n for n in known if n == stem or n.split("_")[0] == stem]
        if not found:
            raise CourseError(
                f"a notebook in {folder}",
                repr(word),
                f"choose from {', '.join(known)}",
            )
        chosen += found
    return sorted(set(chosen)) if chosen else known


def injected(name: str, preset: str, place: Workplace) -> dict[str, object]:
    """Return the parameters a preset, and a place, give to a notebook.

    Raises
    ------
    CourseError
        If the preset has a size that the parameters cell does not name.
    """
    presets.check_preset(preset)
    declared = notebook_file.parameters(notebook_file.read(place.source(name)))
    table = presets.notebook_table() or {}
    sizes = table.get(name, {}).get(preset) or {}
    unknown = sorted(set(sizes) - set(declared))
    if unknown:
        raise CourseError(
            f"the parameters cell of {name} to name {', '.join(unknown)}",
            f"only {', '.join(declared)}",
            "add it there or remove it from presets.yml",
        )
    kept = {key: declared[key] for key in ("SEED",) if key in declared}
    return {"PRESET": preset} | kept | sizes | dict(place.changes)


def why_stale(
    name: str,
    preset: str,
    place: Workplace,
    library: dict[str, str] | None = None,
) -> str:
    """Return why a notebook must be executed; empty if it need not be.

    Parameters
    ----------
    name, preset, place
        Which notebook, how, and where its copy and manifest lie.
    library : dict, optional
        The `fingerprints` of this notebook, if they are known already.
    """
    path = place.manifest(name, preset)
    if not path.is_file() or not place.copy(name, preset).is_file():
        return "not executed yet"
    try:
        old = read_manifest(path)
    except CourseError:
        return "its manifest cannot be read"
    notebook = notebook_file.read(place.source(name))
    if old.code_hash != notebook_file.code_hash(notebook):
        return "its code changed"
    parameters = injected(name, preset, place)
    if old.parameters != parameters:
        differ = dependencies.changed(old.parameters, parameters)
        return f"its parameters changed: {_listed(differ)}"
    now = library or dependencies.fingerprints(notebook, name)
    differ = dependencies.changed(old.library, now)
    return f"the library changed: {_listed(differ)}" if differ else ""


def _listed(names: list[str]) -> str:
    """Return names as one short line."""
    shown = ", ".join(names[:MAX_NAMED])
    rest = len(names) - MAX_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
