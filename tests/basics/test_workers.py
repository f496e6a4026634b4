"""Parts come out alike whoever works, and a dead process loses none."""

import math
import operator
import os
import sys
from contextlib import closing

import psutil
import pytest

from course_utils.basics import workers
from course_utils.basics.checks import CourseError
from course_utils.basics.workers import Workers, each

PARTS = list(range(20))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_results_are_the_same_whatever_the_number_of_processes(n):
    found = dict(each(math.factorial, PARTS, Workers(n)))
    assert found == {part: math.factorial(part) for part in PARTS}


def test_this_process_alone_works_in_order():
    found = list(each(math.factorial, [3, 2, 1]))
    assert found == [(0, 6), (1, 2), (2, 1)]


def test_no_parts_are_no_work():
    assert list(each(math.factorial, [], Workers(2))) == []


def test_an_error_of_the_function_reaches_the_caller():
    with pytest.raises(ValueError, match="not defined for negative"):
        list(each(math.factorial, [1, -1], Workers(2)))
    with pytest.raises(ValueError, match="not defined for negative"):
        list(each(math.factorial, [1, -1]))


def test_a_part_that_kills_its_processes_is_given_up_at_last():
    with pytest.raises(CourseError, match=r"until 7 is done; got 3 that die"):
        list(each(os._exit, [7], Workers(2)))
    told = list(each(os._exit, [7], Workers(2), lost=operator.neg))
    assert told == [(0, -7)]


def test_the_parts_of_a_killed_process_are_done_by_another(tmp_path):
    # Each part kills its process the first time, and only then.
    (tmp_path / "once.py").write_text(ONCE)
    sys.path.insert(0, str(tmp_path))
    try:
        from once import once

        parts = [str(tmp_path / f"part-{number}") for number in range(3)]
        assert dict(each(once, parts, Workers(2))) == dict(enumerate(parts))
    finally:
        sys.path.remove(str(tmp_path))


ONCE = """\
import os, signal
from pathlib import Path

def once(path):
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path
"""


def test_whoever_stops_early_leaves_no_process_behind():
    before = set(psutil.Process().children())
    with closing(each(math.factorial, PARTS, Workers(2))) as done:
        next(done)
    after = set(psutil.Process().children()) - before
    # What tracks shared memory stays, once for all pools.
    kept = [" ".join(process.cmdline()) for process in after]
    assert all("resource_tracker" in line for line in kept)


@pytest.mark.parametrize("address", ["localhost:8786", "http://a:1", "tcp://"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(CourseError, match="address of a scheduler"):
        Workers(scheduler=address)


@pytest.mark.parametrize("n", [0, -1, 100_000])
def test_an_absurd_number_of_workers_is_refused(n):
    with pytest.raises(CourseError, match="number of workers"):
        Workers(n)


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match=r"course-utils\[cluster\]"):
        list(each(abs, [1], Workers(scheduler="tcp://127.0.0.1:9")))


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "CONNECT_S", 1)
    with pytest.raises(CourseError, match=r"a Dask scheduler at tcp://127"):
        list(each(abs, [1], Workers(scheduler="tcp://127.0.0.1:9")))
