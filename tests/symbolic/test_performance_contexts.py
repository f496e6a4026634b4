import numpy as np
import pytest
import torch
from symbolic_examples import random_piece

from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    FIRST_VELOCITY,
    N_CLASSES,
    event_value,
    sequence_to_events,
)
from course_utils.symbolic.performance_contexts import (
    CONTEXT_SIZES,
    LONGEST,
    NO_PITCH,
    contexts_of,
    keys_down,
)

NOTHING = (NO_PITCH, NO_PITCH, 0, LONGEST)


def random_events(seed, n=200):
    """Events of few pitches, so that keys meet themselves."""
    rng = np.random.default_rng(seed)
    pitches = rng.integers(60, 66, n)
    kinds = rng.integers(0, 4, n)
    starts = np.array([0, FIRST_NOTE_OFF, FIRST_TIME_SHIFT, FIRST_VELOCITY])
    values = np.where(kinds < 2, pitches, rng.integers(0, 32, n))
    return torch.from_numpy(starts[kinds] + values)


def any_events(seed, n=300):
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(N_CLASSES, (n,), generator=rng)


def played(seed):
    piece = random_piece(np.random.default_rng(seed))
    return torch.tensor(sequence_to_events(piece))


def contexts_by_a_loop(events):
    struck, level, since, rows = [NO_PITCH, NO_PITCH], 0, LONGEST, []
    for event in events.tolist():
        kind, value = event_value(event)
        if kind == "NOTE_ON":
            struck.append(value)
            since = 0
        elif kind == "TIME_SHIFT":
            since = min(since + value, LONGEST)
        elif kind == "VELOCITY":
            level = value
        rows.append([struck[-1], struck[-2], level, since])
    return rows


def keys_by_a_loop(events):
    counts, rows = [0] * 128, []
    for event in events.tolist():
        kind, value = event_value(event)
        if kind == "NOTE_ON":
            counts[value] += 1
        elif kind == "NOTE_OFF":
            counts[value] = max(counts[value] - 1, 0)
        rows.append([count > 0 for count in counts])
    return rows


@pytest.mark.parametrize("make", [random_events, any_events, played])
@pytest.mark.parametrize("seed", range(5))
def test_contexts_are_those_of_a_plain_loop(make, seed):
    events = make(seed)
    contexts = contexts_of(events)
    assert contexts.tolist() == contexts_by_a_loop(events)
    assert contexts.dtype == torch.int64
    assert (contexts < torch.tensor(CONTEXT_SIZES)).all()


@pytest.mark.parametrize("make", [random_events, any_events, played])
@pytest.mark.parametrize("seed", range(5))
def test_keys_down_are_those_of_a_plain_loop(make, seed):
    events = make(seed)
    assert keys_down(events).tolist() == keys_by_a_loop(events)


def test_at_the_end_of_a_performance_no_key_is_down():
    assert not keys_down(played(0))[-1].any()


def test_nothing_is_known_before_anything_was_played():
    events = torch.tensor([FIRST_TIME_SHIFT + 9, FIRST_NOTE_OFF + 60])
    assert contexts_of(events).tolist() == [list(NOTHING)] * 2
    assert not keys_down(events).any()


def test_what_is_known_does_not_depend_on_what_comes():
    events = random_events(3)
    contexts, keys = contexts_of(events), keys_down(events)
    for n in (1, 2, 50, 199):
        assert torch.equal(contexts_of(events[:n]), contexts[:n])
        assert torch.equal(keys_down(events[:n]), keys[:n])


def test_an_empty_list_has_no_contexts():
    nothing = torch.zeros(0, dtype=torch.int64)
    assert contexts_of(nothing).shape == (0, 4)
    assert keys_down(nothing).shape == (0, 128)
