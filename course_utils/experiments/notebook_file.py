"""The one form in which notebooks are kept, and how their parts are read.

A notebook in git has no outputs, cell ids that count up, the Colab badge
and the measured costs under its title, and the Colab set-up cell as its
first code cell. These are written here and nowhere else, so that all
notebooks agree:

    python -m course_utils.experiments.notebook_file IN.ipynb OUT.ipynb
    python -m course_utils.experiments.notebook_file --check notebooks/*.ipynb

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import ast
import hashlib
import json
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.files import atomic_file
from course_utils.experiments import costs

REPOSITORY_SLUG = "musical-audio-course/course"
REPOSITORY_REF = "main"  # a release writes its tag here
BADGE_START = "[![Open in Colab]("
BADGE_IMAGE = "../book/_static/colab-badge.svg"
SETUP_TAGS = ["skip-execution", "colab-setup", "remove-cell"]
SKIP_TAG = "skip-execution"
PARAMETERS_TAG = "parameters"
ADDED_TAGS = {"injected-parameters", "papermill-error-cell-tag"}
KEPT_METADATA = ("tags", "mystnb")
# Hides a solution until it is asked for, in JupyterLab and on Colab.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
KERNELSPEC = {
    "display_name": "Python 3",
    "language": "python",
    "name": "python3",
}
SETUP_SOURCE = f"""\
# Only on Google Colab: installs the course. Elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    from importlib import invalidate_caches, metadata

    course = "git+https://github.com/{REPOSITORY_SLUG}@{REPOSITORY_REF}"
    # Colab's own numpy and torch are loaded already, so they must stay.
    kept = [f"{{n}}=={{metadata.version(n)}}" for n in ("numpy", "torch")]
    kept = " ".join(kept)
    %pip install -q {{kept}} "course-utils @ {{course}}"
    %pip install -q --no-deps tinysoundfont
    invalidate_caches()
    !course doctor --chapter """


def read(path: Path | str) -> NotebookNode:
    """Read a notebook file of format 4.

    Raises
    ------
    CourseError
        If there is no file, or it is not a notebook.
    """
    path = check_file(path, "a notebook")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)  # `read` only logs what is wrong
        return notebook
    # What nbformat raises on notebooks of old forms, it does not say.
    except Exception as error:
        raise CourseError(
            f"a notebook in {path}",
            f"a file that cannot be read ({error})",
            "restore it from git",
        ) from error


def write(notebook: NotebookNode, path: Path | str) -> None:
    """Write a notebook whole or not at all, in a stable layout."""
    with atomic_file(path) as part:
        part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell, an empty set if it has none."""
    return set(cell.metadata.get("tags", ()))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that the author wrote, in order.

    Cells that papermill added (injected parameters, error notes) are left
    out, so that a notebook and its executed copy give equally many.
    """
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and not tags(cell) & ADDED_TAGS
    ]


def code_hash(notebook: NotebookNode) -> str:
    """Return the sha256 of what a kernel would execute.

    Text cells, outputs, the Colab set-up cell and cells that papermill
    added do not change it; so a notebook and its executed copy have one
    hash, and mending a sentence needs no new execution.
    """
    sources = [
        cell.source
        for cell in code_cells(notebook)
        if SKIP_TAG not in tags(cell)
    ]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def parameters(notebook: NotebookNode) -> dict[str, object]:
    """Return the names and default values of the parameters cell.

    Raises
    ------
    CourseError
        If there is not exactly one such cell, or it holds anything but
        assignments of literals to single names.
    """
    found = [c for c in code_cells(notebook) if PARAMETERS_TAG in tags(c)]
    if len(found) != 1:
        raise CourseError(
            "exactly one code cell tagged 'parameters'",
            f"{len(found)} of them",
            "tag the cell that holds PRESET and SEED, and no other",
        )
    try:
        return dict(map(_literal, ast.parse(found[0].source).body))
    except (*BAD_CONTENT, SyntaxError, MemoryError) as error:
        raise CourseError(
            "only lines NAME = literal in the parameters cell",
            repr(found[0].source),
            "compute derived values in the cell below it",
        ) from error


def _literal(node: ast.stmt) -> tuple[str, object]:
    """Return name and value of one line `NAME = literal`."""
    (target,) = node.targets
    return target.id, ast.literal_eval(node.value)


def setup_source(name: str) -> str:
    """Return the code of the set-up cell of notebook `name`."""
    return SETUP_SOURCE + name


def badge(name: str) -> str:
    """Return the Markdown line that opens notebook `name` on Colab."""
    target = (
        "https://colab.research.google.com/github/"
        f"{REPOSITORY_SLUG}/blob/{REPOSITORY_REF}/notebooks/{name}.ipynb"
    )
    return f"{BADGE_START}{BADGE_IMAGE})]({target})"


def canonical(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return a notebook in the form in which it is kept in git.

    Parameters
    ----------
    notebook : NotebookNode
        It is not changed. It must begin with a text cell `# Title` and
        have a parameters cell.
    name : str
        Its file name without suffix, such as `40_lstm_training`.

    Returns
    -------
    NotebookNode
        Without outputs, counters, editor metadata and papermill's cells;
        with badge, set-up cell, ids `cell-001` and so on, and metadata for
        Jupyter and Colab. Applied twice it changes nothing more.

    Raises
    ------
    CourseError
        If title or parameters cell are missing or malformed.
    """
    parameters(notebook)
    kept = [_clean(cell) for cell in notebook.cells if _is_authored(cell)]
    kept[0].source = _with_badge(kept[0], name)
    words = {"metadata": {"tags": list(SETUP_TAGS)}}
    setup = new_code_cell(setup_source(name), **words)
    first_code = [cell.cell_type for cell in kept].index("code")
    kept.insert(first_code, setup)
    for number, cell in enumerate(kept, start=1):
        cell.id = f"cell-{number:03d}"
    metadata = {
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
        "colab": {"name": f"{name}.ipynb", "toc_visible": True},
    }
    return nbformat.from_dict(
        {"cells": kept, "metadata": metadata, "nbformat": 4}
        | {"nbformat_minor": 5}
    )


def _is_authored(cell: NotebookNode) -> bool:
    """Return False for empty cells and for those this module writes."""
    machine_made = {*ADDED_TAGS, "colab-setup"}
    return bool(cell.source.strip()) and not tags(cell) & machine_made


def _clean(cell: NotebookNode) -> NotebookNode:
    """Return a copy of a cell without outputs and editor metadata."""
    lines = cell.source.strip("\n").split("\n")
    clean = {
        "cell_type": cell.cell_type,
        "metadata": {
            key: cell.metadata[key]
            for key in KEPT_METADATA
            if cell.metadata.get(key)
        },
        "source": "\n".join(line.rstrip() for line in lines),
    }
    if "solution" in tags(cell):
        clean["metadata"] |= FOLDED
    if cell.cell_type == "code":
        clean |= {"execution_count": None, "outputs": []}
    return nbformat.from_dict(clean)


def _with_badge(cell: NotebookNode, name: str) -> str:
    """Return the text of the title cell, with the badge under the title."""
    title, _, rest = cell.source.partition("\n")
    if cell.cell_type != "markdown" or not title.startswith("# "):
        raise CourseError(
            f"{name} to begin with a text cell '# Title'",
            repr(title),
            "put the title cell first",
        )
    lines = rest.split("\n")
    written = (BADGE_START, costs.LINE_START)
    kept = [line for line in lines if not line.startswith(written)]
    text = "\n".join(kept).strip("\n")
    parts = [title, badge(name), costs.line(name), text]
    return "\n\n".join(filter(None, parts))


def canonical_text(path: Path | str) -> str:
    """Return the text that the notebook file `path` ought to hold."""
    notebook = canonical(read(path), Path(path).stem)
    return nbformat.writes(notebook) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write notebooks in canonical form, or check that they have it.

    Returns
    -------
    int
        0, or 1 if `--check` found a notebook in another form or a notebook
        cannot be brought into it.
    """
    parser = argparse.ArgumentParser(description=main.__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, help="IN [OUT]")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            return _check(options.paths)
        if len(options.paths) > 2:
            parser.error("one notebook at a time: IN [OUT]")
        source, target = options.paths[0], options.paths[-1]
        write(canonical(read(source), target.stem), target)
    except CourseError as error:
        print(f"notebook_file: {error}", file=sys.stderr)
        return 1
    return 0


def _check(paths: list[Path]) -> int:
    """Name the files that are not canonical; return 1 if there is one."""
    wrong = [
        path
        for path in paths
        if path.read_text(encoding="utf-8") != canonical_text(path)
    ]
    for path in wrong:
        print(f"{path} is not in canonical form", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
