"""A place with tiny notebooks, for everything that executes or builds."""

import shutil
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.basics import presets
from course_utils.experiments import notebook_file
from course_utils.experiments.freshness import Workplace, names_of
from course_utils.experiments.runner import run_all

sys.path.insert(0, str(Path(__file__).parent))  # for sweep_trial

TONE = """\
import base64
import io

import numpy as np
import soundfile
from IPython.display import HTML

from course_utils.basics.pitch import midi_to_hz
from course_utils.experiments.manifest import record

time_s = np.arange(N_SAMPLES) / 8000
tone = 0.3 * np.sin(2 * np.pi * midi_to_hz(69) * time_s)
record("peak", abs(tone).max())
file = io.BytesIO()
soundfile.write(file, tone, 8000, format="MP3")
data = base64.b64encode(file.getvalue()).decode()
HTML(
    '<figure class="course-clip"><audio controls preload="none" '
    f'src="data:audio/mpeg;base64,{data}" aria-label="A4"></audio>'
    "<figcaption><strong>A4</strong> a steady tone</figcaption></figure>"
)"""
PICTURE = "import matplotlib.pyplot as plt\n\nplt.plot([0, 1]);"
ALT = {"mystnb": {"image": {"alt": "A rising line."}}}


TABLE = {"10_tone": {"smoke": {"N_SAMPLES": 800}, "cpu": None}}


def small_notebook(folder, name, *sources, names='PRESET = "cpu"\nSEED = 0'):
    """Write a small canonical notebook; each source is a code cell."""
    cells = [
        new_markdown_cell(f"# Notebook {name}\n\nA test."),
        new_code_cell(names, metadata={"tags": ["parameters"]}),
        *(new_code_cell(source) for source in sources),
    ]
    if PICTURE in sources:
        cells[2 + sources.index(PICTURE)].metadata = ALT
    notebook = new_notebook(cells=cells)
    path = folder / f"{name}.ipynb"
    notebook_file.write(notebook_file.canonical(notebook, name), path)
    return path


@pytest.fixture
def write_notebook():
    """Give the function that writes small notebooks."""
    return small_notebook


def make_place(folder):
    place = Workplace(folder / "notebooks", folder / "executed")
    names = 'PRESET = "cpu"\nSEED = 0\nN_SAMPLES = None'
    small_notebook(place.notebooks, "10_tone", TONE, PICTURE, names=names)
    small_notebook(place.notebooks, "11_count", "print(SEED, PRESET)")
    return place


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give a workplace with one notebook that sounds and one that counts."""
    monkeypatch.setattr(presets, "notebook_table", lambda: TABLE)
    return make_place(tmp_path)


@pytest.fixture(scope="session")
def executed_once(tmp_path_factory):
    """Give the folder of a place whose notebooks ran once at smoke."""
    folder = tmp_path_factory.mktemp("once")
    place = make_place(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presets, "notebook_table", lambda: TABLE)
        failures = run_all(names_of(place), "smoke", place)
    assert failures == {}
    return folder


@pytest.fixture
def done(executed_once, tmp_path, monkeypatch):
    """Give a fresh copy of the place where both notebooks ran."""
    monkeypatch.setattr(presets, "notebook_table", lambda: TABLE)
    folder = tmp_path / "copy"
    shutil.copytree(executed_once, folder)
    return Workplace(folder / "notebooks", folder / "executed")
