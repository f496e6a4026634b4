"""Lines per module and function, and a docstring on every public name."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "course_utils"
MODULES = sorted(LIBRARY.rglob("*.py"))
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 25
MAX_LOOP_LINES = 60  # a training loop reads like its pseudocode
LOOPS = {"training/loop.py", "training/gan_loop.py"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def relative(path):
    return path.relative_to(LIBRARY).as_posix()


def body_lines(function, source):
    """Count the lines of code after the signature and the docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    lines = source[body[0].lineno - 1 : function.end_lineno]
    code = (line.strip() for line in lines)
    return sum(1 for line in code if line and not line.startswith("#"))


def public_definitions(tree):
    for node in tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    child
                    for child in node.body
                    if isinstance(child, FUNCTIONS)
                    and not child.name.startswith("_")
                )


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_modules_and_functions_stay_small(path):
    text = path.read_text()
    source = text.splitlines()
    assert len(source) <= MAX_MODULE_LINES
    limit = MAX_LOOP_LINES if relative(path) in LOOPS else MAX_FUNCTION_LINES
    long = {
        node.name: body_lines(node, source)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, FUNCTIONS) and body_lines(node, source) > limit
    }
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_public_name_is_documented(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    bare = [
        node.name
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert not bare
