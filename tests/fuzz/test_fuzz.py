"""A short campaign of every parser; `make fuzz` runs the long one."""

import json

import fuzz_campaign
import fuzz_targets
import pytest

N_CASES = 150  # of each parser


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
