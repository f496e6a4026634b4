"""What every benchmark needs: pairs timed in turns, and something to time."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from course_utils.basics.runtime import torch_rng
from course_utils.experiments.machine_peaks import (
    seconds_for_flops,
    seconds_of,
)
from course_utils.recipes.data_sets import load_pieces

sys.path.insert(0, str(Path(__file__).parent))  # for `plain_gan`

ROUNDS = 7
N_PIECES = 20


def pytest_addoption(parser):
    parser.addoption("--book", action="store_true", help="build the book too")


@pytest.fixture
def compare(benchmark):
    """Give the function that times ours, its baseline and its limit in turns.

    pytest-benchmark times ours; before each of its rounds the two others are
    timed, so that neighbours in time make a ratio. A limit is something to
    time, or a number of FLOP; one round alone has no warm-up. What the words
    mean is said in `course_utils.experiments.benchmark_records.case_of`.
    """

    def measure(
        name: str,
        ours: Callable[[], object],
        *,
        unit: str,
        n_items: float,
        baseline: tuple[str, Callable[[], object]],
        limit: tuple[str, Callable[[], object] | float],
        n_baseline_items: float | None = None,
        rounds: int = ROUNDS,
    ) -> None:
        words, plain = baseline
        least_words, least = limit
        taken = {"baseline_s": [], "limit_s": []}

        def least_seconds():
            if callable(least):
                return seconds_of(least)
            return seconds_for_flops(least)

        def before():
            taken["baseline_s"].append(seconds_of(plain))
            taken["limit_s"].append(least_seconds())

        for warm_up in (ours, plain, least_seconds) * (rounds > 1):
            warm_up()
        benchmark.pedantic(ours, setup=before, rounds=rounds)
        benchmark.extra_info |= {
            "name": name,
            "unit": unit,
            "n_items": n_items,
            "n_baseline_items": n_baseline_items or n_items,
            "baseline": words,
            "limit": least_words,
            "ours": list(benchmark.stats.stats.data),
            **taken,
        }

    return measure


@pytest.fixture(scope="session")
def pieces():
    """Give some chorales as note sequences."""
    found = [piece.sequence for piece in load_pieces("chorales", "cpu")]
    return found[:N_PIECES]


@pytest.fixture
def noise():
    """Give the function that makes quiet noise, (B, N)."""

    def make(n_sounds, n_samples):
        shape = (n_sounds, n_samples)
        return 0.1 * torch.randn(shape, generator=torch_rng(0))

    return make
