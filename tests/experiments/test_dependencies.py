"""What a notebook reaches in the library, and what counts as a change."""

import ast

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.basics.checks import CourseError
from course_utils.experiments import dependencies
from course_utils.experiments.dependencies import (
    changed,
    combined,
    fingerprints,
    imported_names,
    notebook_source,
    reached_modules,
)


@pytest.fixture
def library(tmp_path):
    """Give a library in which alpha reaches beta and gamma stands apart."""
    root = tmp_path / "course_utils"
    files = {
        "floor/alpha.py": (
            "from course_utils.floor import beta\n"
            'FILES = "presets.yml", "roll/element.js"\n'
        ),
        "floor/beta.py": "# a comment\nVALUE = 1\n",
        "floor/gamma.py": "def late():\n    import course_utils.floor.beta\n",
        "floor/presets.yml": "shared: 1\n10_tone: {smoke: {N: 1}}\n",
        "exercises/check.py": "LOADS = 'by number'\n",
        "exercises/chapter_10.py": "import course_utils.floor.beta\n",
        "exercises/chapter_11.py": "",
        "exercises/quizzes/10.yml": "- id: a\n",
        "exercises/quizzes/11.yml": "- id: b\n",
        "widgets/quiz.py": "",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def notebook(source):
    return new_notebook(cells=[new_code_cell(source)])


def reached(source, library, chapter="10"):
    return set(reached_modules(source, chapter, library))


def test_imports_are_followed_through_modules(library):
    found = reached("from course_utils.floor.alpha import f", library)
    assert found == {"course_utils.floor.alpha", "course_utils.floor.beta"}


def test_imports_inside_functions_count(library):
    source = "def f():\n    from course_utils.floor import gamma"
    found = reached(source, library)
    assert found == {"course_utils.floor.gamma", "course_utils.floor.beta"}


def test_other_packages_do_not_count(library):
    assert reached("import numpy\nfrom course import x", library) == set()


def test_checker_reaches_the_exercises_of_its_chapter_only(library):
    source = "from course_utils.exercises.check import check"
    assert reached(source, library, "10") == {
        "course_utils.exercises.check",
        "course_utils.exercises.chapter_10",
        "course_utils.floor.beta",
    }


def test_magics_and_skipped_cells_are_no_code():
    setup = new_code_cell(
        "import course_utils.a", metadata={"tags": ["skip-execution"]}
    )
    book = new_notebook(cells=[setup, new_code_cell("%pip list\n!ls\nx = 1")])
    assert notebook_source(book) == "x = 1"


def test_imported_names_of_this_test():
    names = imported_names("from course_utils.a import b\nimport torch")
    assert names == {"course_utils.a", "course_utils.a.b"}


def test_a_comment_changes_nothing_and_a_value_does(library):
    book = notebook("import course_utils.floor.alpha")
    before = fingerprints(book, "10_tone", library)
    beta = library / "floor" / "beta.py"
    beta.write_text("# another comment\n\nVALUE = 1\n")
    assert changed(before, fingerprints(book, "10_tone", library)) == []
    beta.write_text("VALUE = 2\n")
    after = fingerprints(book, "10_tone", library)
    assert changed(before, after) == ["course_utils.floor.beta"]
    assert combined(before) != combined(after)


def test_presets_of_notebooks_do_not_count_and_shared_ones_do(library):
    book = notebook("import course_utils.floor.alpha")
    before = fingerprints(book, "10_tone", library)
    table = library / "floor" / "presets.yml"
    table.write_text("shared: 1\n10_tone: {smoke: {N: 2}}\n")
    assert changed(before, fingerprints(book, "10_tone", library)) == []
    table.write_text("shared: 2\n")
    after = fingerprints(book, "10_tone", library)
    assert changed(before, after) == ["course_utils/floor/presets.yml"]


def test_programs_of_the_page_that_a_module_names_count(library):
    book = notebook("import course_utils.floor.alpha")
    before = fingerprints(book, "10_tone", library)
    folder = library / "floor" / "elements" / "roll"
    folder.mkdir(parents=True)
    (folder / "other.js").write_text("let a = 1;\n")
    assert changed(before, fingerprints(book, "10_tone", library)) == []
    (folder / "element.js").write_text("let a = 1;\n")
    after = fingerprints(book, "10_tone", library)
    named = "course_utils/floor/elements/roll/element.js"
    assert changed(before, after) == [named]


def test_every_data_file_of_the_library_is_named_by_a_module_beside_it():
    packages = [path.parent for path in dependencies.LIBRARY.rglob("*.py")]
    found = set()
    for folder in set(packages):
        texts = [path.read_text("utf-8") for path in folder.glob("*.py")]
        for name, path in dependencies.data_files(folder).items():
            assert any(f'"{name}"' in text for text in texts), path
            found.add(path)
    elsewhere = (
        dependencies.LIBRARY / dependencies.QUIZZES,
        dependencies.LIBRARY / "widgets" / "vendor",
    )
    for path in dependencies.LIBRARY.rglob("*"):
        if path.suffix in dependencies.DATA_SUFFIXES:
            kept = any(path.is_relative_to(folder) for folder in elsewhere)
            assert kept or path in found, path


def test_a_quiz_reaches_the_questions_of_its_chapter_only(library):
    book = notebook("from course_utils.widgets.quiz import quiz")
    before = fingerprints(book, "10_tone", library)
    for number in ("10", "11"):
        path = library / "exercises" / "quizzes" / f"{number}.yml"
        path.write_text("- id: c\n")
    after = fingerprints(book, "10_tone", library)
    assert changed(before, after) == ["course_utils/exercises/quizzes/10.yml"]


def test_shipped_data_counts_for_those_who_import_it(
    library, tmp_path, monkeypatch
):
    monkeypatch.setattr(dependencies, "shipped_data_dir", lambda: tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"1")
    (library / "basics").mkdir()
    (library / "basics" / "paths.py").write_text("")
    source = "from course_utils.basics.paths import shipped_data_dir"
    book = notebook(source)
    assert "data/weights.bin" in fingerprints(book, "10_tone", library)
    other = notebook("from course_utils.basics.paths import cache_dir")
    assert "data/weights.bin" not in fingerprints(other, "10_tone", library)


def test_changed_sees_what_came_and_what_went():
    assert changed({"a": 1, "b": 2}, {"b": 2, "c": 3}) == ["a", "c"]


def test_real_library_is_followed_to_its_ground():
    source = "from course_utils.experiments import runner"
    found = reached_modules(source)
    assert "course_utils.basics.checks" in found
    assert all(ast.parse(path.read_text()) for path in found.values())


@pytest.mark.parametrize("source", ["a b", "\x1b", "\ud800", "-" * 9000 + "1"])
def test_cells_that_are_no_python_are_refused(source):
    with pytest.raises(CourseError, match="Python in the code cells"):
        dependencies.imported_names(source)
