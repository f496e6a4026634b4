"""Benchmarks: ratios of rounds, records kept by commit, a run of a folder."""

import json
from dataclasses import replace

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.experiments import (
    benchmark_records,
    benchmarks,
    machine_peaks,
)

TOLD = {
    "unit": "note",
    "n_items": 2,
    "n_baseline_items": 1,
    "baseline": "a loop",
    "limit": "a copy",
    "ours": [2.0, 4.0, 6.0],
    "baseline_s": [3.0, 4.0, 12.0],
    "limit_s": [1.0, 1.0, 3.0],
}
PEAKS = {
    "float32_flops_per_s": 1e9,
    "bfloat16_flops_per_s": None,
    "bytes_per_s": 1e9,
    "start_s": 1e-6,
    "threads": 2,
}
REPORT = {
    "datetime": "2026-01-02T03:04:05",
    "commit_info": {"id": "abc", "dirty": False},
    "benchmarks": [
        {"group": "Tokens", "extra_info": {"name": "a", **TOLD}},
        {"group": "Transform", "extra_info": {"name": "b", **TOLD}},
    ],
}
TINY = """\
import pytest


@pytest.mark.benchmark(group="Book")
def test_tiny(benchmark):
    benchmark.pedantic(lambda: None, rounds=2)
    benchmark.extra_info |= {
        "name": "tiny", "unit": "page", "n_items": 1, "n_baseline_items": 1,
        "baseline": "b", "limit": "l", "ours": [1.0], "baseline_s": [2.0],
        "limit_s": [0.5],
    }
"""


@pytest.fixture
def record():
    """Give a record of two cases."""
    return benchmark_records.record_of(REPORT, PEAKS, provisional=False)


def test_a_ratio_is_the_median_of_ratios_of_neighbours_for_one_item():
    case = benchmark_records.case_of("a", "Tokens", TOLD)
    assert case.seconds == 2.0
    assert case.baseline_seconds == 4.0
    assert case.ratio == 3.0  # of 3, 2 and 4
    assert (case.ratio_low, case.ratio_high) == (2.0, 4.0)
    assert case.limit_seconds == 0.5
    assert case.share == 0.5  # of 1/2, 1/4 and 1/2
    assert case.n_rounds == 3


def test_a_machine_that_gets_slower_changes_no_ratio():
    case = benchmark_records.case_of("a", "Tokens", TOLD)
    times = ("ours", "baseline_s", "limit_s")
    slower = {key: [9 * s for s in TOLD[key]] for key in times}
    found = benchmark_records.case_of("a", "Tokens", TOLD | slower)
    assert found.ratio == pytest.approx(case.ratio)
    assert found.share == pytest.approx(case.share)
    assert found.seconds == pytest.approx(9 * case.seconds)


def test_cases_of_a_record_stand_in_the_order_of_the_parts(record):
    assert [case.name for case in record.cases] == ["b", "a"]
    assert (record.commit, record.dirty) == ("abc", False)


def test_what_was_kept_is_read_back(record, tmp_path):
    path = tmp_path / "history.json"
    assert benchmark_records.history(path) == []
    benchmark_records.keep(record, path)
    assert benchmark_records.history(path) == [record]


def test_a_commit_has_one_row_and_rows_stand_in_time(record, tmp_path):
    path = tmp_path / "history.json"
    later = replace(record, commit="def", date="2026-02-01")
    again = replace(record, dirty=True)
    for row in (later, record, again):
        benchmark_records.keep(row, path)
    assert benchmark_records.history(path) == [again, later]


def test_a_part_measured_alone_leaves_the_others_of_its_commit(
    record, tmp_path
):
    path = tmp_path / "history.json"
    benchmark_records.keep(record, path)
    (first, second) = record.cases
    changed = replace(second, ratio=9.0)
    benchmark_records.keep(replace(record, cases=(changed,)), path)
    (found,) = benchmark_records.history(path)
    assert found.cases == (first, changed)


@pytest.mark.parametrize("text", ["{", "[1]", '[{"cases": []}]'])
def test_a_broken_history_is_a_clear_error(text, tmp_path):
    path = tmp_path / "history.json"
    path.write_text(text)
    with pytest.raises(CourseError, match="records of benchmarks"):
        benchmark_records.history(path)


def test_the_history_that_ships_can_be_read():
    for record in benchmark_records.history():
        assert {case.part for case in record.cases} <= set(
            benchmark_records.PARTS
        )
        assert all(case.ratio > 0 for case in record.cases)


def test_the_command_runs_a_folder_and_keeps_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "measure_peaks", lambda: PEAKS)
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "test_tiny.py").write_text(TINY)
    out = tmp_path / "out.json"
    words = ["--folder", str(folder), "--out", str(out), "--provisional"]
    assert benchmarks.main(words) == 0
    ((row),) = json.loads(out.read_text())
    assert row["provisional"] is True
    assert row["cases"][0]["ratio"] == 2.0


def test_a_failing_benchmark_keeps_nothing(tmp_path, capsys):
    (tmp_path / "test_bad.py").write_text("def test_bad():\n    1 / 0\n")
    out = tmp_path / "out.json"
    words = ["--folder", str(tmp_path), "--out", str(out)]
    assert benchmarks.main(words) == 1
    assert "benchmarks that all run" in capsys.readouterr().err
    assert not out.exists()


def test_peaks_are_positive_and_products_take_their_share(monkeypatch):
    monkeypatch.setattr(machine_peaks, "N_TRIES", 1)
    monkeypatch.setattr(machine_peaks, "COPY_BYTES", 2**16)
    found = machine_peaks.measure_peaks()
    assert found.keys() == PEAKS.keys()
    assert all(value is None or value > 0 for value in found.values())
    assert found["threads"] == torch.get_num_threads()


def test_flop_are_priced_by_a_product_of_this_moment(monkeypatch):
    monkeypatch.setattr(machine_peaks, "product_seconds", lambda: 3.0)
    flops = 2 * machine_peaks.MATRIX**3
    assert machine_peaks.seconds_for_flops(10 * flops) == 30.0
