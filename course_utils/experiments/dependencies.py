"""What a notebook depends on: the library modules and files it can reach.

A notebook must run again when a line of the library that it uses changes,
and need not run again when any other line does. So its imports are followed
through the library without executing anything, and each file reached gets a
fingerprint.

Taught in: notebooks/00_start_here.ipynb
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from nbformat import NotebookNode

from course_utils.basics.checks import BAD_CONTENT, CourseError
from course_utils.basics.paths import REPOSITORY, shipped_data_dir
from course_utils.experiments.notebook_file import SKIP_TAG, code_cells, tags

PACKAGE = "course_utils"
LIBRARY = REPOSITORY / PACKAGE
PRESETS_FILE = "presets.yml"
# The checker finds a chapter's exercises by number, not by an import.
CHECKER = f"{PACKAGE}.exercises.check"
# And so it finds its questions.
QUIZ = f"{PACKAGE}.widgets.quiz"
QUIZZES = Path("exercises", "quizzes")
ELEMENTS = "elements"  # scripts and styles of the widgets
SHIPPED_DATA = f"{PACKAGE}.basics.paths.shipped_data_dir"
# Files of `data/` that no notebook reads: two are written after they ran.
NO_SOURCES = {"chapter_costs.json", "benchmarks.json"}
NO_SOURCE_FOLDER = "sweeps"
DATA_SUFFIXES = {".yml", ".json", ".js", ".css"}
DIGITS = 16  # of a sha256 in hexadecimal; 64 bits tell files apart


def notebook_source(notebook: NotebookNode) -> str:
    """Return the Python code of a notebook, without magics, as one text."""
    cells = (c for c in code_cells(notebook) if SKIP_TAG not in tags(c))
    lines = (line for cell in cells for line in cell.source.split("\n"))
    kept = (line for line in lines if not line.lstrip().startswith(("%", "!")))
    return "\n".join(kept)


def imported_names(source: str) -> set[str]:
    """Return every dotted name of the library that `source` imports.

    Imports inside functions count. `from course_utils.a import b` gives
    `course_utils.a` and `course_utils.a.b`, of which either may be a module.

    Parameters
    ----------
    source : str
        Python code.

    Raises
    ------
    CourseError
        If it is none.
    """
    names = set()
    try:
        tree = ast.parse(source)
    except (*BAD_CONTENT, SyntaxError, MemoryError) as error:
        raise CourseError(
            "Python in the code cells, beside % and !",
            error,
            "run the notebook and mend the cell",
        ) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == PACKAGE}


def module_file(name: str, library: Path = LIBRARY) -> Path | None:
    """Return the file of a library module; None if there is no such module.

    Packages give None: their `__init__.py` hold only a docstring.
    """
    path = library.joinpath(*name.split(".")[1:]).with_suffix(".py")
    return path if path.is_file() else None


def reached_modules(
    source: str, chapter: str = "", library: Path = LIBRARY
) -> dict[str, Path]:
    """Return the library modules that `source` reaches, through imports.

    Parameters
    ----------
    source : str
        Python code, as `notebook_source` gives it.
    chapter : str
        The notebook's number, such as `11`; its exercises count as reached
        when the checker is.
    library : Path
        The folder of the library.

    Returns
    -------
    dict
        Dotted module name -> its file, sorted by name.
    """
    reached: dict[str, Path] = {}
    waiting = imported_names(source)
    while waiting:
        name = waiting.pop()
        path = module_file(name, library)
        if path is None or name in reached:
            continue
        reached[name] = path
        waiting |= imported_names(path.read_text(encoding="utf-8"))
        if name == CHECKER:
            waiting.add(f"{PACKAGE}.exercises.chapter_{chapter}")
    return dict(sorted(reached.items()))


def fingerprints(
    notebook: NotebookNode, name: str, library: Path = LIBRARY
) -> dict[str, str]:
    """Return a fingerprint of each module and file a notebook reaches.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook, executed or not.
    name : str
        Its file name without suffix, such as `11_phase_and_stride_beating`.
    library : Path
        The folder of the library.

    Returns
    -------
    dict
        Module name or file path -> hexadecimal digits. A module's change
        only with its code, not with its comments or its layout. Of
        `presets.yml` only what belongs to no notebook counts: the sizes of
        this notebook are its parameters, those of others do not concern it.
    """
    source = notebook_source(notebook)
    chapter = name.split("_")[0]
    modules = reached_modules(source, chapter, library)
    found = {key: _code_digest(path) for key, path in modules.items()}
    files = list(_package_data(modules.values()))
    if QUIZ in modules:
        files += (library / QUIZZES).glob(f"{chapter}.yml")
    for path in files:
        found[path.relative_to(library.parent).as_posix()] = _digest(path)
    sources = [source, *(p.read_text("utf-8") for p in modules.values())]
    if any(SHIPPED_DATA in imported_names(text) for text in sources):
        found |= _shipped_data()
    return found


def combined(prints: dict[str, str]) -> str:
    """Return one sha256 of all fingerprints, for the manifest."""
    lines = "\n".join(f"{key} {prints[key]}" for key in sorted(prints))
    return hashlib.sha256(lines.encode()).hexdigest()


def changed(before: dict, after: dict) -> list[str]:
    """Return the keys whose value differs, came or went, sorted."""
    names = before.keys() | after.keys()
    return sorted(n for n in names if before.get(n) != after.get(n))


def _package_data(modules: Iterable[Path]) -> Iterator[Path]:
    """Yield the data files that the given modules name."""
    for module in modules:
        text = module.read_text(encoding="utf-8")
        for name, path in sorted(data_files(module.parent).items()):
            if f'"{name}"' in text:
                yield path


def data_files(folder: Path) -> dict[str, Path]:
    """Return the data files of a package, by the name that a module uses.

    Parameters
    ----------
    folder : Path
        Of the package. What lies in its `elements/` (the parts of a page's
        elements, a folder each) is named from there: `quiz/element.js`.
    """
    elements = folder / ELEMENTS
    found = {path.name: path for path in folder.iterdir()}
    found |= {
        path.relative_to(elements).as_posix(): path
        for path in elements.glob("*/*")
    }
    return {
        name: path
        for name, path in found.items()
        if path.suffix in DATA_SUFFIXES
    }


def _shipped_data() -> dict[str, str]:
    """Return path -> fingerprint of the files in the checkout's `data/`."""
    root = shipped_data_dir()
    files = sorted(path for path in root.rglob("*") if path.is_file())
    files = [
        path
        for path in files
        if path.name not in NO_SOURCES and path.parent.name != NO_SOURCE_FOLDER
    ]
    names = (f"data/{path.relative_to(root).as_posix()}" for path in files)
    return dict(zip(names, map(_digest, files), strict=True))


def _code_digest(path: Path) -> str:
    """Return the fingerprint of a module's syntax tree."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return _short(ast.unparse(tree).encode())


def _digest(path: Path) -> str:
    """Return the fingerprint of a data file."""
    if path.name == PRESETS_FILE:
        table = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        shared = {k: v for k, v in table.items() if not k[:1].isdigit()}
        return _short(yaml.safe_dump(shared).encode())
    return _short(path.read_bytes())


def _short(data: bytes) -> str:
    """Return the first digits of a sha256."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]
