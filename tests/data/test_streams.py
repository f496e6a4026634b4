from itertools import chain, islice

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.streams import ShuffledPlaces, TokenStream

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


def sizes_of(places, *sizes):
    return [places.take(size).tolist() for size in sizes]


def test_an_epoch_has_every_place_once():
    places = ShuffledPlaces(20, seed=1)
    epoch = list(chain(*sizes_of(places, 5, 1, 8, 6)))
    assert sorted(epoch) == list(range(20))
    assert epoch != sorted(epoch)
    assert places.place() == {"epoch": 0, "index": 20}


def test_another_epoch_has_another_order():
    places = ShuffledPlaces(50, seed=1)
    first, second = sizes_of(places, 50, 50)
    assert sorted(first) == sorted(second)
    assert first != second
    assert places.place() == {"epoch": 1, "index": 50}


def test_a_batch_never_reaches_over_the_end_of_an_epoch():
    places = ShuffledPlaces(10, seed=1)
    whole = ShuffledPlaces(10, seed=1)
    assert sizes_of(places, 4, 4) == [*(whole.take(8).reshape(2, 4).tolist())]
    later = places.take(4).tolist()
    assert places.place() == {"epoch": 1, "index": 4}
    whole.take(10)  # an epoch that is begun anew, as 2 are left of the first
    assert whole.place()["epoch"] == 1
    whole.seek({"epoch": 1, "index": 0})
    assert whole.take(4).tolist() == later


def test_the_order_does_not_depend_on_the_sizes_of_the_batches():
    one, other = ShuffledPlaces(24, seed=5), ShuffledPlaces(24, seed=5)
    eights, others = sizes_of(one, 8, 8, 8), sizes_of(other, 1, 2, 3, 18)
    assert list(chain(*eights)) == list(chain(*others))


def test_a_place_among_shuffled_ones_is_found_again():
    for n_before in (0, 1, 3, 11):
        places = ShuffledPlaces(17, seed=2)
        sizes_of(places, *[4] * n_before)
        place = places.place()
        expected = sizes_of(places, 4, 2, 16, 5)
        again = ShuffledPlaces(17, seed=2)
        again.seek(place)
        assert sizes_of(again, 4, 2, 16, 5) == expected


def test_seeds_give_different_orders():
    one, other = (ShuffledPlaces(30, seed=s).take(30) for s in (0, 1))
    assert not torch.equal(one, other)


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_that_cannot_be_filled_is_refused(size):
    with pytest.raises(CourseError, match="batch size from 1 to 10 items"):
        ShuffledPlaces(10, seed=0).take(size)
