"""The page of experiments: runs read from their records, and the table."""

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from course_utils.basics.paths import shipped_data_dir
from course_utils.experiments import dependencies, notebook_file
from course_utils.experiments.freshness import Workplace, injected
from course_utils.experiments.manifest import (
    Manifest,
    read_manifest,
    write_manifest,
)

import course_dashboard  # isort: skip  (found through tests/book/conftest.py)
import course_runs  # isort: skip
import course_site  # isort: skip

NAME = "10_tone"
PLAYER = (
    '<figure class="course-clip"><audio src="data:audio/mpeg;base64,SUQz">'
    "</audio><figcaption><strong>Tone</strong> A tone.</figcaption></figure>"
)


@pytest.fixture
def site(tmp_path):
    """Give a site over one notebook that was executed at smoke."""
    place = Workplace(tmp_path / "notebooks", tmp_path / "executed")
    parameters = new_code_cell(
        'PRESET = "cpu"\nSEED = 3', metadata={"tags": ["parameters"]}
    )
    cells = [new_markdown_cell("# Tone"), parameters, new_code_cell("1")]
    source = notebook_file.canonical(new_notebook(cells=cells), NAME)
    notebook_file.write(source, place.source(NAME))
    copy = notebook_file.read(place.source(NAME))
    output = new_output("display_data", data={"text/html": PLAYER * 2})
    copy.cells[-1].outputs = [output]
    notebook_file.write(copy, place.copy(NAME, "smoke"))
    manifest = Manifest(
        notebook=NAME,
        preset="smoke",
        parameters=injected(NAME, "smoke", place),
        seed=3,
        commit="0123456789abcdef",
        dirty=True,
        versions={},
        seconds=12.5,
        peak_memory_mib=300,
        code_hash=notebook_file.code_hash(source),
        library_hash="",
        library=dependencies.fingerprints(source, NAME),
        metrics={"snr_db": 40.25},
    )
    write_manifest(manifest, place.manifest(NAME, "smoke"))
    return course_site.Site(tmp_path, place, "smoke")


def test_a_notebooks_run_is_read_from_its_manifest_and_copy(site):
    run = course_runs.notebook_run(NAME, "smoke", site)
    assert (run.seconds, run.memory_mib) == (12.5, 300)
    assert run.parameters == {"PRESET": "smoke", "SEED": 3}
    assert run.metrics == {"snr_db": 40.25}
    assert run.commit == "0123456789ab and changes"
    assert not run.stale
    (player,) = run.players  # the same sound twice is one
    (clip,) = site.clips
    assert f'src="_static/clips/{clip}"' in player


def test_a_run_is_stale_when_its_notebook_has_changed(site):
    path = site.place.source(NAME)
    notebook = notebook_file.read(path)
    notebook.cells[-1].source = "2"
    notebook_file.write(notebook, path)
    run = course_runs.notebook_run(NAME, "smoke", site)
    assert run.stale == "its code changed"
    rows = BeautifulSoup(course_dashboard.table([run]), "html.parser")
    assert rows.select_one("tr.course-stale").get_text().endswith(run.stale)


def test_runs_of_a_sweep_have_rows_and_their_texts_stay_texts(site, tmp_path):
    source = site.place.manifest(NAME, "smoke")
    manifest = replace(
        read_manifest(source), parameters={"PRESET": "smoke", "SEED": 4}
    )
    folder = tmp_path / "sweeps" / "<i>tones"
    hostile = {"PRESET": "smoke", "SEED": 5, "N": "<script>alert(1)</script>"}
    changes = {
        "run-1": {},
        "run-2": {"parameters": hostile, "commit": "<b>0123456789"},
        "run-3": {"notebook": "<script>"},
        "run-4": {"preset": "<b>"},
    }
    for run, change in changes.items():
        write_manifest(
            replace(manifest, **change), folder / run / "manifest.json"
        )
        notebook_file.write(
            notebook_file.read(site.place.copy(NAME, "smoke")),
            folder / run / f"{NAME}.ipynb",
        )
    (folder / "run-5").mkdir()
    (folder / "run-5" / "manifest.json").write_text("{")
    found = list(
        course_runs.sweep_runs(tmp_path / "sweeps", [NAME], site.place)
    )
    assert [run.parameters["SEED"] for run in found] == [4, 5]
    assert [run.stale for run in found] == ["", ""]
    assert all(run.name == f"<i>tones: {NAME}" for run in found)
    html = course_dashboard.table(found).partition("<script>\n")[0]
    page = BeautifulSoup(html, "html.parser")
    assert not page.find_all(["script", "i", "b"])
    assert "<script>alert(1)</script>" in page.get_text()


def test_every_shipped_checkpoint_and_trial_has_a_row(site):
    data = shipped_data_dir()
    runs = list(course_runs.trainings(data, site))
    names = {run.name for run in runs}
    assert {p.name for p in (data / "checkpoints").iterdir()} <= names
    for folder in ("gansynth", "gansynth_cpu"):
        for path in (data / "experiments" / folder).glob("*.json"):
            trial = json.loads(path.read_text())
            (run,) = (
                r for r in runs if r.link.endswith(f"{folder}/{path.name}")
            )
            assert run.seconds == trial["seconds"]
            assert run.parameters["line"] == trial["line"]
            assert run.metrics["fid"] == trial["scores"]["fid"]
            assert len(run.players) == path.with_suffix(".mp3").is_file()
    assert all(run.parameters and run.seconds for run in runs)
    assert not [k for run in runs for k in run.metrics if "real_" in k]


def test_the_table_is_complete_without_a_script():
    run = course_runs.Run("<b>", "x.html", "cpu", metrics={"a": 0.123456789})
    fuller = replace(run, name="c", seconds=1234.4, commit="abc")
    html = course_dashboard.table([run, fuller])
    page = BeautifulSoup(html.partition("<script>")[0], "html.parser")
    first, second = page.tbody.find_all("tr")
    assert first.th.a.get_text() == "<b>"
    assert first.find_all("td")[1].get_text() == "–"
    assert second.find_all("td")[1].get_text() == "1,234"
    assert second.find_all("td")[1]["data-value"] == "1234.4"
    assert "a = 0.123457" in first.get_text()
    heads = [head.get_text() for head in page.thead.find_all("th")]
    assert heads == list(course_dashboard.COLUMNS)
    assert len(first.find_all(["th", "td"])) == len(heads)
