"""One process does nothing; several are checked in `sums_of_three.py`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.training import processes
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.processes import ALONE, join

SUMS = Path(__file__).with_name("sums_of_three.py")
TOLD = {
    "RANK": "1",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "4",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}


@pytest.fixture
def torchrun(monkeypatch):
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)


def test_without_torchrun_there_is_one_process():
    assert join() is ALONE
    assert (ALONE.rank, ALONE.size, ALONE.is_main) == (0, 1, True)
    assert ALONE.bar == {}


def test_without_torchrun_accelerate_is_not_imported():
    code = (
        "import sys; from course_utils.training.processes import join; "
        "join(); assert 'accelerate' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_one_process_has_all_rows_and_changes_nothing(rng):
    x = torch.randn(5, 2, generator=rng)
    with ALONE.part(5) as part:
        assert torch.equal(x[part.rows], x)
        assert part.of("abc") == ["a", "b", "c"]
        assert part.share == 1
    for same in (ALONE.total(x), ALONE.mean(x), ALONE.own(x, 0)):
        assert same is x
    assert ALONE.whole(x, 5, 0) is x
    weight = torch.nn.Parameter(x.clone())
    weight.grad = x.clone()
    ALONE.add_gradients([weight])
    assert torch.equal(weight.grad, x)
    assert ALONE.plain({"mean": torch.tensor(0.5)}) == {"mean": 0.5}
    assert ALONE.any(True, False) == (True, False)
    assert ALONE.from_main(lambda: 3.0) == 3.0
    ALONE.check_alike("a number", 1)
    with ALONE.main_first():
        ALONE.wait()


def test_three_processes_add_up_what_one_has():
    """Gradients of gradients too, which the penalties of a GAN need."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    result = subprocess.run(
        [*start, "--nproc-per-node", "3", SUMS],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "all sums are right\n"


@pytest.mark.usefixtures("torchrun")
def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(CourseError, match=r"course-utils\[processes\]"):
        join()


@pytest.mark.usefixtures("torchrun")
def test_a_gpu_serves_one_process(monkeypatch):
    pytest.importorskip("accelerate")
    monkeypatch.setattr(processes.torch.cuda, "device_count", lambda: 2)
    with pytest.raises(CourseError, match=r"at most 2 processes here.*got 4"):
        join()


def test_several_signals_can_ask_for_a_stop():
    before = signal.getsignal(signal.SIGTERM)
    with deferred_interrupt((signal.SIGINT, signal.SIGTERM)) as interrupt:
        assert not interrupt.asked
        signal.raise_signal(signal.SIGTERM)
        assert interrupt.asked
    assert signal.getsignal(signal.SIGTERM) is before
