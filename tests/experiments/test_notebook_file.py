"""The canonical form: what is stripped, what is added, what is read."""

import sys

import nbformat
import pytest
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from course_utils.basics.checks import CourseError
from course_utils.experiments import notebook_file
from course_utils.experiments.notebook_file import (
    REPOSITORY_SLUG,
    SETUP_SOURCE,
    badge,
    canonical,
    code_hash,
    parameters,
    setup_source,
    tags,
)


def parameters_cell(source='PRESET = "cpu"\nSEED = 0\nN_NOTES = None'):
    return new_code_cell(source, metadata={"tags": ["parameters"]})


def demo(*extra):
    return new_notebook(
        cells=[
            new_markdown_cell("# A tone\n\nYou will hear a tone."),
            parameters_cell(),
            new_code_cell(
                "print(SEED)  ",
                execution_count=7,
                outputs=[new_output("stream", text="0\n")],
                metadata={"collapsed": True, "tags": ["exercise"]},
            ),
            *extra,
        ],
        metadata={"language_info": {"name": "python", "version": "3.12.1"}},
    )


def test_outputs_counters_and_editor_metadata_are_stripped():
    last = canonical(demo(), "10_tone").cells[-1]
    assert last.outputs == []
    assert last.execution_count is None
    assert last.source == "print(SEED)"
    assert last.metadata == {"tags": ["exercise"]}


def test_cell_ids_count_up_and_metadata_is_minimal():
    clean = canonical(demo(), "10_tone")
    ids = [cell.id for cell in clean.cells]
    assert ids == ["cell-001", "cell-002", "cell-003", "cell-004"]
    assert clean.metadata.language_info == {"name": "python"}
    assert clean.metadata.kernelspec.name == "python3"
    assert clean.metadata.colab == {"name": "10_tone.ipynb"} | {
        "toc_visible": True
    }
    nbformat.validate(clean)


def test_badge_stands_under_the_title_and_names_the_notebook():
    title = canonical(demo(), "10_tone").cells[0].source
    lines = title.split("\n")
    assert lines[0] == "# A tone"
    assert lines[2] == badge("10_tone")
    assert lines[2].endswith("/blob/main/notebooks/10_tone.ipynb)")
    assert lines[4] == "You will hear a tone."


def test_setup_cell_is_the_first_code_cell():
    clean = canonical(demo(), "10_tone")
    first = next(c for c in clean.cells if c.cell_type == "code")
    assert first.source == setup_source("10_tone")
    assert first.source.endswith("\n    !course doctor --chapter 10_tone")
    assert tags(first) == {"skip-execution", "colab-setup", "remove-cell"}


def test_setup_cell_pins_numpy_and_torch_to_the_loaded_versions():
    assert '("numpy", "torch")' in SETUP_SOURCE
    assert "%pip install -q {kept}" in SETUP_SOURCE
    assert "--no-deps tinysoundfont" in SETUP_SOURCE
    assert max(map(len, SETUP_SOURCE.split("\n"))) <= 79


def test_setup_cell_does_nothing_outside_colab(capsys):
    from IPython.core.inputtransformer2 import TransformerManager

    source = setup_source("10_tone")
    plain = TransformerManager().transform_cell(source)
    names = {}
    exec(compile(plain, "setup", "exec"), names)
    assert "metadata" not in names
    assert capsys.readouterr().out == ""


def test_canonical_form_is_a_fixed_point():
    once = canonical(demo(), "10_tone")
    assert canonical(once, "10_tone") == once


def test_a_renamed_notebook_gets_a_new_badge_and_no_second_one():
    renamed = canonical(canonical(demo(), "10_tone"), "11_tone")
    title = renamed.cells[0].source
    assert title.count("Open in Colab") == 1
    assert badge("11_tone") in title


def test_cells_of_papermill_and_empty_cells_vanish():
    injected = new_code_cell(
        "SEED = 1", metadata={"tags": ["injected-parameters"]}
    )
    clean = canonical(demo(injected, new_code_cell("  ")), "10_tone")
    assert len(clean.cells) == 4


def test_code_hash_ignores_text_outputs_and_the_setup_cell():
    notebook = demo()
    clean = canonical(notebook, "10_tone")
    clean.cells[0].source += "\n\nOne more sentence."
    notebook.cells[2].source = "print(SEED)"
    assert code_hash(clean) == code_hash(notebook)


def test_code_hash_sees_every_changed_line():
    changed = demo()
    changed.cells[2].source = "print(SEED + 1)"
    assert code_hash(changed) != code_hash(demo())


def test_parameters_are_read_with_their_values():
    expected = {"PRESET": "cpu", "SEED": 0, "N_NOTES": None}
    assert parameters(demo()) == expected


@pytest.mark.parametrize(
    "source", ["SEED = int(3)", "A, B = 1, 2", "SEED =", "import os"]
)
def test_computed_parameters_are_refused(source):
    broken = demo()
    broken.cells[1] = parameters_cell(source)
    with pytest.raises(CourseError, match="only lines NAME = literal"):
        parameters(broken)


def test_a_missing_parameters_cell_is_named():
    broken = demo()
    del broken.cells[1]
    with pytest.raises(CourseError, match="exactly one code cell"):
        canonical(broken, "10_tone")


def test_a_missing_title_is_named():
    broken = demo()
    del broken.cells[0]
    with pytest.raises(CourseError, match="10_tone to begin with a text"):
        canonical(broken, "10_tone")


def test_reading_names_what_is_wrong(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        notebook_file.read(tmp_path / "none.ipynb")
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    with pytest.raises(CourseError, match="cannot be read"):
        notebook_file.read(broken)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [3]}',
        '{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{}]}]}',
        "[" * 50_000,
    ],
)
def test_json_that_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_text(content)
    with pytest.raises(CourseError, match="a notebook in"):
        notebook_file.read(path)


@pytest.mark.parametrize(
    "source", ["A = " + "-" * 5000 + "1", "A = {[]: 1}", "A = " + "(" * 300]
)
def test_a_literal_that_python_cannot_read_is_refused(source):
    broken = demo()
    broken.cells[1] = parameters_cell(source)
    with pytest.raises(CourseError, match="only lines NAME = literal"):
        parameters(broken)


def test_command_writes_and_checks(tmp_path, capsys):
    source, target = tmp_path / "raw.ipynb", tmp_path / "10_tone.ipynb"
    notebook_file.write(demo(), source)
    assert notebook_file.main(["--check", str(source)]) == 1
    assert "not in canonical form" in capsys.readouterr().err
    assert notebook_file.main([str(source), str(target)]) == 0
    assert notebook_file.main(["--check", str(target)]) == 0


def test_command_says_in_one_line_what_is_wrong(tmp_path, capsys):
    assert notebook_file.main([str(tmp_path / "none.ipynb")]) == 1
    assert capsys.readouterr().err.startswith("notebook_file: expected")


def test_setup_cell_on_colab_installs_the_course_and_keeps_numpy_and_torch(
    monkeypatch,
):
    from importlib.metadata import version

    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setitem(sys.modules, "google.colab", object())
    shell = InteractiveShell()
    lines, commands = [], []
    shell.register_magic_function(lines.append, magic_name="pip")
    shell.system = commands.append
    shell.run_cell(setup_source("10_tone")).raise_error()
    assert lines == [
        f"install -q numpy=={version('numpy')} torch=={version('torch')} "
        f'"course-utils @ git+https://github.com/{REPOSITORY_SLUG}@main"',
        "install -q --no-deps tinysoundfont",
    ]
    assert commands == ["course doctor --chapter 10_tone"]


def test_several_notebooks_are_not_written_over_each_other(tmp_path, capsys):
    paths = [str(tmp_path / f"{name}.ipynb") for name in "abc"]
    with pytest.raises(SystemExit):
        notebook_file.main(paths)
    assert "one notebook at a time" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
