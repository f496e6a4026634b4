from itertools import pairwise

import pytest
import torch
from symbolic_examples import grid_piece, piece, rows

from course_utils.basics.checks import CourseError
from course_utils.symbolic import performance
from course_utils.symbolic.continuation import steps_of_bars
from course_utils.symbolic.performance_continuation import (
    LONGEST_WAIT,
    PerformanceContinuation,
    PerformanceGrammar,
)

# 3/4 at 100: a bar lasts 1.8 s, 180 steps of 10 ms
NOTES = [(0, 4, 60, 100), (4, 12, 64, 60), (4, 12, 55, 60), (20, 24, 62, 61)]
STRIKE, RELEASE = performance.FIRST_NOTE_ON, performance.FIRST_NOTE_OFF
WAIT, LOUD = performance.FIRST_TIME_SHIFT, performance.FIRST_VELOCITY


def draw(bars, rng, weight_of_waits=1.0):
    """Draw obedient noise until the new bars are full."""
    events, grammar = [], bars.new_grammar()
    while grammar.n_steps < bars.n_steps:
        weights = grammar.allowed().float()
        weights[WAIT : WAIT + 10] *= weight_of_waits
        events.append(int(torch.multinomial(weights, 1, generator=rng)))
        grammar.accept(events[-1])
    return events


def keys_after(events, down=()):
    """Follow the keys by a plain loop; refuse what a hand cannot do."""
    down = set(down)
    for event in events:
        kind, value = performance.event_value(event)
        if kind == "NOTE_ON":
            assert value not in down
            down.add(value)
        elif kind == "NOTE_OFF":
            assert value in down
            down.remove(value)
    return down


@pytest.mark.parametrize("meter", [(3, 4), (7, 8), (5, 32), None])
def test_noise_under_the_rules_is_always_music(meter, rng):
    primer = grid_piece(NOTES, meter)
    n_steps = steps_of_bars(primer, 3)
    bars = PerformanceContinuation(primer, n_steps)
    events = draw(bars, rng, weight_of_waits=10.0)
    keys_after(events, keys_after(bars.primer_events))
    new = bars.lay(primer, events)
    assert new.notes
    assert new.total_time == pytest.approx(n_steps * 0.15)
    for note in new.notes:
        assert 0 <= note.start_time < note.end_time <= new.total_time
        assert 57 <= note.velocity <= 100  # levels of 60 to 100


def test_after_a_loudness_a_note_is_struck(rng):
    bars = PerformanceContinuation(grid_piece(NOTES), 480)
    events = draw(bars, rng, weight_of_waits=10.0)
    after = [
        performance.event_value(event)[0]
        for before, event in pairwise(events)
        if before >= LOUD
    ]
    assert len(after) > 3
    assert set(after) == {"NOTE_ON"}


def test_the_rules_by_hand():
    grammar = PerformanceGrammar([3, 4])
    waits = set(range(WAIT, LOUD))
    levels = {LOUD + 2, LOUD + 3}

    def allowed():
        return set(grammar.allowed().nonzero().flatten().tolist())

    keys = set(range(128))
    assert allowed() == keys | waits | levels
    grammar.accept(STRIKE + 60)
    assert allowed() == keys - {60} | {RELEASE + 60} | waits | levels
    grammar.accept(LOUD + 2)
    assert allowed() == keys - {60}
    grammar.accept(STRIKE + 62)
    grammar.accept(WAIT + 29)
    grammar.accept(RELEASE + 60)
    assert allowed() == keys - {62} | {RELEASE + 62} | waits | levels
    assert grammar.n_steps == 30
    grammar.release()
    assert allowed() == keys | waits | levels


def test_a_key_struck_twice_is_released_twice():
    grammar = PerformanceGrammar([1])
    for event in (STRIKE + 60, STRIKE + 60, RELEASE + 60):
        grammar.accept(event)
    assert grammar.allowed()[RELEASE + 60]
    for event in (RELEASE + 60, RELEASE + 60):  # one too many
        grammar.accept(event)
    assert not grammar.allowed()[RELEASE + 60]
    assert grammar.allowed()[STRIKE + 60]


def test_what_is_held_at_the_end_of_a_cut_primer_may_be_released():
    bars = PerformanceContinuation(grid_piece([(0, 24, 60, 80)]), 12)
    cut = bars.cut(2)  # VELOCITY, NOTE_ON
    assert cut.new_grammar().allowed()[RELEASE + 60]
    assert not cut.new_grammar().allowed()[STRIKE + 60]
    assert not bars.new_grammar().allowed()[RELEASE + 60]
    assert len(bars.primer_events) > len(cut.primer_events) == 2


def waited(events):
    """Return how many steps of 10 ms some events wait."""
    values = map(performance.event_value, events)
    return sum(value for kind, value in values if kind == "TIME_SHIFT")


def test_bar_lines_lie_where_the_time_reaches_them():
    notes = [(2 * i, 2 * i + 2, 60 + i, 80) for i in range(24)]
    bars = PerformanceContinuation(grid_piece(notes), 12)
    before = [bars.primer_events[:line] for line in bars.bar_lines]
    assert [waited(events) for events in before] == [180, 360, 540]
    struck = [performance.count_notes(events) for events in before]
    assert struck == [6, 12, 18]


def test_a_bar_line_within_a_rest_lies_behind_the_rest():
    primer = grid_piece([(0, 10, 60, 80), (14, 16, 62, 80)])
    bars = PerformanceContinuation(primer, 12)
    (line,) = bars.bar_lines
    assert waited(bars.primer_events[:line]) == 210
    assert performance.count_notes(bars.primer_events[:line]) == 1


def test_a_primer_is_waited_for_to_the_end_of_its_last_bar():
    bars = PerformanceContinuation(grid_piece(NOTES), 12)
    assert waited(bars.primer_events) == 2 * 180
    early = PerformanceContinuation(grid_piece([*NOTES, (30, 31, 62, 61)]), 12)
    assert waited(early.primer_events) == 3 * 180
    assert waited(early.primer_events[-1:]) == (36 - 31) * 15


def test_a_primer_of_one_bar_is_waited_for_too():
    bars = PerformanceContinuation(grid_piece([(0, 4, 60, 80)]), 12)
    assert waited(bars.primer_events) == 180


def test_the_last_bar_has_the_length_of_the_last_meter_and_tempo():
    primer = grid_piece([(0, 12, 60, 80), (12, 20, 62, 80)])
    primer.time_signatures.add(time=1.8, numerator=4, denominator=4)
    bars = PerformanceContinuation(primer, 12)
    assert waited(bars.primer_events) == 180 + 240
    primer.tempos.add(time=1.8 + 1.2, qpm=50.0)  # for the last 8 sixteenths
    bars = PerformanceContinuation(primer, 12)
    assert waited(bars.primer_events) == 180 + 120 + 240


def test_nobody_waits_long_for_a_bar_line():
    slow = grid_piece([(0, 60, 60, 80), (64, 66, 62, 80)], (16, 4), 60.0)
    bars = PerformanceContinuation(slow, 64)
    assert LONGEST_WAIT < (128 - 66) * 25  # a sixteenth is 250 ms
    assert waited(bars.primer_events) == 66 * 25


def test_events_are_laid_over_the_primers_bars():
    primer = grid_piece(NOTES, (3, 4), qpm=60.0)
    primer.tempos.add(time=3.0, qpm=120.0)
    n_steps = steps_of_bars(primer, 2)
    bars = PerformanceContinuation(primer, n_steps)
    for note in primer.notes:
        note.program = 19
    assert bars.n_steps == 450
    new = bars.lay(
        primer,
        [
            *(LOUD + 19, STRIKE + 60, WAIT + 99, RELEASE + 60),
            *(STRIKE + 64, *performance.shifts(300), STRIKE + 62),
            *(*performance.shifts(100), STRIKE + 50, WAIT + 10),
        ],
    )
    assert new.total_time == 4.5
    assert [t.qpm for t in new.tempos] == [60.0, 120.0]
    assert new.time_signatures == primer.time_signatures
    assert rows(new) == [
        (0.0, 1.0, 60, 77, 0, 19, False),
        (1.0, 4.5, 64, 77, 0, 19, False),
        (4.0, 4.5, 62, 77, 0, 19, False),
    ]


def test_pitch_classes_are_those_of_the_notes_struck():
    notes = [(4 * i, 4 * i + 1 + 2 * (i % 2), 60, 80) for i in range(600)]
    notes += [(4 * i + 2, 4 * i + 3, 79, 80) for i in range(400)]
    shares = PerformanceContinuation(grid_piece(notes), 12).pitch_classes()
    # 1 % of 1,000 notes is added to each class.
    assert shares[[0, 7, 1]] == pytest.approx(
        [610 / 1120, 410 / 1120, 10 / 1120]
    )
    assert shares.sum() == pytest.approx(1.0)


def test_every_level_between_the_softest_and_the_loudest_may_be_drawn():
    bars = PerformanceContinuation(grid_piece(NOTES), 12)
    levels = bars.new_grammar().allowed()[LOUD:].nonzero().flatten() + 1
    heard = [performance.velocity_to_bin(v) for v in (60, 100)]
    assert levels.tolist() == list(range(heard[0], heard[1] + 1))


def test_the_liveliest_bar_line_comes_first():
    notes = [(0, 1, 60, 80), *((12 + i, 13 + i, 61, 80) for i in range(6))]
    primer = grid_piece([*notes, (24, 30, 62, 80), (36, 40, 60, 80)])
    bars = PerformanceContinuation(primer, 12)
    first, second, third = bars.bar_lines
    assert bars.lively_lines(1) == [second, first, third]
    before = bars.before_the_end(1)
    assert waited(before) == 36 * 15


@pytest.mark.parametrize("notes", [[], [(0, 1, 60, 80, 9, 0, True)]])
def test_a_primer_without_pitched_notes_is_refused(notes):
    with pytest.raises(CourseError, match="pitched note in the primer"):
        PerformanceContinuation(piece(notes), 12)
