import numpy as np
import pytest
import torch
from symbolic_examples import random_piece

from course_utils.symbolic import metrical, polyphony
from course_utils.symbolic.metrical_contexts import (
    CONTEXT_SIZES,
    N_FLAGS,
    NO_NOTE,
    contexts_of,
    usual_events,
)

NEW, HELD = polyphony.FIRST_NEW_NOTE, polyphony.FIRST_CONTINUED_NOTE
PLACE = metrical.FIRST_PLACE


def any_events(seed, n=300):
    """Events of few places, so that bars come round."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 5, n)
    starts = np.array([NEW, HELD, PLACE, metrical.FIRST_VELOCITY, 0])
    values = np.where(kinds < 2, rng.integers(0, 128, n), rng.integers(3))
    values = np.where(kinds == 2, rng.integers(0, 4, n), values)
    return torch.from_numpy(starts[kinds] + values)


def played(seed):
    piece = random_piece(np.random.default_rng(seed))
    return torch.tensor(metrical.sequence_to_events(piece))


def told_by_a_loop(events):
    """Contexts and usual events after each event, step by step."""
    steps = [(None, [], [])]  # place, struck and sounding pitches of each
    level, top, low = 0, None, None
    contexts, usual = [], []
    for event in events.tolist():
        place, struck, sounding = steps[-1]
        if PLACE <= event < metrical.FIRST_METER:
            steps.append((event - PLACE, [], []))
        elif event >= metrical.FIRST_VELOCITY:
            level = event - metrical.FIRST_VELOCITY + 1
        elif NEW <= event < polyphony.N_CLASSES:
            pitch = (event - NEW) % 128
            if event < HELD:
                top, low = (pitch, pitch) if not struck else (top, pitch)
                struck.append(pitch)
            sounding.append(pitch)
        place, struck, sounding = steps[-1]
        start = sounding[-1] if sounding else top
        as_class = [
            NO_NOTE if p is None else min(p + NEW, 127) for p in (start, low)
        ]
        contexts.append([*as_class, level, 0 if place is None else place + 1])
        row = [False] * N_FLAGS
        before = [s for s in steps[1:-1] if s[0] == place]
        for pitch in before[-1][1] if before else []:
            row[NEW + pitch] = True
        for pitch in steps[-2][2] if len(steps) > 2 else []:
            row[HELD + pitch] = True
        usual.append(row)
    return contexts, usual


@pytest.mark.parametrize("make", [any_events, played])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_told_is_what_a_plain_loop_finds(make, seed):
    events = make(seed)
    contexts, usual = told_by_a_loop(events)
    assert contexts_of(events).tolist() == contexts
    assert usual_events(events).tolist() == usual
    assert (contexts_of(events) < torch.tensor(CONTEXT_SIZES)).all()


def test_what_is_known_does_not_depend_on_what_comes():
    events = any_events(3)
    contexts, usual = contexts_of(events), usual_events(events)
    for n in (1, 2, 50, 299):
        assert torch.equal(contexts_of(events[:n]), contexts[:n])
        assert torch.equal(usual_events(events[:n]), usual[:n])


def test_nothing_is_known_before_anything_was_played():
    events = torch.tensor([polyphony.START, metrical.FIRST_TEMPO])
    assert contexts_of(events).tolist() == [[NO_NOTE, NO_NOTE, 0, 0]] * 2
    assert not usual_events(events).any()


def test_a_note_of_the_bar_before_is_spoken_for():
    bar = [PLACE, NEW + 60, PLACE + 1, HELD + 60]
    usual = usual_events(torch.tensor([*bar, PLACE]))[-1]
    expected = {NEW + 60, HELD + 60}  # struck here, and sounding just now
    assert set(usual.nonzero()[:, 0].tolist()) == expected


def test_an_empty_list_has_no_contexts():
    nothing = torch.zeros(0, dtype=torch.int64)
    assert contexts_of(nothing).shape == (0, 4)
    assert usual_events(nothing).shape == (0, N_FLAGS)
