from itertools import pairwise

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.batches import note_batches, token_batches


def pieces_of(np_rng, n_pieces):
    """Distinct tokens everywhere, so that each can be traced."""
    lengths = np_rng.integers(1, 30, n_pieces)
    count = iter(range(10_000))
    return [[next(count) for _ in range(length)] for length in lengths]


def streams(batches):
    """Join the batches again along time: inputs and targets, (B, S)."""
    inputs, targets = zip(*batches, strict=True)
    return torch.cat(inputs, 1), torch.cat(targets, 1)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
@pytest.mark.parametrize("length", [1, 5, 16, 10_000])
def test_no_token_is_lost(np_rng, rng, batch_size, length):
    pieces = pieces_of(np_rng, 20)
    n_tokens = sum(map(len, pieces))
    batches = list(token_batches(pieces, batch_size, length, rng))
    inputs, targets = streams(batches)
    seen = torch.cat([inputs[:, :1], targets], 1).flatten().tolist()
    assert set(seen) == set(range(n_tokens))
    assert 0 <= targets.numel() - (n_tokens - 1) < batch_size


def test_rows_go_on_where_they_stopped_and_targets_are_one_ahead(np_rng, rng):
    pieces = pieces_of(np_rng, 20)
    batches = list(token_batches(pieces, 4, 8, rng))
    for inputs, targets in batches:
        assert torch.equal(inputs[:, 1:], targets[:, :-1])
    for (_, targets), (inputs, _) in pairwise(batches):
        assert torch.equal(targets[:, -1], inputs[:, 0])
    assert {tuple(i.shape) for i, _ in batches[:-1]} == {(4, 8)}


def test_pieces_stay_whole(np_rng, rng):
    pieces = pieces_of(np_rng, 20)
    inputs, targets = streams(token_batches(pieces, 1, 16, rng))
    line = [inputs[0, 0].item(), *targets[0].tolist()]
    starts = sorted((line.index(piece[0]), piece) for piece in pieces)
    assert [t for _, piece in starts for t in piece] == line


def test_the_order_comes_from_the_generator(np_rng):
    pieces = pieces_of(np_rng, 20)

    def order(seed):
        rng = torch.Generator().manual_seed(seed)
        return streams(token_batches(pieces, 3, 16, rng))[0]

    assert torch.equal(order(1), order(1))
    assert not torch.equal(order(1), order(2))


@pytest.mark.parametrize(
    ("pieces", "batch_size"), [([], 1), ([[1]], 1), ([[1, 2]], 2), ([[1]], 0)]
)
def test_too_few_tokens_are_refused(rng, pieces, batch_size):
    with pytest.raises(CourseError, match="streams"):
        next(token_batches(pieces, batch_size, 4, rng))


def test_a_length_of_zero_is_refused(rng):
    with pytest.raises(CourseError, match="length"):
        next(token_batches([[1, 2, 3]], 1, 0, rng))


def test_note_batches_shuffle_every_epoch_anew(rng):
    notes = [
        {"waveform": torch.full((4,), float(i)), "pitch": i, "note_str": "n"}
        for i in range(10)
    ]
    batches = note_batches(notes, 4, rng)
    first, second = list(batches), list(batches)
    assert len(first) == 2
    assert first[0]["waveform"].shape == (4, 4)
    assert first[0]["pitch"].dtype == torch.int64
    assert first[0]["note_str"] == ["n"] * 4
    assert first[0]["waveform"][:, 0].tolist() == first[0]["pitch"].tolist()
    assert [b["pitch"].tolist() for b in first] != [
        b["pitch"].tolist() for b in second
    ]


def test_a_batch_larger_than_the_set_is_refused(rng):
    with pytest.raises(CourseError, match="batch size"):
        note_batches([{"pitch": 1}], 2, rng)
