"""Every notebook, all cells, on a machine like Colab's."""

import base64
import io
import re

import pytest
import soundfile

from course_utils.experiments import costs
from course_utils.experiments.manifest import CLIP

pytestmark = pytest.mark.colab
MIB_LIMIT = 2048  # what preset smoke promises
WARNING = re.compile(r".*(?:Warning|Error)\b.*")
WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
# The models that ipywidgets 7.7.1 brings, and Colab's page knows.
MODEL_VERSIONS = {
    "@jupyter-widgets/base": "1.2.0",
    "@jupyter-widgets/controls": "1.5.0",
    "@jupyter-widgets/output": "1.0.0",
}
SOURCE = re.compile(
    r"<(?:audio|source|img|script|iframe|link)\b[^>]*?\s"
    r"(?:src|href)\s*=\s*[\"']?(?P<start>[^\"'>]{1,40})"
)


def test_every_cell_runs(run):
    assert not run.error


def test_the_set_up_cell_installs_the_course_of_the_last_commit(
    finished, colab
):
    assert finished.probe["course_utils"].startswith(str(colab.place / "usr"))
    assert "course-utils" in colab.packages()


def test_what_colab_had_stays_and_is_what_the_kernel_uses(finished, colab):
    assert not colab.packages().keys() & colab.had.keys()
    for name in ("numpy", "torch", "ipython", "ipywidgets"):
        assert finished.probe[name].startswith(colab.had[name]), name


def test_the_set_up_cell_says_what_was_found_and_how_long_it_takes(
    finished, colab
):
    said = finished.text("stdout", [finished.setup]).replace("\r\n", "\n")
    for line in (
        f"colab     {colab.environment['COLAB_RELEASE_TAG']}\n",
        f"python    {finished.probe['python']} on ",
        f"packages  torch {colab.had['torch']}, numpy ",
        "CPU cores\n",
        "GiB free\n",
        "\nready\n",
        costs.sentence(finished.name, "cpu"),
    ):
        assert line in said, line


def test_cells_below_it_warn_of_nothing(finished):
    cells = finished.notebook.cells
    below = cells[cells.index(finished.setup) + 1 :]
    assert not WARNING.findall(finished.text("stderr", below))


def test_every_sound_is_in_the_notebook_and_can_be_played(finished):
    html = "\n".join(finished.shown("text/html"))
    clips = {match["data"] for match in CLIP.finditer(html)}
    assert clips or "play(" not in finished.source
    for clip in clips:
        samples, sample_rate = soundfile.read(
            io.BytesIO(base64.b64decode(clip))
        )
        assert len(samples) > 0
        assert sample_rate >= 8000


def test_nothing_that_is_shown_lies_elsewhere(finished):
    html = "\n".join(finished.shown("text/html"))
    starts = [match["start"] for match in SOURCE.finditer(html)]
    assert not [s for s in starts if not s.startswith(("data:", "#"))]


def test_widgets_are_those_that_colabs_page_knows(finished):
    kept = finished.notebook.metadata.get("widgets", {})
    models = kept.get(WIDGET_STATE, {}).get("state", {})
    for view in finished.shown(WIDGET):
        assert view["model_id"] in models
    for model in models.values():
        known = MODEL_VERSIONS[model["model_module"]]
        assert model["model_module_version"] == known


def test_trainings_are_kept_on_the_mounted_drive(finished, colab):
    kept = colab.drive.glob(f"course_runs/{finished.name}*/**/*.safetensors")
    assert any(kept) == ("runs_dir()" in finished.source)
    assert not (colab.place / "content" / "runs").exists()


def test_memory_stays_below_what_smoke_promises(finished):
    assert finished.peak_mib() < MIB_LIMIT
