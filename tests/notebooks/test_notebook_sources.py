"""What holds for every notebook in git, without executing it."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest

from course_utils.basics import presets
from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import notebook_file
from course_utils.experiments.dependencies import imported_names, module_file
from course_utils.experiments.notebook_file import (
    canonical_text,
    code_cells,
    parameters,
    setup_source,
    tags,
)

FOLDER = REPOSITORY / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
MAX_CELL_LINES = 20
MIN_EXERCISES = 3
LAST_SECTIONS = ["Exercises", "Quiz", "What to take away", "References"]
LINK = re.compile(r"\]\(([^)#]+\.(?:ipynb|md))(?:#[^)]*)?\)")
BADGE_TARGET = re.compile(r"colab\.research\S+?/blob/[^/]+/([^)]+)\)")
FRAME = {"PRESET", "SEED"}

every_notebook = pytest.mark.parametrize(
    "path", PATHS, ids=lambda path: path.stem
)


@pytest.fixture
def notebook(path):
    return notebook_file.read(path)


def own_cells(notebook):
    """Return the code cells below the set-up cell."""
    return [c for c in code_cells(notebook) if "colab-setup" not in tags(c)]


def n_lines(cell):
    """Count the lines of code; empty lines and comments are free."""
    lines = (line.strip() for line in cell.source.split("\n"))
    return sum(1 for line in lines if line and not line.startswith("#"))


def texts(notebook):
    return [c.source for c in notebook.cells if c.cell_type == "markdown"]


def exercises(notebook, tag):
    """Return the exercise names that cells with a tag hand to `check`."""
    cells = (c for c in code_cells(notebook) if tag in tags(c))
    return [
        name
        for cell in cells
        for name in re.findall(r'check\("([\d.]+)"', cell.source)
    ]


def test_there_are_notebooks():
    assert PATHS


@every_notebook
def test_notebook_is_in_canonical_form(path):
    assert path.read_text(encoding="utf-8") == canonical_text(path)


@every_notebook
def test_one_set_up_cell_stands_first_and_is_the_common_one(notebook, path):
    first, *others = code_cells(notebook)
    assert first.source == setup_source(path.stem)
    assert not any("colab-setup" in tags(cell) for cell in others)


@every_notebook
def test_the_badge_opens_this_notebook_and_git_has_it(notebook, path):
    (target,) = BADGE_TARGET.findall(texts(notebook)[0])
    assert target == f"notebooks/{path.name}"
    words = ["git", "ls-files", "--error-unmatch", target]
    subprocess.run(words, cwd=REPOSITORY, check=True, capture_output=True)


@every_notebook
def test_parameters_are_those_of_the_presets(notebook, path):
    names = set(parameters(notebook)) - FRAME
    table = presets.notebook_table()[path.stem]
    assert set(table) == set(presets.PRESETS)
    for preset in presets.PRESETS:
        assert set(table[preset] or {}) == names, preset


@every_notebook
def test_parameters_leave_the_sizes_to_the_preset(notebook):
    values = parameters(notebook)
    assert values.pop("PRESET") == "cpu"
    assert values.pop("SEED") == 0
    assert all(name.isupper() for name in values)
    assert all(value is None for value in values.values())


@every_notebook
def test_parameters_have_a_colab_form(notebook):
    (cell,) = (c for c in code_cells(notebook) if "parameters" in tags(c))
    assert all("# @param " in line for line in cell.source.split("\n"))
    assert '["smoke", "cpu", "colab", "paper"]' in cell.source


@every_notebook
def test_sizes_are_loaded_under_the_notebooks_own_name(notebook, path):
    source = "\n".join(cell.source for cell in own_cells(notebook))
    assert re.search(rf'presets\.load\(\s*"{path.stem}",\s*PRESET', source)


@every_notebook
def test_cells_are_short(notebook):
    lengths = {cell.id: n_lines(cell) for cell in own_cells(notebook)}
    long = {key: n for key, n in lengths.items() if n > MAX_CELL_LINES}
    assert not long


@every_notebook
def test_chapters_have_one_anatomy(notebook):
    assert re.search(r"\*\*You will( \w+)?", texts(notebook)[0])
    text = "\n".join(texts(notebook))
    sections = re.findall(r"^## (.+)$", text, flags=re.M)
    assert sections[-len(LAST_SECTIONS) :] == LAST_SECTIONS
    assert len(set(sections)) == len(sections)


@every_notebook
def test_every_exercise_has_a_stub_and_then_a_hidden_solution(notebook):
    stubs = exercises(notebook, "exercise")
    assert len(stubs) >= MIN_EXERCISES
    assert exercises(notebook, "solution") == stubs
    number = stubs[0].split(".")[0]
    assert stubs == [f"{number}.{i + 1}" for i in range(len(stubs))]
    for cell in code_cells(notebook):
        assert ("solution" in tags(cell)) == ("hide-cell" in tags(cell))


@every_notebook
def test_the_quiz_of_the_chapter_is_a_section_of_its_own(notebook, path):
    (place,) = (
        i
        for i, cell in enumerate(notebook.cells)
        if cell.source.startswith("## Quiz\n")
    )
    _, shown, after = notebook.cells[place : place + 3]
    assert shown.source.endswith(f'\n\nquiz("{path.stem[:2]}")')
    assert after.source.startswith("## What to take away\n")
    assert not any(
        {"exercise", "solution"} & set(tags(cell))
        for cell in notebook.cells[place:]
        if cell.cell_type == "code"
    )


@every_notebook
def test_exercises_are_registered_under_the_chapters_number(notebook, path):
    number = path.stem.split("_")[0]
    module = importlib.import_module(
        f"course_utils.exercises.chapter_{number}"
    )
    registered = Path(module.__file__).read_text(encoding="utf-8")
    for name in exercises(notebook, "exercise"):
        assert name.startswith(f"{number}.")
        assert f'"{name}"' in registered


@every_notebook
def test_links_between_pages_lead_somewhere(notebook):
    for target in LINK.findall("\n".join(texts(notebook))):
        if not target.startswith("http"):
            assert (FOLDER / target).is_file(), target


@every_notebook
def test_library_names_that_a_notebook_imports_exist(notebook):
    source = "\n".join(cell.source for cell in own_cells(notebook))
    plain = re.sub(r"^\s*[%!].*$", "", source, flags=re.M)
    for node in ast.walk(ast.parse(plain)):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module.split(".")[0] != "course_utils":
            continue
        for alias in node.names:
            module = importlib.import_module(node.module)
            whole = f"{node.module}.{alias.name}"
            assert hasattr(module, alias.name) or module_file(whole), whole


@every_notebook
def test_a_notebook_uses_the_library(notebook):
    source = "\n".join(cell.source for cell in own_cells(notebook))
    plain = re.sub(r"^\s*[%!].*$", "", source, flags=re.M)
    assert "course_utils.basics" in " ".join(imported_names(plain))


def test_every_section_of_the_presets_has_its_notebook():
    sections = {name for name in presets.notebook_table() if name[0].isdigit()}
    assert sections == {path.stem for path in PATHS}


def test_chapter_numbers_are_unique():
    numbers = [path.stem.split("_")[0] for path in PATHS]
    assert len(set(numbers)) == len(numbers)
