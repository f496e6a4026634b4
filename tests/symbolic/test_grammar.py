import torch

from course_utils.symbolic import polyphony
from course_utils.symbolic.grammar import PolyphonyGrammar

NEW, HELD = polyphony.FIRST_NEW_NOTE, polyphony.FIRST_CONTINUED_NOTE


def allowed(*events):
    grammar = PolyphonyGrammar()
    for event in events:
        grammar.accept(event)
    return set(grammar.allowed().nonzero().flatten().tolist())


def test_at_first_any_note_may_begin_and_none_can_be_held():
    assert allowed() == {polyphony.STEP_END, *range(NEW, NEW + 128)}


def test_pitches_fall_within_a_step():
    assert allowed(NEW + 60) == {polyphony.STEP_END, *range(NEW, NEW + 60)}


def test_only_what_sounded_in_the_step_before_is_held():
    events = allowed(NEW + 60, NEW + 55, polyphony.STEP_END)
    assert {e for e in events if e >= HELD} == {HELD + 60, HELD + 55}
    later = allowed(
        NEW + 60,
        NEW + 55,
        polyphony.STEP_END,
        HELD + 55,
        polyphony.STEP_END,
    )
    assert {e for e in later if e >= HELD} == {HELD + 55}


def test_a_held_pitch_lies_below_the_last_one_too():
    events = allowed(NEW + 60, polyphony.STEP_END, NEW + 60)
    assert HELD + 60 not in events


def test_start_and_end_are_never_drawn():
    assert not allowed() & {polyphony.START, polyphony.END}


def test_obedient_noise_decodes_and_encodes_to_itself(rng):
    grammar, events = PolyphonyGrammar(), [polyphony.START]
    for _ in range(400):
        weights = grammar.allowed().float()
        weights[polyphony.STEP_END] = 30.0  # short steps
        event = int(torch.multinomial(weights, 1, generator=rng))
        grammar.accept(event)
        events.append(event)
    events += [polyphony.STEP_END, polyphony.END]
    sequence = polyphony.events_to_sequence(events)
    again = polyphony.sequence_to_events(sequence)
    assert trimmed(again) == trimmed(events)


def trimmed(events):
    """Drop END and the silent steps before it, which have no sound."""
    events = list(events[:-1])
    while events[-1] == polyphony.STEP_END:
        events.pop()
    return events
