import numpy as np
import pytest
from symbolic_examples import piece, random_piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic import polyphony
from course_utils.symbolic.meter import quantise
from course_utils.symbolic.polyphony import (
    END,
    LOSES,
    START,
    STEP_END,
    PolyphonyConfig,
    continued_note,
    count_notes,
    event_name,
    event_pitch,
    events_to_sequence,
    new_note,
    sequence_to_events,
    sequence_to_roll,
    steps_of,
)

STEP_S = 0.125  # a sixteenth at 120 quarters per minute


def steps(sequence):
    return sorted(
        (
            round(n.start_time / STEP_S),
            round(n.end_time / STEP_S),
            n.pitch,
        )
        for n in sequence.notes
    )


def test_there_are_259_classes_and_each_has_its_own_name():
    assert polyphony.N_CLASSES == 259
    names = [event_name(event) for event in range(259)]
    assert len(set(names)) == 259
    assert names[:4] == ["START", "END", "STEP_END", "NEW_NOTE C-1"]
    assert names[131] == "CONTINUED_NOTE C-1"


def test_pitch_and_event_are_inverse_over_the_whole_domain():
    for pitch in range(128):
        assert event_pitch(new_note(pitch)) == pitch
        assert event_pitch(continued_note(pitch)) == pitch
    assert [event_pitch(e) for e in (START, END, STEP_END)] == [None] * 3


def test_the_example_of_the_docstring_by_hand():
    sequence = piece([(0, 0.5, 60, 80), (0, 0.25, 55, 80)])
    assert sequence_to_events(sequence) == [
        START,
        new_note(60), new_note(55), STEP_END,
        continued_note(60), continued_note(55), STEP_END,
        continued_note(60), STEP_END,
        continued_note(60), STEP_END,
        END,
    ]  # fmt: skip


def test_silence_is_steps_without_notes():
    sequence = piece([(0.25, 0.375, 60, 80)])
    sequence.total_time = 0.5
    assert sequence_to_events(sequence) == [
        START, STEP_END, STEP_END, new_note(60), STEP_END, STEP_END, END,
    ]  # fmt: skip


def test_pitches_fall_within_a_step(np_rng):
    for step in steps_of(sequence_to_events(random_piece(np_rng, 200))):
        assert list(step) == sorted(step, reverse=True)


@pytest.mark.parametrize("seed", range(20))
def test_decoding_gives_back_the_events(seed):
    rng = np.random.default_rng(seed)
    events = sequence_to_events(random_piece(rng, 80))
    sequence = events_to_sequence(events, qpm=133.0)
    assert sequence_to_events(sequence) == events


@pytest.mark.parametrize("seed", range(20))
def test_notes_on_the_grid_come_back_exactly(seed):
    rng = np.random.default_rng(seed)
    free, notes = {}, []
    for _ in range(100):
        pitch = int(rng.integers(128))
        start = free.get(pitch, 0) + int(rng.integers(20))
        end = start + int(rng.integers(1, 30))
        free[pitch] = end
        notes.append((start * STEP_S, end * STEP_S, pitch, 100))
    before = piece(notes)
    after = events_to_sequence(sequence_to_events(before))
    assert steps(after) == steps(before)


def test_a_repeated_note_is_not_a_held_one():
    repeated = piece([(0, 0.25, 60, 80), (0.25, 0.5, 60, 80)])
    held = piece([(0, 0.5, 60, 80)])
    assert sequence_to_events(repeated) != sequence_to_events(held)
    after = events_to_sequence(sequence_to_events(repeated))
    assert steps(after) == [(0, 2, 60), (2, 4, 60)]


def test_what_the_encoding_loses_comes_back_as_arguments():
    events = [START, new_note(60), STEP_END, END]
    sequence = events_to_sequence(
        events, qpm=90, time_signature=(3, 8), velocity=41, program=19
    )
    (note,) = sequence.notes
    assert (note.velocity, note.program) == (41, 19)
    assert note.end_time == pytest.approx(60 / 90 / 4)
    mark = sequence.time_signatures[0]
    assert (mark.numerator, mark.denominator) == (3, 8)
    assert sequence.tempos[0].qpm == 90


def test_by_default_no_time_signature_is_written_and_velocity_is_100():
    sequence = events_to_sequence([START, new_note(60), STEP_END, END])
    assert not sequence.time_signatures
    assert sequence.notes[0].velocity == 100


def test_tempo_and_meter_changes_are_no_obstacle():
    sequence = piece([(0, 1, 60, 80), (2, 4, 62, 80)], meter=(4, 4))
    sequence.tempos.add(time=2.0, qpm=60)
    sequence.time_signatures.add(time=2.0, numerator=3, denominator=4)
    after = events_to_sequence(sequence_to_events(sequence))
    assert steps(after) == [(0, 8, 60), (16, 24, 62)]


def test_parts_are_merged_and_unisons_become_one():
    sequence = piece([(0, 0.5, 60, 80, 0), (0, 0.25, 60, 90, 1)])
    after = events_to_sequence(sequence_to_events(sequence))
    assert steps(after) == [(0, 4, 60)]


def test_a_note_struck_while_it_sounds_is_cut_and_goes_on():
    sequence = piece([(0, 1, 60, 80, 0), (0.5, 0.625, 60, 80, 1)])
    after = events_to_sequence(sequence_to_events(sequence))
    assert steps(after) == [(0, 4, 60), (4, 8, 60)]


def test_drums_are_not_read():
    drum = (0, 1, 38, 80, 0, 0, True)
    sequence = piece([drum, (0, 0.125, 60, 80, 1)])
    assert count_notes(sequence_to_events(sequence)) == 1
    with pytest.raises(CourseError, match="1 notes, none of them pitched"):
        sequence_to_events(piece([drum]))
    with pytest.raises(CourseError, match="at least one pitched note"):
        sequence_to_events(piece([]))


def test_the_roll_equals_the_quantised_notes(np_rng):
    sequence = random_piece(np_rng, 100)
    struck, sounding = sequence_to_roll(sequence)
    assert struck.shape == sounding.shape
    assert not (struck & ~sounding).any()
    for note in quantise(sequence).notes:
        start, end = note.quantized_start_step, note.quantized_end_step
        assert struck[start, note.pitch]
        assert sounding[start:end, note.pitch].all()


def test_a_piece_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(polyphony, "MAX_STEPS", 100)
    with pytest.raises(CourseError, match="steps of the piece"):
        sequence_to_events(piece([(0, 100, 60, 80)]))


# --- what a young network writes -------------------------------------------


def test_a_continued_note_from_nothing_is_struck():
    events = [START, continued_note(60), STEP_END, continued_note(60), END]
    assert steps(events_to_sequence(events)) == [(0, 2, 60)]


def test_a_note_ends_where_it_is_not_continued():
    events = [new_note(60), STEP_END, STEP_END, continued_note(60), STEP_END]
    assert steps(events_to_sequence(events)) == [(0, 1, 60), (2, 3, 60)]


def test_start_and_end_and_order_are_forgiven():
    tidy = [START, new_note(64), new_note(60), STEP_END, END]
    untidy = [new_note(60), START, new_note(64), STEP_END, END, new_note(70)]
    assert steps(events_to_sequence(untidy)) == steps(events_to_sequence(tidy))


def test_a_last_step_without_its_end_counts():
    assert steps(events_to_sequence([new_note(60)])) == [(0, 1, 60)]
    assert events_to_sequence([START]).total_time == 0


def test_of_two_events_of_one_pitch_the_new_note_wins():
    events = [
        new_note(60), STEP_END, new_note(60), continued_note(60), STEP_END,
    ]  # fmt: skip
    assert steps(events_to_sequence(events)) == [(0, 1, 60), (1, 2, 60)]


@pytest.mark.parametrize("seed", range(30))
def test_any_stream_gives_whole_notes_that_can_be_encoded(seed):
    rng = np.random.default_rng(seed)
    events = rng.integers(0, 259, 400).tolist()
    events = [e for e in events if e != END]
    sequence = events_to_sequence(events)
    assert sequence.notes
    for note in sequence.notes:
        assert note.end_time - note.start_time >= STEP_S - 1e-9
        assert note.end_time <= sequence.total_time + 1e-9
    again = events_to_sequence(sequence_to_events(sequence))
    assert steps(again) == steps(sequence)


@pytest.mark.parametrize("event", [-1, 259, 1000])
def test_numbers_that_are_no_class_are_refused(event):
    with pytest.raises(CourseError, match="polyphony event"):
        events_to_sequence([START, event])
    with pytest.raises(CourseError, match="polyphony event"):
        event_name(event)


def test_arguments_out_of_range_are_refused():
    with pytest.raises(CourseError, match="velocity"):
        events_to_sequence([START], velocity=0)
    with pytest.raises(CourseError, match="program"):
        PolyphonyConfig(program=128)
    with pytest.raises(CourseError, match="tempo"):
        events_to_sequence([START], qpm=0)
    with pytest.raises(CourseError, match="time signature"):
        events_to_sequence([START], time_signature=(3, 5))
    with pytest.raises(CourseError, match="pitch"):
        new_note(128)


def test_the_losses_are_told():
    assert any(line.startswith("meter") for line in LOSES)
    assert any(line.startswith("velocity") for line in LOSES)


def test_the_pedal_lengthens_notes_unless_it_is_left_out():
    sequence = piece([(0, STEP_S, 60, 80), (3 * STEP_S, 4 * STEP_S, 64, 80)])
    for time, value in ((0.0, 127), (2 * STEP_S, 0)):
        sequence.control_changes.add(
            time=time, control_number=64, control_value=value
        )
    last = [STEP_END, new_note(64), STEP_END, END]
    held = [START, new_note(60), STEP_END, continued_note(60), STEP_END]
    pressed = [START, new_note(60), STEP_END, STEP_END]
    assert sequence_to_events(sequence) == held + last
    assert sequence_to_events(sequence, pedal=False) == pressed + last
