import json

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes import attention_cost


def test_the_naive_form_needs_more_memory_than_the_skewed_one():
    naive = attention_cost.cost("naive", 256)
    skewed = attention_cost.cost("skewed", 256)
    # From all pairs: 256 x 256 vectors of 256 float32 are 64 MiB.
    assert naive["peak_bytes"] > 2**26
    assert naive["peak_bytes"] > 2 * skewed["peak_bytes"]
    assert skewed["seconds"] > 0


def test_a_measurement_does_not_count_what_its_parent_holds():
    held = torch.ones(2**28, dtype=torch.uint8)  # 256 MiB
    alone = attention_cost.cost("skewed", 256)["peak_bytes"]
    assert 2**22 < alone < held.numel()


def test_every_form_is_measured_at_every_length(tmp_path, monkeypatch):
    monkeypatch.setattr(attention_cost, "LENGTHS", (8, 16))
    asked = []

    def cost(form, length):
        asked.append((form, length))
        return {"peak_bytes": 1, "seconds": 2.0}

    monkeypatch.setattr(attention_cost, "cost", cost)
    out = tmp_path / "costs.json"
    monkeypatch.setattr(
        attention_cost.costs, "__defaults__", (attention_cost.LENGTHS,)
    )
    attention_cost.main([str(out)])
    rows = json.loads(out.read_text())
    assert [(row["form"], row["length"]) for row in rows] == asked
    assert len(asked) == 2 * len(attention_cost.FORMS)


def test_an_unknown_form_is_refused():
    with pytest.raises(CourseError, match="naive, skewed, rotary"):
        attention_cost.cost("linear", 16)


def test_a_measurement_that_dies_is_reported(monkeypatch):
    monkeypatch.setattr(attention_cost, "MODULE", "course_utils.no_such")
    with pytest.raises(CourseError, match="memory may be too small"):
        attention_cost.cost("skewed", 16)
