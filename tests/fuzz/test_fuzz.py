"""A short campaign of every parser; `make fuzz` runs the long one."""

import json
import os

import fuzz_campaign
import fuzz_targets
import pytest

N_CASES = int(os.environ.get("COURSE_FUZZ_CASES", "60"))  # of each parser


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Feed all parsers in one process, and give the rows of the table."""
    folder = tmp_path_factory.mktemp("fuzz")
    log = folder / "log.jsonl"
    names = list(fuzz_targets.TARGETS)
    over = fuzz_campaign.run_worker(names, 0, 1, N_CASES, folder / "work", log)
    lines = fuzz_campaign.read_log(log)
    last = lines[-1]["parser"] if lines else "none"
    assert over.returncode == 0, f"{last}: {over.stderr[-3000:]}"
    return {
        name: fuzz_campaign.row_of(
            name, [line for line in lines if line["parser"] == name], {}, 0.0
        )
        for name in names
    }


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_hostile_files_end_in_a_result_a_clear_error_or_a_skip(rows, name):
    row = rows[name]
    assert row["faults"] == {}
    assert row["cases"] >= N_CASES
    assert row["errors"] > 0


def test_the_table_is_plain_numbers(rows):
    assert json.loads(json.dumps(list(rows.values())))
    text = fuzz_campaign.table(list(rows.values()))
    assert all(name in text for name in rows)


def test_the_campaign_notices_every_way_to_fail(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_FUZZ_CPU_S", "0.3")
    row = fuzz_campaign.campaign("toy", 40, tmp_path)
    assert row["cases"] >= 40
    for kind in ("results", "skips", "errors", "hangs", "crashes"):
        assert row[kind] > 0, kind
    faults = ("hang", "crash", "memory", "unclear: two", "files were left")
    for fault in faults:
        assert any(name.startswith(fault) for name in row["faults"]), fault
    assert any(name.startswith("KeyError") for name in row["faults"])
    kept = [path.name for path in (tmp_path / "fuzz" / "toy").rglob("toy")]
    assert len(kept) >= len(faults)  # the files of each are saved
