"""What this machine has at best, measured: products, memory, starts.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import time
from collections.abc import Callable
from functools import cache

import torch

from course_utils.basics.runtime import bfloat16_is_fast, torch_rng

MATRIX = 512  # rows of the matrices; larger ones are no faster here
COPY_BYTES = 2**26  # more than a cache holds
N_STARTS = 300  # operations in a row
N_TRIES = 5  # the best one counts: others were held up


def seconds_of(compute: Callable[[], object]) -> float:
    """Return how long one call took."""
    began = time.perf_counter()
    compute()
    return time.perf_counter() - began


def best_seconds(compute: Callable[[], object], n_tries: int) -> float:
    """Return the least of some calls' times, after one to warm up."""
    compute()
    return min(seconds_of(compute) for _ in range(n_tries))


@cache
def _matrix(dtype: torch.dtype) -> torch.Tensor:
    """Return a square matrix of random numbers, the same each time."""
    return torch.randn(MATRIX, MATRIX, generator=torch_rng(0)).to(dtype)


def product_seconds(dtype: torch.dtype = torch.float32) -> float:
    """Return how long the product of two square matrices takes now."""
    matrix = _matrix(dtype)
    return seconds_of(lambda: matrix @ matrix)


def seconds_for_flops(flops: float) -> float:
    """Return how long so many FLOP take now, as one large product would.

    Measured anew at each call, so that it may stand beside what was measured
    a moment before, however busy the machine is.
    """
    return flops / (2 * MATRIX**3) * product_seconds()


def starts_seconds() -> float:
    """Return how long it takes torch to start an operation, in seconds.

    Sums of two numbers that are learnt, and their gradients: so little
    arithmetic that starting is all the time there is.
    """
    number = torch.ones(1, requires_grad=True)

    def chain() -> None:
        total = number
        for _ in range(N_STARTS):
            total = total + number
        total.backward()

    return best_seconds(chain, N_TRIES) / (2 * N_STARTS)


def measure_peaks() -> dict[str, float | int | None]:
    """Measure this machine, with the threads that torch uses now.

    Returns
    -------
    dict
        `float32_flops_per_s` and `bfloat16_flops_per_s` of a large matrix
        product (None where bfloat16 is only imitated), `bytes_per_s` read
        and written by a copy, `start_s` an operation, `threads`.
    """
    flops = 2 * MATRIX**3

    def per_s(dtype: torch.dtype) -> float:
        product_seconds(dtype)
        tries = (product_seconds(dtype) for _ in range(4 * N_TRIES))
        return flops / min(tries)

    block = torch.zeros(COPY_BYTES, dtype=torch.uint8)
    copy = torch.empty_like(block)
    fast = bfloat16_is_fast("cpu")
    return {
        "float32_flops_per_s": per_s(torch.float32),
        "bfloat16_flops_per_s": per_s(torch.bfloat16) if fast else None,
        "bytes_per_s": 2
        * COPY_BYTES
        / best_seconds(lambda: copy.copy_(block), N_TRIES),
        "start_s": starts_seconds(),
        "threads": torch.get_num_threads(),
    }
