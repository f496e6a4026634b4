import numpy as np
import pytest
from note_seq import performance_lib, sequences_lib
from note_seq.performance_encoder_decoder import PerformanceOneHotEncoding
from symbolic_examples import piece, random_piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic import performance
from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    FIRST_VELOCITY,
    LOSES,
    bin_to_velocity,
    count_notes,
    event_name,
    event_value,
    events_to_sequence,
    sequence_to_events,
    velocity_to_bin,
)

REFERENCE = PerformanceOneHotEncoding(num_velocity_bins=32)


def note_seq_performance(sequence):
    quantised = sequences_lib.quantize_note_sequence_absolute(sequence, 100)
    return performance_lib.Performance(quantised, num_velocity_bins=32)


def rows(sequence):
    return sorted(
        (
            round(100 * n.start_time),
            round(100 * n.end_time),
            n.pitch,
            n.velocity,
        )
        for n in sequence.notes
    )


def pedalled(rng):
    sequence = random_piece(rng, 100, n_parts=1)
    for k in range(40):
        sequence.control_changes.add(
            time=0.37 * k, control_number=64, control_value=127 * (k % 2)
        )
    return sequence


def test_the_classes_are_note_seqs_own():
    assert performance.N_CLASSES == REFERENCE.num_classes == 388
    kinds = {
        "NOTE_ON": performance_lib.PerformanceEvent.NOTE_ON,
        "NOTE_OFF": performance_lib.PerformanceEvent.NOTE_OFF,
        "TIME_SHIFT": performance_lib.PerformanceEvent.TIME_SHIFT,
        "VELOCITY": performance_lib.PerformanceEvent.VELOCITY,
    }
    for event in range(388):
        theirs = REFERENCE.decode_event(event)
        kind, value = event_value(event)
        assert (kinds[kind], value) == (theirs.event_type, theirs.event_value)


def test_velocity_levels_are_note_seqs_own():
    for velocity in range(1, 128):
        level = velocity_to_bin(velocity)
        assert level == performance_lib.velocity_to_bin(velocity, 32)
        back = performance_lib.velocity_bin_to_velocity(level, 32)
        assert bin_to_velocity(level) == back
        assert 0 <= velocity - back < 4


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("make", [random_piece, pedalled])
def test_encoding_equals_note_seq(seed, make):
    sequence = make(np.random.default_rng(seed))
    assert sequence_to_events(sequence, pedal=False) == [
        REFERENCE.encode_event(event)
        for event in note_seq_performance(sequence)
    ]
    held = sequences_lib.apply_sustain_control_changes(sequence)
    assert sequence_to_events(sequence) == [
        REFERENCE.encode_event(event) for event in note_seq_performance(held)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_decoding_equals_note_seq(seed):
    sequence = random_piece(np.random.default_rng(seed), 100)
    theirs = note_seq_performance(sequence).to_sequence(
        velocity=100, instrument=0, program=0
    )
    ours = events_to_sequence(sequence_to_events(sequence))
    assert rows(ours) == rows(theirs)


@pytest.mark.parametrize("seed", range(20))
def test_notes_come_back_within_the_grid(seed):
    before = random_piece(np.random.default_rng(seed), n_parts=1)
    after = events_to_sequence(sequence_to_events(before))
    a = sorted((n.pitch, n.start_time) for n in before.notes)
    b = sorted((n.pitch, n.start_time) for n in after.notes)
    assert [x[0] for x in a] == [x[0] for x in b]
    error_s = np.abs(np.array(a)[:, 1] - np.array(b)[:, 1]).max()
    assert error_s <= 0.005 + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_notes_on_the_grid_come_back_exactly(seed):
    rng = np.random.default_rng(seed)
    first = events_to_sequence(
        sequence_to_events(random_piece(rng, 100, n_parts=1))
    )
    second = events_to_sequence(sequence_to_events(first))
    assert rows(second) == rows(first)


def test_an_example_by_hand():
    sequence = piece([(0, 1.5, 60, 64), (0.25, 0.5, 64, 65)])
    assert [event_name(event) for event in sequence_to_events(sequence)] == [
        "VELOCITY 16",
        "NOTE_ON C4",
        "TIME_SHIFT 250 ms",
        "VELOCITY 17",
        "NOTE_ON E4",
        "TIME_SHIFT 250 ms",
        "NOTE_OFF E4",
        "TIME_SHIFT 1000 ms",
        "NOTE_OFF C4",
    ]


def test_what_the_encoding_loses_comes_back_as_arguments():
    sequence = events_to_sequence(
        [60, FIRST_TIME_SHIFT + 9, FIRST_NOTE_OFF + 60],
        qpm=72,
        time_signature=(3, 4),
        program=6,
        velocity=30,
    )
    (note,) = sequence.notes
    assert (note.velocity, note.program, note.end_time) == (30, 6, 0.1)
    assert sequence.tempos[0].qpm == 72
    assert sequence.time_signatures[0].numerator == 3
    assert not events_to_sequence([60]).time_signatures


# --- what a young network writes -------------------------------------------

WAIT_1_S = FIRST_TIME_SHIFT + 99


def test_a_release_from_nothing_is_passed_over():
    events = [FIRST_NOTE_OFF + 60, 60, WAIT_1_S, FIRST_NOTE_OFF + 60]
    assert rows(events_to_sequence(events)) == [(0, 100, 60, 100)]


def test_a_hanging_note_ends_with_the_piece_or_after_5_s():
    assert rows(events_to_sequence([60, WAIT_1_S]))[0][:2] == (0, 100)
    assert rows(events_to_sequence([60, *[WAIT_1_S] * 9]))[0][:2] == (0, 500)


def test_a_released_note_may_be_longer_than_5_s():
    events = [60, *[WAIT_1_S] * 9, FIRST_NOTE_OFF + 60]
    assert rows(events_to_sequence(events))[0][:2] == (0, 900)


def test_notes_without_length_are_left_out():
    assert not events_to_sequence([60, FIRST_NOTE_OFF + 60, 61]).notes


def test_of_two_notes_of_one_pitch_the_older_ends_first():
    release = FIRST_NOTE_OFF + 60
    events = [60, WAIT_1_S, 60, WAIT_1_S, release, WAIT_1_S, release]
    found = rows(events_to_sequence(events))
    assert [row[:2] for row in found] == [(0, 200), (100, 300)]


@pytest.mark.parametrize("seed", range(30))
def test_any_stream_gives_whole_notes(seed):
    events = np.random.default_rng(seed).integers(0, 388, 500).tolist()
    sequence = events_to_sequence(events)
    assert sequence.notes
    for note in sequence.notes:
        assert note.end_time > note.start_time
        assert note.end_time <= sequence.total_time
        assert 1 <= note.velocity <= 127


@pytest.mark.parametrize("event", [-1, 388])
def test_numbers_that_are_no_class_are_refused(event):
    with pytest.raises(CourseError, match="performance event"):
        events_to_sequence([event])


def test_pieces_without_pitched_notes_are_refused():
    with pytest.raises(CourseError, match="none of them pitched"):
        sequence_to_events(piece([(0, 1, 38, 80, 0, 0, True)]))


def test_arguments_out_of_range_are_refused():
    with pytest.raises(CourseError, match="velocity"):
        events_to_sequence([60], velocity=128)
    with pytest.raises(CourseError, match="program"):
        events_to_sequence([60], program=-1)


def test_count_notes_counts_note_ons():
    events = [60, 62, FIRST_NOTE_OFF, FIRST_TIME_SHIFT, FIRST_VELOCITY]
    assert count_notes(events) == 2


def test_the_losses_are_told():
    assert any(line.startswith("meter") for line in LOSES)
    assert any("10 ms" in line for line in LOSES)
