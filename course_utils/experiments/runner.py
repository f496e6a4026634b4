"""Execute the notebooks of the course, each only when it has to be.

    python -m course_utils.experiments.runner --preset cpu
    python -m course_utils.experiments.runner --preset smoke 11 12 --force

An executed copy and its manifest lie in `_build/executed/<preset>/`. They
are fresh as long as the notebook's code, its parameters and the library
modules it reaches are those that the manifest names.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable

from course_utils.basics import presets
from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import dependencies, notebook_file
from course_utils.experiments.execution import (
    Cost,
    NotebookFailedError,
    execute,
)
from course_utils.experiments.freshness import (
    Workplace,
    injected,
    names_of,
    why_stale,
)
from course_utils.experiments.manifest import (
    Manifest,
    clip_hashes,
    figure_hashes,
    metrics,
    write_manifest,
)

STOPPED_BY_USER = 130  # the shell's exit code for Ctrl-C


def run_one(name: str, preset: str, place: Workplace) -> Manifest:
    """Execute a notebook and write its manifest.

    The old manifest goes first and the new one comes last, so that a
    manifest always belongs to the copy beside it.

    Raises
    ------
    NotebookFailedError
        If a cell raised or the kernel died.
    """
    source = place.source(name)
    notebook = notebook_file.read(source)
    parameters = injected(name, preset, place)
    library = dependencies.fingerprints(notebook, name)
    place.manifest(name, preset).unlink(missing_ok=True)
    copy = place.copy(name, preset)
    cost = execute(source, copy, parameters, place.notebooks)
    executed = notebook_file.read(copy)
    result = _manifest(name, preset, parameters, library, executed, cost)
    write_manifest(result, place.manifest(name, preset))
    return result


def run_all(
    names: Iterable[str],
    preset: str,
    place: Workplace,
    force: bool = False,
    say: Callable[[str], None] = print,
) -> dict[str, str]:
    """Execute those notebooks that are not fresh, and say what and why.

    Parameters
    ----------
    names : iterable of str
        As `names_of` gives them.
    preset : str
        One of the four presets.
    place : Workplace
        Where to read and write.
    force : bool
        Execute the fresh ones too.
    say : callable
        Gets each line of the report.

    Returns
    -------
    dict
        Name -> summary of each notebook that failed. The others ran.
    """
    names = list(names)
    failures = {}
    for number, name in enumerate(names, start=1):
        start = f"[{number}/{len(names)}] {name}:"
        try:
            reason = why_stale(name, preset, place)
            if not reason and not force:
                say(f"{start} fresh")
                continue
            say(f"{start} executing at {preset}, {reason or 'as asked'}")
            done = run_one(name, preset, place)
            memory = f"{done.peak_memory_mib:.0f} MiB"
            say(f"{start} done in {done.seconds:.1f} s, peak {memory}")
        except (CourseError, NotebookFailedError) as error:
            failures[name] = str(error)
            say(f"{start} FAILED")
    return failures


def _manifest(
    name: str,
    preset: str,
    parameters: dict[str, object],
    library: dict[str, str],
    executed: notebook_file.NotebookNode,
    cost: Cost,
) -> Manifest:
    """Gather what is known about an execution."""
    commit, dirty = _commit()
    return Manifest(
        notebook=name,
        preset=preset,
        parameters=parameters,
        seed=parameters.get("SEED"),
        commit=commit,
        dirty=dirty,
        versions=_versions(),
        seconds=round(cost.seconds, 1),
        peak_memory_mib=round(cost.peak_memory_mib),
        code_hash=notebook_file.code_hash(executed),
        library_hash=dependencies.combined(library),
        library=library,
        metrics=metrics(executed),
        clips=clip_hashes(executed),
        figures=figure_hashes(executed),
    )


def _versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter."""
    from course_utils.basics.runtime import PACKAGES, package_version

    packages = {name: package_version(name) for name in PACKAGES}
    found = {name: v for name, v in packages.items() if v is not None}
    return {"python": platform.python_version()} | found


def _commit() -> tuple[str | None, bool]:
    """Return the checkout's commit and whether files differ from it."""
    commit = _git("rev-parse", "HEAD")
    return commit or None, bool(commit and _git("status", "--porcelain"))


def _git(*arguments: str) -> str:
    """Return what git prints, nothing where there is no git checkout."""
    command = ["git", "-C", str(REPOSITORY), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def run_notebooks(
    names: Iterable[str] = (),
    *,
    preset: str = "cpu",
    force: bool = False,
    place: Workplace | None = None,
) -> dict[str, object]:
    """Do what `course notebooks` does; the report goes to standard error.

    Parameters
    ----------
    names : iterable of str
        Names, chapter numbers or paths; none means all.
    preset, force
        As in `run_all`.
    place : Workplace, optional
        Where to read and write; this checkout by default.

    Returns
    -------
    dict
        `preset`, `notebooks` (names), `failed` (name -> summary), `summary`
        (one line) and `ready`, True if none failed.

    Raises
    ------
    CourseError
        If a name or the preset is unknown.
    """
    place = place or Workplace()
    chosen = names_of(place, names)
    presets.check_preset(preset)
    failed = run_all(chosen, preset, place, force, say=_to_stderr)
    for text in failed.values():
        _to_stderr(f"\n{text}\n")
    good = len(chosen) - len(failed)
    return {
        "preset": preset,
        "notebooks": chosen,
        "failed": failed,
        "summary": f"{good} of {len(chosen)} notebooks are fresh at {preset}",
        "ready": not failed,
    }


def _to_stderr(line: str) -> None:
    """Print a line of the report; standard output stays for results."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Execute the notebooks that are not fresh.

    Returns
    -------
    int
        0 if all ran, 1 if one failed, 2 for a wrong name, 130 for Ctrl-C.
    """
    parser = argparse.ArgumentParser(description=main.__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="names or numbers; or all")
    parser.add_argument("--preset", default="cpu", choices=presets.PRESETS)
    parser.add_argument("--force", action="store_true", help="fresh ones too")
    options = parser.parse_args(arguments)
    try:
        result = run_notebooks(
            options.names, preset=options.preset, force=options.force
        )
    except CourseError as error:
        _to_stderr(f"course notebooks: {error}")
        return 2
    except KeyboardInterrupt:
        _to_stderr("stopped; what was executed so far is kept")
        return STOPPED_BY_USER
    print(result["summary"])
    return 0 if result["ready"] else 1


if __name__ == "__main__":
    sys.exit(main())
