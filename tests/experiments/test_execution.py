"""One notebook in one kernel: environment, cost, and what failure says."""

import os

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.experiments import notebook_file
from course_utils.experiments.execution import NotebookFailedError, execute

HELD_MIB = 300
ALLOCATE = f"""\
import time
held = bytearray({HELD_MIB} * 2**20)
held[::4096] = b"x" * len(held[::4096])
time.sleep(1)"""
IN_A_CHILD = f"""\
import subprocess, sys
code = {ALLOCATE!r}
subprocess.run([sys.executable, "-c", code], check=True)"""


def run(folder, *sources):
    source, target = folder / "source.ipynb", folder / "out" / "done.ipynb"
    cells = [new_code_cell(text) for text in sources]
    notebook_file.write(new_notebook(cells=cells), source)
    cost = execute(source, target, {}, folder)
    return cost, notebook_file.read(target)


@pytest.mark.parametrize("code", [ALLOCATE, IN_A_CHILD], ids=["own", "child"])
def test_memory_of_kernel_and_children_is_seen(tmp_path, code):
    cost, _ = run(tmp_path, code)
    assert cost.peak_memory_mib > HELD_MIB
    assert cost.seconds > 1


def test_environment_is_as_before_and_kernels_have_their_own(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    names = "PYTHONPATH", "PYTHONHASHSEED", "TQDM_DISABLE"
    code = f"import os\nprint([os.environ[n] for n in {names}])"
    _, done = run(tmp_path, code)
    shown = done.cells[0].outputs[0].text
    assert "/somewhere" in shown
    assert "'0', '1'" in shown
    assert os.environ["PYTHONPATH"] == "/somewhere"
    assert "TQDM_DISABLE" not in os.environ


def test_plain_progress_bars_leave_no_output(tmp_path):
    code = "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass"
    _, done = run(tmp_path, code)
    assert done.cells[0].outputs == []


def test_kernel_starts_in_the_folder_asked_for(tmp_path):
    _, done = run(tmp_path, "import os\nprint(os.getcwd())")
    printed = done.cells[0].outputs[0].text.strip()
    assert os.path.samefile(printed, tmp_path)


def test_failure_names_cell_error_and_the_copy_kept(tmp_path):
    with pytest.raises(NotebookFailedError) as caught:
        run(tmp_path, "a = 1", "# divide\nb = a / 0")
    text = str(caught.value)
    assert "source failed: ZeroDivisionError: division by zero" in text
    assert "(number 2 to be executed)" in text
    assert "    | # divide\n    | b = a / 0" in text
    kept = tmp_path / "out" / "failed" / "done.ipynb"
    assert str(kept) in text
    assert kept.is_file()
    assert not (tmp_path / "out" / "done.ipynb").exists()
