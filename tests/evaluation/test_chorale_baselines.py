import math

import numpy as np
import pytest

from course_utils.evaluation.chorale_baselines import (
    MODELS,
    N_CLASSES,
    START,
    STRENGTH,
    ChoraleCounts,
    contexts,
)


def draw(rng, *lengths, n_pitches=5):
    """Random grids; few pitches, so that contexts come again."""
    return [rng.integers(0, n_pitches, (length, 4)) for length in lengths]


def known_by_hand(grid, t, voice):
    """What is known of a note, from voice alone to all."""
    before = grid[t - 1, voice] if t else START
    if voice:
        above = grid[t - 1, voice - 1] if t else START
        moved = grid[t, voice - 1] != above
    else:
        earlier = grid[t - 2, 3] if t > 1 else START
        moved = t > 0 and grid[t - 1, 3] != earlier
    return voice, int(before), t % 4, bool(moved)


def price_by_hand(counted, grid, t, voice, n_known):
    """Return the probability of a note by a plain loop over all notes."""
    if n_known == 0:
        return 1 / N_CLASSES
    mine = known_by_hand(grid, t, voice)[:n_known]
    n_same = n_all = 0
    for other in counted:
        for s in range(len(other)):
            for v in range(4):
                if known_by_hand(other, s, v)[:n_known] == mine:
                    n_all += 1
                    n_same += int(other[s, v] == grid[t, voice])
    simpler = price_by_hand(counted, grid, t, voice, n_known - 1)
    return (n_same + STRENGTH * simpler) / (n_all + STRENGTH)


def test_prices_equal_a_plain_loop(np_rng):
    counted, held_out = draw(np_rng, 9, 6), draw(np_rng, 7, 4)
    found = ChoraleCounts(counted).nll(held_out)
    for n_known, model in enumerate(MODELS, 1):
        nats = [
            -math.log(price_by_hand(counted, grid, t, voice, n_known))
            for grid in held_out
            for t in range(len(grid))
            for voice in range(4)
        ]
        assert found[model] == pytest.approx(np.mean(nats))


@pytest.mark.parametrize("n_known", range(1, 5))
def test_notes_share_a_number_where_they_share_what_is_known(np_rng, n_known):
    grids = draw(np_rng, 12, 9, n_pitches=3)
    numbers, facts = [], []
    for grid in grids:
        numbers += contexts(grid, n_known).ravel().tolist()
        facts += [
            known_by_hand(grid, t, voice)[:n_known]
            for t in range(len(grid))
            for voice in range(4)
        ]
    pairs = set(zip(numbers, facts, strict=True))
    assert len(pairs) == len(set(numbers)) == len(set(facts))


@pytest.mark.parametrize("n_pitches", [3, N_CLASSES])
def test_the_probabilities_of_all_classes_add_up_to_one(np_rng, n_pitches):
    counts = ChoraleCounts(draw(np_rng, 30, n_pitches=n_pitches))
    (grid,) = draw(np_rng, 6)
    total = np.zeros(4)
    for last in range(N_CLASSES):
        grid[-1, -1] = last  # no note is counted after this one
        total += np.exp(-counts._prices(grid)[-1])
    assert total == pytest.approx(np.ones(4))


def test_of_much_data_to_know_more_is_never_worse(np_rng):
    pieces = draw(np_rng, 16, 20, n_pitches=3)
    found = ChoraleCounts(pieces * 2_000).nll(pieces)
    prices = [found[model] for model in MODELS]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > prices[-1] + 0.1


def test_a_held_note_is_foretold_by_the_note_before():
    held = np.repeat([[40, 30, 20, 10], [41, 31, 21, 11]], 40, axis=0)
    found = ChoraleCounts([held] * 20).nll([held])
    assert found["voice"] == pytest.approx(math.log(2), abs=0.05)
    assert found["note before"] < 0.25
