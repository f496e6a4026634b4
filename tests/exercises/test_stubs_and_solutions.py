"""Every solution in the notebooks passes, and every stub fails.

No chapter is run: of all its cells only the imports and the functions count,
and of an exercise's cells what they hand to `check`.
"""

import ast
import contextlib
import re

import pytest

from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import notebook_file
from course_utils.experiments.dependencies import notebook_source
from course_utils.experiments.notebook_file import code_cells, tags

NOTEBOOKS = {
    path.stem: notebook_file.read(path)
    for path in sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
}
HARMLESS = (ast.Import, ast.ImportFrom, ast.FunctionDef)
CHECKED = re.compile(r'\bcheck\("([\d.]+)"')


def is_check(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", None) == "check"
    )


def run(nodes, names):
    module = ast.Module(body=list(nodes), type_ignores=[])
    exec(compile(module, "cell", "exec"), names)


def namespace(notebook):
    """Return what the cells of a notebook import and define.

    Functions whose defaults the chapter computes are left out.
    """
    names = {}
    for node in ast.parse(notebook_source(notebook)).body:
        if isinstance(node, HARMLESS):
            with contextlib.suppress(NameError):
                run([node], names)
    return names


def checks(notebook, tag):
    """Return source code -> names of exercises, of the cells with a tag."""
    cells = (cell for cell in code_cells(notebook) if tag in tags(cell))
    return {cell.source: CHECKED.findall(cell.source) for cell in cells}


@pytest.mark.parametrize("chapter", NOTEBOOKS)
def test_solutions_pass_and_stubs_fail(chapter, capsys):
    notebook = NOTEBOOKS[chapter]
    names = namespace(notebook)
    capsys.readouterr()
    for tag, passes in (("exercise", False), ("solution", True)):
        found = checks(notebook, tag)
        assert len(found) >= 3
        for source, exercises in found.items():
            nodes = ast.parse(source).body
            kept = (n for n in nodes if isinstance(n, HARMLESS) or is_check(n))
            run(kept, names)
            out = capsys.readouterr().out
            assert len(exercises) == 1
            told = f"Exercise {exercises[0]}: "
            assert out.startswith(told)
            assert (out == f"{told}correct.\n") == passes, out
            assert ("not yet." in out) != passes
