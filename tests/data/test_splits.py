import subprocess
import sys
from collections import Counter

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.splits import (
    SHARES,
    hash_share,
    split_by_group,
    split_by_hash,
    split_names,
    split_stratified,
)

NAMES = [f"work-{i}" for i in range(2000)]
# Four standard deviations of a share of 0.1 among 2000 names.
SHARE_ATOL = 4 * (0.1 * 0.9 / 2000) ** 0.5


def test_the_hash_is_the_same_in_another_process():
    code = (
        "from course_utils.data.splits import hash_share;"
        "print(hash_share('bwv269'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert float(told.stdout) == hash_share("bwv269")
    # printf bwv269 | sha256sum begins with these 8 bytes
    assert hash_share("bwv269") == 0x2C69189AF37B30A7 / 2**64


def test_shares_come_near_what_was_asked():
    counts = Counter(split_by_hash(name) for name in NAMES)
    for split, share in SHARES.items():
        assert counts[split] / len(NAMES) == pytest.approx(
            share, abs=2 * SHARE_ATOL
        )


def test_a_name_keeps_its_split_when_others_come():
    few = split_names(NAMES[:500])
    many = split_names(NAMES)
    assert all(many[name] == split for name, split in few.items())


def test_items_of_a_group_stay_together():
    groups = ["violin", "oboe", "violin", "horn", "oboe"]
    splits = split_by_group(groups)
    assert splits[0] == splits[2]
    assert splits[1] == splits[4]
    assert splits == [split_by_hash(group) for group in groups]


@pytest.mark.parametrize("n_names", [3, 4, 5, 10])
def test_no_split_of_a_small_set_is_empty(n_names):
    for first in range(40):
        found = split_names(NAMES[first : first + n_names])
        assert set(found.values()) == set(SHARES)


def test_two_names_stay_where_their_hash_puts_them():
    found = split_names(NAMES[:2])
    assert found == {name: split_by_hash(name) for name in NAMES[:2]}


def test_every_stratum_gives_its_share():
    strata = {f"i{i}": "ab"[i % 2] for i in range(20)} | {"lone": "c"}
    found = split_stratified(strata, 0.2)
    held = Counter(strata[k] for k, s in found.items() if s == "validation")
    assert held == {"a": 2, "b": 2}
    assert found["lone"] == "train"


def test_a_stratified_split_ignores_the_order():
    strata = {f"i{i}": "ab"[i % 2] for i in range(20)}
    turned = dict(reversed(strata.items()))
    assert split_stratified(strata) == split_stratified(turned)


def test_shares_must_add_up():
    with pytest.raises(CourseError, match="add up to 1"):
        split_by_hash("x", {"train": 0.8, "validation": 0.1})
