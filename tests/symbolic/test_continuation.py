import pytest
import torch
from symbolic_examples import grid_piece as piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic import metrical, polyphony
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.continuation import lay_over, steps_of_bars
from course_utils.symbolic.grid_continuations import (
    MetricalContinuation,
    PolyphonyContinuation,
)

NOTES = [(0, 4, 60, 100), (4, 12, 64, 60), (4, 12, 55, 60), (20, 24, 62, 61)]


def draw(bars, rng, weight_of_steps=40.0):
    """Draw obedient noise until the new bars are full."""
    events, grammar = [], bars.new_grammar()
    while grammar.n_steps < bars.n_steps:
        weights = grammar.allowed().float()
        assert weights.sum() > 0
        weights[polyphony.STEP_END] *= weight_of_steps
        weights[metrical.FIRST_PLACE :] *= weight_of_steps
        events.append(int(torch.multinomial(weights, 1, generator=rng)))
        grammar.accept(events[-1])
    return events


@pytest.mark.parametrize(
    ("meter", "steps"),
    [((4, 4), 32), ((3, 8), 12), ((7, 8), 28), ((5, 32), 5), (None, 32)],
)
def test_two_bars_have_so_many_steps(meter, steps):
    assert steps_of_bars(blank_sequence(120.0, meter), 2) == steps


def test_bars_of_a_changing_meter_follow_the_primer():
    primer = blank_sequence(60.0, (3, 4))
    primer.time_signatures.add(time=6.0, numerator=7, denominator=8)
    assert steps_of_bars(primer, 2) == 24
    assert steps_of_bars(primer, 4) == 24 + 28


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
@pytest.mark.parametrize("meter", [(3, 4), (7, 8), (5, 32), None])
def test_noise_fills_the_bars_with_notes_that_can_be_played(kind, meter, rng):
    primer = piece(NOTES, meter)
    n_steps = steps_of_bars(primer, 3)
    bars = kind(primer, n_steps)
    notes = bars.notes(draw(bars, rng))
    assert notes
    heard = {note.velocity for note in primer.notes}
    for start, end, pitch, velocity in notes:
        assert 0 <= start < end <= n_steps
        assert 0 <= pitch < 128
        assert min(heard) <= velocity <= max(heard)
    new = lay_over(primer, notes, n_steps)
    assert len(new.time_signatures) == (meter is not None)
    assert new.total_time == pytest.approx(n_steps * 0.15)


def test_velocities_are_those_of_the_primer(rng):
    bars = MetricalContinuation(piece(NOTES), 48)
    notes = bars.notes(draw(bars, rng, weight_of_steps=2.0))
    assert {velocity for *_, velocity in notes} <= {100, 60, 61}
    assert len({velocity for *_, velocity in notes}) > 1


def test_the_places_of_the_new_bars_are_told_and_not_drawn(rng):
    bars = MetricalContinuation(piece(NOTES), 24)
    events = draw(bars, rng)
    places = [
        event - metrical.FIRST_PLACE
        for event in events
        if metrical.FIRST_PLACE <= event < metrical.FIRST_METER
    ]
    assert places == [*range(12), *range(12), 0]


def test_a_new_meter_and_tempo_are_told_where_the_primer_has_them(rng):
    primer = piece(NOTES, (3, 4), qpm=60.0)
    primer.time_signatures.add(time=3.0, numerator=4, denominator=4)
    primer.tempos.add(time=3.0, qpm=120.0)
    bars = MetricalContinuation(primer, steps_of_bars(primer, 2))
    events = draw(bars, rng)
    assert events[:3] == [
        metrical.tempo_event(60.0),  # the primer ended at 120, in 4/4
        metrical.meter_event(3, 4),
        metrical.place_event(0),
    ]
    assert events.count(metrical.meter_event(4, 4)) == 1
    assert events.count(metrical.tempo_event(120.0)) == 1


def test_what_is_in_force_at_the_end_is_not_told_again(rng):
    bars = MetricalContinuation(piece(NOTES), 12)
    assert draw(bars, rng)[0] == metrical.place_event(0)


def test_new_bars_have_the_whole_tempo_map(rng):
    primer = piece([(0, 64, 60, 80)], (4, 4), qpm=60.0)
    for time, qpm in ((1.0, 90.0), (2.0, 80.0), (9.0, 40.0)):
        primer.tempos.add(time=time, qpm=qpm)
    n_steps = steps_of_bars(primer, 2)
    new = lay_over(primer, [(0, n_steps, 60, 80)], n_steps)
    assert [t.qpm for t in new.tempos] == [60.0, 90.0, 80.0]
    assert new.notes[0].end_time == pytest.approx(new.total_time)


def test_new_notes_have_the_program_of_most_notes(rng):
    primer = piece(NOTES)
    for note, program in zip(primer.notes, (19, 19, 19, 5), strict=True):
        note.program = program
    new = lay_over(primer, [(0, 4, 60, 80)], 12)
    assert {note.program for note in new.notes} == {19}


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_drums_alone_are_no_primer(kind):
    primer = piece(NOTES)
    for note in primer.notes:
        note.is_drum = True
    with pytest.raises(CourseError, match="pitched note"):
        kind(primer, 12)


def test_hours_of_music_are_refused():
    with pytest.raises(CourseError, match="new bars"):
        steps_of_bars(blank_sequence(5.0, (255, 1)), 100)


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_bar_lines_lie_before_the_first_event_of_a_bar(kind):
    primer = piece(NOTES)
    primer.tempos.add(time=12 * 0.15, qpm=50.0)  # at the second bar
    bars = kind(primer, 12)
    (line,) = bars.bar_lines
    before, after = bars.primer_events[:line], bars.primer_events[line:]
    if kind is PolyphonyContinuation:
        assert before.count(polyphony.STEP_END) == 12
        assert before[-1] == polyphony.STEP_END
    else:
        assert metrical.place_event(11) in before
        assert after[:2] == [
            metrical.tempo_event(50.0),
            metrical.place_event(0),
        ]


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_released_notes_are_not_held(kind):
    bars = kind(piece(NOTES), 12)
    grammar = bars.new_grammar()
    grammar.release()
    if kind is MetricalContinuation:
        grammar.accept(metrical.place_event(0))
    held = range(polyphony.FIRST_CONTINUED_NOTE, polyphony.N_CLASSES)
    assert not grammar.allowed()[held.start : held.stop].any()


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
@pytest.mark.parametrize(("n_bars", "kept"), [(1, 9), (4, 6), (8, 5), (50, 5)])
def test_the_last_bars_are_left_out_but_half_of_the_piece_stays(
    kind, n_bars, kept
):
    primer = piece([(12 * bar, 12 * bar + 12, 60, 80) for bar in range(10)])
    events = kind(primer, 12).before_the_end(n_bars)
    assert polyphony.count_notes(events) == kept


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_a_primer_of_one_bar_is_read_whole(kind):
    bars = kind(piece(NOTES[:2]), 12)
    assert bars.before_the_end(4) == bars.primer_events


def test_a_primer_is_read_with_its_pedal_unless_told_otherwise():
    primer = piece([(0, 1, 60, 80), (3, 4, 64, 80)])
    for step, value in ((0, 127), (2.5, 0)):
        primer.control_changes.add(
            time=step * 0.15, control_number=64, control_value=value
        )
    held = polyphony.continued_note(60)
    rings = PolyphonyContinuation(primer, 12).primer_events
    pressed = PolyphonyContinuation(primer, 12, pedal=False).primer_events
    assert (rings.count(held), pressed.count(held)) == (2, 0)
    assert MetricalContinuation(primer, 12).primer_events.count(held) == 2


def busy_bars(*counts):
    """Bars of 3/4 with so many short notes each, then a long last note."""
    notes = [
        (12 * bar + i, 12 * bar + i + 1, 60 + i, 80)
        for bar, count in enumerate(counts)
        for i in range(count)
    ]
    end = 12 * len(counts)
    return piece([*notes, (end, end + 12, 48, 80)])


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_the_liveliest_bar_lines_come_first(kind):
    bars = kind(busy_bars(2, 6, 1, 4), 12)
    assert len(bars.bar_lines) == 4
    lines = [bars.bar_lines[i] for i in (1, 3, 0, 2)]
    assert bars.lively_lines(1) == lines
    # With two bars before each line: 2, 8, 7 and 5 notes.
    assert bars.lively_lines(2) == [bars.bar_lines[i] for i in (1, 2, 3, 0)]


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_silent_bars_are_not_lively(kind):
    bars = kind(busy_bars(0, 0, 3), 12)
    assert bars.lively_lines(1) == [bars.bar_lines[2]]


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_a_task_can_be_cut_to_the_first_bars_of_its_primer(kind, rng):
    whole = kind(busy_bars(2, 6, 1, 4), 24)
    short = whole.cut(whole.bar_lines[1])
    assert polyphony.count_notes(short.primer_events) == 8
    assert polyphony.count_notes(whole.primer_events) == 14
    notes = short.notes(draw(short, rng))
    assert max(end for _, end, *_ in notes) <= 24


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_pitch_classes_are_weighed_by_how_long_they_sound(kind):
    long = [(0, 600, 60, 80), (600, 800, 67, 80), (800, 1000, 79, 80)]
    shares = kind(piece(long), 12).pitch_classes()
    # 1 % is added to each class: 610 and 410 of 1,120 sixteenths.
    assert shares[[0, 7, 1]] == pytest.approx(
        [610 / 1120, 410 / 1120, 1 / 112]
    )
    assert shares.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", [PolyphonyContinuation, MetricalContinuation])
def test_one_note_says_little_of_its_key(kind):
    shares = kind(piece([(0, 4, 67, 80)]), 12).pitch_classes()
    assert shares[7] == pytest.approx(12 / 100)
    assert shares[0] == pytest.approx(8 / 100)


def test_every_loudness_may_be_drawn_and_the_nearest_is_played():
    bars = MetricalContinuation(piece([(0, 4, 60, 60), (4, 8, 62, 100)]), 12)
    grammar = bars.new_grammar()
    grammar.accept(metrical.place_event(0))
    levels = slice(metrical.FIRST_VELOCITY, metrical.N_CLASSES)
    assert grammar.allowed()[levels].sum() == metrical.N_LEVELS - 1
    events = []
    for step, velocity in enumerate((1, 127)):
        note = polyphony.new_note(70 + step)
        events += [metrical.velocity_event(velocity), note]
        events.append(metrical.place_event(step + 1))
    heard = [velocity for *_, velocity in bars.notes(events)]
    assert heard == [60, 100]
