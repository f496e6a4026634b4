"""Imports only point down, and no package imports its neighbour."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "course_utils"
FLOOR = {
    "basics": 0,
    "spectral": 1,
    "symbolic": 1,
    "models": 1,
    "data": 2,
    "training": 2,
    "sampling": 2,
    "evaluation": 2,
    "recipes": 3,
    "plots": 3,
    "experiments": 3,
    "widgets": 4,
    "exercises": 4,
    "commands": 4,
    "cli": 5,
    "__main__": 6,
}
MODULES = sorted(
    path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py"
)


def package(module):
    return module.split(".")[1]


def course_imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (n for n in names if n.startswith("course_utils."))


def allowed(importer, imported):
    if importer == imported:
        return True
    return FLOOR[imported] < FLOOR[importer]


def test_every_package_has_a_floor():
    found = {
        path.stem if path.parent == LIBRARY else path.parent.name
        for path in MODULES
    }
    assert found <= set(FLOOR)


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda p: str(p.relative_to(LIBRARY))
)
def test_imports_point_down(path):
    inside = path.relative_to(LIBRARY)
    importer = inside.stem if len(inside.parts) == 1 else inside.parts[0]
    wrong = [
        name
        for name in course_imports(path)
        if not allowed(importer, package(name))
    ]
    assert not wrong


def test_the_rule_itself_catches_a_wrong_import():
    assert not allowed("spectral", "symbolic")
    assert not allowed("basics", "models")
    assert not allowed("data", "training")
    assert allowed("recipes", "training")
    assert allowed("spectral", "basics")
