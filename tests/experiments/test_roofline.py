"""What a computation asks for: counted, against closed forms."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from course_utils.experiments.roofline import (
    Peaks,
    Work,
    count_learning,
    count_work,
    n_weights,
    total_flops,
)

M, K, N = 3, 5, 7


def test_a_matrix_product_asks_for_two_flop_a_product_and_each_byte_once():
    a, b = torch.zeros(M, K), torch.zeros(K, N)
    (work,) = count_work(lambda: a @ b)
    assert work.flops == 2 * M * K * N
    assert work.n_bytes == 4 * (M * K + K * N + M * N)


def test_views_ask_for_nothing_and_changes_in_place_do():
    a = torch.zeros(M, K)
    assert not count_work(lambda: a.t()[1:].expand(2, K - 1, M))
    (work,) = count_work(lambda: a.add_(1.0))
    assert work == Work(0, 2 * 4 * M * K)


def test_what_is_repeated_is_read_once():
    row = torch.zeros(1, K)
    (work,) = count_work(lambda: row.expand(M, K) + 1.0)
    assert work.n_bytes == 4 * (K + M * K)


def test_the_gradient_of_a_product_asks_for_twice_as_much():
    layer = torch.nn.Linear(K, N, bias=False)
    x = torch.zeros(M, K, requires_grad=True)
    there = total_flops(count_work(lambda: layer(x)))
    both = total_flops(count_work(lambda: layer(x).sum().backward()))
    assert both == 3 * there


def test_a_gradient_of_a_gradient_is_counted():
    layer = torch.nn.Conv2d(2, 3, 3, padding=1, bias=False)

    def penalty():
        x = torch.zeros(4, 2, 8, 8, requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
        slope.square().sum().backward()

    flops = total_flops(count_work(penalty))
    once = 2 * 4 * 8 * 8 * 3 * 2 * 9
    # Forward, the slope, and back through it: by the weights and the images.
    assert flops == 4 * once


def test_numbers_without_content_are_counted_alike():
    def compute():
        return torch.nn.functional.conv1d(
            torch.zeros(2, 3, 10), torch.zeros(4, 3, 3)
        )

    with FakeTensorMode():
        fake = count_work(compute)
    assert fake == count_work(compute)


def test_the_roofline_takes_the_slower_of_products_and_memory():
    peaks = Peaks(flops_per_s=100.0, bytes_per_s=10.0)
    assert peaks.least_seconds([Work(200, 1)]) == 2.0
    assert peaks.least_seconds([Work(1, 30)]) == 3.0
    assert peaks.least_seconds([Work(200, 1), Work(1, 30)]) == 5.0


def test_what_is_kept_for_the_gradient_is_counted_once():
    x = torch.zeros(M, K, requires_grad=True)
    works, kept = count_learning(lambda: (x * x).sum())
    assert kept == 4 * M * K
    assert len(works) > 3  # the gradient's operations too
    assert x.grad is not None


def test_weights_are_counted():
    nets = torch.nn.Linear(K, N), torch.nn.Linear(N, 1)
    assert n_weights(*nets) == K * N + N + N + 1


def test_a_computation_returns_what_it_would_return_anyway():
    found = []
    count_work(lambda: found.append(torch.ones(2) + 1))
    assert found[0].tolist() == pytest.approx([2.0, 2.0])
