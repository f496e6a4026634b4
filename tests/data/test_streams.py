from itertools import islice

import torch

from course_utils.data.streams import TokenStream

PIECES = [list(range(i, i + 9)) for i in range(0, 90, 9)]


def stream(seed=3):
    return TokenStream(PIECES, batch_size=4, length=6, seed=seed)


def take(source, n):
    return [next(source) for _ in range(n)]


def same(a, b):
    return all(
        torch.equal(x, u) and torch.equal(y, v) and f == g
        for (x, y, f), (u, v, g) in zip(a, b, strict=True)
    )


def test_targets_are_the_inputs_one_token_later():
    inputs, targets, first = next(stream())
    assert inputs.shape == targets.shape == (4, 6)
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    assert first


def test_only_the_first_batch_of_an_epoch_says_so():
    source = stream()
    epochs = []
    for _, _, first in islice(source, 30):
        epochs.append(source.epoch)
        assert first == (epochs.count(source.epoch) == 1)
    assert epochs[-1] >= 2


def test_a_place_is_found_again_in_any_epoch():
    for n_before in (0, 1, 5, 17):
        source = stream()
        take(source, n_before)
        place = source.place()
        expected = take(source, 12)
        again = stream()
        again.seek(place)
        assert same(take(again, 12), expected)


def test_seed_and_epoch_decide_the_order():
    assert same(take(stream(), 12), take(stream(), 12))
    assert not same(take(stream(), 4), take(stream(4), 4))
    source = stream()
    first = take(source, 4)
    while source.epoch == 0:
        last = next(source)
    second = [last, *take(source, 3)]
    assert not same(first, second)
