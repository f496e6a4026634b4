import numpy as np
import pytest

from course_utils.evaluation.baselines import BigramWithHold, _contexts
from course_utils.symbolic.polyphony import (
    END,
    N_CLASSES,
    START,
    STEP_END,
    continued_note,
    new_note,
)

HELD = [
    START,
    *[new_note(67), new_note(60), STEP_END],
    *[continued_note(67), continued_note(60), STEP_END],
    *[new_note(64), STEP_END, END],
]


def test_the_next_pitch_below_is_what_could_be_held():
    _, _, candidate = _contexts(HELD)
    high, low = continued_note(67), continued_note(60)
    nothing = -1
    assert candidate.tolist() == [
        *[nothing, nothing, nothing],  # START, then the first step's notes
        *[high, low, nothing],
        *[high, low],  # below the new 64 only 60 is left
        continued_note(64),  # after STEP_END
    ]


def test_every_context_has_probabilities_that_add_up_to_one():
    model = BigramWithHold([HELD, [*HELD[:5], END]])
    for prefix in ([START], HELD[:4], HELD[:5], HELD[:7], HELD[:8]):
        costs = [
            model._costs([*prefix, event])[-1] for event in range(N_CLASSES)
        ]
        assert np.exp(-np.array(costs)).sum() == pytest.approx(1.0)


def test_what_was_counted_often_costs_little():
    model = BigramWithHold([HELD] * 2000)
    untaught = BigramWithHold([])
    assert model.nll([HELD]) < 0.3 * untaught.nll([HELD])


def test_holding_helps_where_notes_are_held(rng):
    generator = np.random.default_rng(0)

    def piece():
        events = [START]
        for pitch in generator.integers(40, 90, 12).tolist():
            events += [new_note(pitch), STEP_END]
            events += [continued_note(pitch), STEP_END] * 3
        return [*events, END]

    pieces = [piece() for _ in range(40)]
    pairs = np.ones((N_CLASSES, N_CLASSES))
    for events in pieces[:30]:
        np.add.at(pairs, (events[:-1], events[1:]), 1)
    chance = pairs / pairs.sum(axis=1, keepdims=True)
    plain = np.mean(
        [-np.log(chance[e[:-1], e[1:]]).mean() for e in pieces[30:]]
    )
    assert BigramWithHold(pieces[:30]).nll(pieces[30:]) < 0.7 * plain
