import numpy as np
import pytest
import torch

from course_utils.evaluation.memorisation import TrainingRuns
from course_utils.symbolic.augment import transpose_events


def brute_force(events, pieces):
    """The longest shared run, by trying every pair of places."""
    longest = 0
    for piece in pieces:
        for i in range(len(events)):
            for j in range(len(piece)):
                n = 0
                while (
                    i + n < len(events)
                    and j + n < len(piece)
                    and events[i + n] == piece[j + n]
                ):
                    n += 1
                longest = max(longest, n)
    return longest


def noise(rng, n):
    """Events of which some are no notes (0 to 2) and pitches are few."""
    return rng.choice([2, 60, 61, 62, 200], n).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_trying_every_place_finds(seed):
    rng = np.random.default_rng(seed)
    pieces = [noise(rng, 40) for _ in range(3)]
    events = noise(rng, 30)
    in_any_key = max(
        brute_force(
            transpose_events(torch.tensor(events), shift).tolist(), pieces
        )
        for shift in range(-11, 12)
    )
    assert TrainingRuns(pieces).longest(events) == in_any_key


def test_a_copy_is_found_whole_in_another_key_too():
    rng = np.random.default_rng(0)
    piece = rng.choice(np.arange(50, 90), 200).tolist()
    runs = TrainingRuns([noise(rng, 50), piece])
    assert runs.longest(piece[20:80]) == 60
    higher = transpose_events(torch.tensor(piece[20:80]), 3).tolist()
    assert runs.longest(higher) == 60


def test_runs_do_not_cross_from_piece_to_piece():
    runs = TrainingRuns([[50, 51, 52], [60, 71, 82]])
    assert runs.longest([51, 52, 60, 71]) == 2


def test_nothing_shared_is_zero():
    assert TrainingRuns([[2, 2, 2]]).longest([0, 1]) == 0
