"""What chapters cost: read from manifests, kept, told."""

from dataclasses import replace

import pytest

from course_utils.basics.paths import REPOSITORY
from course_utils.basics.presets import PRESETS
from course_utils.experiments import costs, dependencies
from course_utils.experiments.manifest import Manifest, write_manifest
from course_utils.experiments.notebook_file import canonical, read

RUN = Manifest(
    notebook="10_tone",
    preset="smoke",
    parameters={},
    seed=0,
    commit="abc",
    dirty=False,
    versions={},
    seconds=12.4,
    peak_memory_mib=301,
    code_hash="",
    library_hash="",
    library={},
)


@pytest.fixture
def path(tmp_path):
    """Give a file of costs, measured at smoke here and at colab elsewhere."""
    path = tmp_path / "costs.json"
    write_manifest(RUN, tmp_path / "here" / "smoke" / "10_tone.json")
    costs.keep(costs.gather(tmp_path / "here", "2 cores"), path)
    away = replace(RUN, preset="colab", seconds=3725)
    write_manifest(away, tmp_path / "away" / "colab" / "10_tone.json")
    costs.keep(costs.gather(tmp_path / "away", "a T4"), path)
    return path


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3725, "1 h 2 min"),
    ],
)
def test_times_are_told_in_words(seconds, words):
    assert costs.duration(seconds) == words


def test_costs_of_several_machines_stand_beside_each_other(path):
    here = costs.ChapterCost(12.4, 301, "2 cores", "abc")
    assert costs.cost("10_tone", "smoke", path) == here
    assert costs.cost("10_tone", "colab", path).machine == "a T4"
    assert costs.line("10_tone", path) == (
        "**Time and memory**, measured on 2 cores: `smoke` 12 s, 301 MiB; "
        "on a T4: `colab` 1 h 2 min, 301 MiB; not measured: `cpu`, `paper`."
    )


def test_what_was_not_measured_is_said(path):
    assert costs.cost("10_tone", "cpu", path) is None
    assert costs.sentence("10_tone", "cpu", path).endswith("not measured.")
    assert "12 s, 301 MiB" in costs.sentence("10_tone", "smoke", path)
    assert costs.line("99_never", path) == ""


def test_the_machine_is_told_by_cores_and_gpu():
    assert " cores with" in costs.machine()


def test_new_costs_make_no_notebook_stale():
    assert costs.COSTS_FILE in dependencies.NO_SOURCES
    fingerprints = dependencies._shipped_data()
    assert not [name for name in fingerprints if costs.COSTS_FILE in name]


def test_every_chapter_says_under_its_title_what_it_took():
    for name, rows in costs.all_costs().items():
        assert rows.keys() <= set(PRESETS)
        file = REPOSITORY / "notebooks" / f"{name}.ipynb"
        title = canonical(read(file), name).cells[0].source
        assert title.split("\n")[4] == costs.line(name), name
        assert title.count(costs.LINE_START) == 1, name
