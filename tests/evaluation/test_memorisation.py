import numpy as np
import pytest
import torch

from course_utils.evaluation.memorisation import (
    longest_shared_runs,
    without_key,
)
from course_utils.symbolic.augment import transpose_events
from course_utils.symbolic.polyphony import STEP_END, continued_note, new_note


def brute_force(query, pieces):
    """The longest shared run, by trying every pair of places."""
    longest = 0
    for piece in pieces:
        for i in range(len(query)):
            for j in range(len(piece)):
                n = 0
                while (
                    i + n < len(query)
                    and j + n < len(piece)
                    and query[i + n] == piece[j + n]
                ):
                    n += 1
                longest = max(longest, n)
    return longest


def noise(rng, n):
    """Events of which some are no notes and pitches are few."""
    return rng.choice([2, 60, 61, 62, 200], n).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_it_finds_what_trying_every_place_finds(seed):
    rng = np.random.default_rng(seed)
    pieces = [noise(rng, n) for n in (40, 3, 60)]
    queries = [noise(rng, n) for n in (30, 1, 25)]
    expected = [
        brute_force(
            without_key(query).tolist(),
            [without_key(piece).tolist() for piece in pieces],
        )
        for query in queries
    ]
    assert longest_shared_runs(queries, pieces) == expected


def test_a_copy_is_found_in_every_key():
    rng = np.random.default_rng(0)
    piece = rng.choice(np.arange(50, 90), 200).tolist()
    part = torch.tensor(piece[20:80])
    copies = [transpose_events(part, n).tolist() for n in (-7, 0, 3)]
    found = longest_shared_runs(copies, [noise(rng, 50), piece])
    # The first note's distance from the one before it is not the copy's.
    assert found == [59, 59, 59]


def test_a_run_is_as_long_as_the_piece_when_the_piece_is_copied():
    piece = [2, 60, 2, 61, 64, 2]
    assert longest_shared_runs([piece], [piece]) == [6]


def test_runs_do_not_cross_from_piece_to_piece():
    pieces = [[2, 50, 51, 2], [60, 71, 2]]
    assert longest_shared_runs([[51, 2, 60, 71]], pieces) == [1]


def test_queries_are_not_looked_up_in_queries():
    query = [50, 60, 70, 2, 2]
    assert longest_shared_runs([query, query], [[0, 1, 0]]) == [0, 0]


def test_the_key_is_gone_and_nothing_else():
    low = [0, new_note(60), continued_note(55), STEP_END, 1]
    high = [0, new_note(67), continued_note(62), STEP_END, 1]
    other = [0, continued_note(67), continued_note(62), STEP_END, 1]
    rows = [without_key(row).tolist()[2:] for row in (low, high, other)]
    assert rows[0] == rows[1]
    assert without_key(high).tolist() != without_key(other).tolist()
