from collections import Counter

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.crops import CropStream

LENGTH = 8
N_ROWS = (5, 8, 20, 64)


def piece(number, n_rows):
    """Rows of (number of the piece, number of the row)."""
    rows = torch.arange(n_rows)
    return torch.stack([torch.full_like(rows, number), rows], dim=1)


PIECES = [piece(i, n) for i, n in enumerate(N_ROWS)]


def as_it_is(crop, rng):
    return crop


def lifted(crop, rng):
    return crop + torch.randint(100, (), generator=rng)


def stream(seed=3, batch_size=4, vary=lifted, pieces=PIECES, length=LENGTH):
    return CropStream(pieces, batch_size, length, seed, vary)


def take(source, n):
    return [next(source) for _ in range(n)]


def same(a, b):
    return all(
        torch.equal(x, y) and start == other
        for one, two in zip(a, b, strict=True)
        for (x, start), (y, other) in zip(one, two, strict=True)
    )


def test_the_seed_decides_the_batches():
    assert same(take(stream(), 12), take(stream(), 12))
    assert not same(take(stream(3), 2), take(stream(4), 2))


def test_a_place_is_found_again_in_any_epoch():
    for n_before in (0, 1, 3, 17):
        source = stream()
        take(source, n_before)
        place = source.place()
        expected = take(source, 12)
        again = stream()
        again.seek(place)
        assert same(take(again, 12), expected)


def test_a_place_is_plain_numbers():
    source = stream()
    take(source, 7)
    place = source.place()
    assert place["number"] == 7
    assert all(type(number) is int for number in place.values())


def test_a_crop_is_the_stretch_of_its_piece_that_begins_at_start():
    for batch in take(stream(vary=as_it_is), 30):
        assert len(batch) == 4
        for crop, start in batch:
            whole = PIECES[crop[0, 0]]
            end = start + min(LENGTH, len(whole))
            assert start >= 0
            assert end <= len(whole)
            assert torch.equal(crop, whole[start:end])


def test_a_short_piece_comes_whole_and_a_long_one_from_everywhere():
    starts = {i: set() for i in range(len(PIECES))}
    for batch in take(stream(vary=as_it_is), 300):
        for crop, start in batch:
            starts[int(crop[0, 0])].add(start)
    assert starts[0] == starts[1] == {0}
    assert starts[2] == set(range(20 - LENGTH + 1))
    assert starts[3] == set(range(64 - LENGTH + 1))


def test_a_piece_comes_as_often_an_epoch_as_its_length_asks():
    source = stream(batch_size=13, vary=as_it_is)  # 1 + 1 + 3 + 8 turns
    for batch in take(source, 5):
        turns = Counter(int(crop[0, 0]) for crop, _ in batch)
        assert turns == {0: 1, 1: 1, 2: 3, 3: 8}


def test_even_one_short_piece_fills_a_batch():
    batch = next(stream(batch_size=6, vary=as_it_is, pieces=PIECES[:1]))
    assert len(batch) == 6
    assert all(torch.equal(crop, PIECES[0]) for crop, _ in batch)


def test_each_crop_is_varied_by_itself_each_time():
    batches = take(stream(pieces=PIECES[:1]), 5)
    lifts = [int(crop[0, 0]) for batch in batches for crop, _ in batch]
    assert len(set(lifts)) > 10


def test_the_pieces_themselves_stay_as_they_were():
    before = [whole.clone() for whole in PIECES]
    take(stream(), 20)
    assert all(map(torch.equal, before, PIECES))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"pieces": []}, "at least one piece; got none"),
        ({"length": 0}, "length from 1"),
        ({"batch_size": 0}, "batch size from 1"),
    ],
)
def test_what_gives_no_crop_is_refused(words, named):
    with pytest.raises(CourseError, match=named):
        stream(**words)
