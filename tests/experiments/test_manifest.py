"""Recording metrics, and reading what came out of a run."""

import base64
import dataclasses
import hashlib
import json

import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_utils.basics.checks import CourseError
from course_utils.experiments.manifest import (
    Manifest,
    clip_hashes,
    figure_hashes,
    metrics,
    read_manifest,
    record,
    write_manifest,
)

MANIFEST = Manifest(
    notebook="10_tone",
    preset="cpu",
    parameters={"SEED": 0, "N_NOTES": None},
    seed=0,
    commit=None,
    dirty=False,
    versions={"python": "3.12.1"},
    seconds=1.5,
    peak_memory_mib=300,
    code_hash="c",
    library_hash="l",
    library={"course_utils.basics.pitch": "ab"},
    metrics={"snr_db": 71.25},
)


def executed(*data):
    outputs = [new_output("display_data", data=d) for d in data]
    return new_notebook(cells=[new_code_cell("x", outputs=outputs, id="c1")])


@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), torch.tensor([0.5]), np.array([0.5])]
)
def test_record_prints_name_and_value(capsys, value):
    record("snr_db", value)
    assert capsys.readouterr().out == "snr_db = 0.5\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", None])
def test_record_refuses_what_is_no_finite_number(value):
    with pytest.raises(CourseError, match="finite number as metric snr_db"):
        record("snr_db", value)


def test_record_refuses_a_name_with_spaces():
    with pytest.raises(CourseError, match="metric's name such as"):
        record("snr in dB", 1.0)


def test_record_in_a_notebook_is_shown_and_gathered(monkeypatch):
    shown = []
    home = "course_utils.experiments.manifest"
    monkeypatch.setattr(f"{home}.get_ipython", lambda: object())
    monkeypatch.setattr(
        f"{home}.display", lambda data, raw: shown.append(data)
    )
    record("n_notes", 50)
    record("snr_db", 71.25)
    assert shown[0]["text/plain"] == "n_notes = 50"
    found = metrics(executed(*json.loads(json.dumps(shown))))
    assert found == {"n_notes": 50, "snr_db": 71.25}


def test_clips_are_hashed_as_bytes_and_numbered():
    sound = b"ID3 not really music"
    data = base64.b64encode(sound).decode()
    html = f'<audio src="data:audio/mpeg;base64,{data}"></audio>'
    found = clip_hashes(executed({"text/html": html + html}))
    digest = hashlib.sha256(sound).hexdigest()
    assert found == {"c1/1": digest, "c1/2": digest}


def test_figures_are_hashed_as_bytes():
    data = base64.b64encode(b"PNG").decode() + "\n"
    svg = ["<svg>", "</svg>"]
    found = figure_hashes(
        executed({"image/png": data}, {"image/svg+xml": svg})
    )
    assert found == {
        "c1/1": hashlib.sha256(b"PNG").hexdigest(),
        "c1/2": hashlib.sha256(b"<svg></svg>").hexdigest(),
    }


def test_cells_without_outputs_have_neither():
    book = new_notebook(cells=[new_code_cell("x")])
    assert metrics(book) == clip_hashes(book) == figure_hashes(book) == {}


def test_manifest_survives_the_round_trip(tmp_path):
    path = tmp_path / "10_tone.json"
    write_manifest(MANIFEST, path)
    assert read_manifest(path) == MANIFEST
    assert set(json.loads(path.read_text())) == {
        field.name for field in dataclasses.fields(Manifest)
    }


def test_a_broken_manifest_is_named(tmp_path):
    path = tmp_path / "10_tone.json"
    path.write_text('{"notebook": "10_tone"}')
    with pytest.raises(CourseError, match=r"manifest in .* cannot be read"):
        read_manifest(path)
    with pytest.raises(CourseError, match="nothing there"):
        read_manifest(tmp_path / "none.json")


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": "<b>"},
        {"seconds": 10**400},
        {"peak_memory_mib": None},
        {"metrics": {"a": "<script>"}},
        {"metrics": []},
        {"library": "x"},
        {"seed": 1.5},
        {"dirty": None},
        {"preset": "\ud800"},
    ],
)
def test_a_manifest_with_a_field_of_another_kind_is_refused(tmp_path, change):
    path = tmp_path / "10_tone.json"
    path.write_text(json.dumps(dataclasses.asdict(MANIFEST) | change))
    with pytest.raises(CourseError, match=r"manifest in .* cannot be read"):
        read_manifest(path)


@pytest.mark.parametrize("metric", [None, [], {"name": ["a"], "value": 1}, {}])
def test_an_output_that_is_no_metric_is_passed_over(metric):
    data = {"application/vnd.course-metric+json": metric}
    cell = new_code_cell("x", outputs=[new_output("display_data", data=data)])
    assert metrics(new_notebook(cells=[cell])) == {}
