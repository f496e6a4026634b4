import pytest
import torch
from symbolic_examples import grid_piece as piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic import metrical, polyphony
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.encodings import ENCODINGS, encoding_of
from course_utils.symbolic.metrical_reading import (
    events_to_sequence,
    read_events,
)


def names(events):
    return [metrical.event_name(event) for event in events]


def test_a_bar_is_written_as_the_docstring_says():
    sequence = piece([(0, 2, 60, 97), (0, 2, 52, 97), (2, 3, 62, 30)])
    assert names(metrical.sequence_to_events(sequence)) == [
        "START",
        "TEMPO 101",
        "METER 3/4",
        "PLACE 0",
        "VELOCITY 12",
        "NEW_NOTE C4",
        "NEW_NOTE E3",
        "PLACE 1",
        "CONTINUED_NOTE C4",
        "CONTINUED_NOTE E3",
        "PLACE 2",
        "VELOCITY 3",
        "NEW_NOTE D4",
        "END",
    ]


def test_places_start_again_at_every_bar_line():
    events = metrical.sequence_to_events(piece([(0, 26, 60, 80)], (3, 4)))
    places = [e - metrical.FIRST_PLACE for e in events if e in PLACES]
    assert places == [*range(12), *range(12), 0, 1]


PLACES = range(metrical.FIRST_PLACE, metrical.FIRST_METER)


def test_a_change_of_meter_and_tempo_is_written_where_it_happens():
    sequence = piece([(0, 30, 60, 80)], (3, 4), qpm=120.0)
    sequence.time_signatures.add(time=1.5, numerator=7, denominator=8)
    sequence.tempos.add(time=1.5, qpm=60.0)
    events = metrical.sequence_to_events(sequence)
    at = names(events).index("METER 7/8")
    assert names(events)[at - 1 : at + 2] == [
        "TEMPO 60",
        "METER 7/8",
        "PLACE 0",
    ]
    assert sum(event in PLACES for event in events[:at]) == 12
    again = events_to_sequence(events)
    marks = [(m.time, m.numerator) for m in again.time_signatures]
    assert marks == [(0.0, 3), (pytest.approx(1.5), 7)]
    assert [t.qpm for t in again.tempos] == [120.0, 60.0]


def test_a_bar_that_ends_early_comes_back():
    sequence = piece([(0, 40, 60, 80)], (4, 4), qpm=120.0)
    sequence.time_signatures.add(time=1.0, numerator=4, denominator=4)
    again = events_to_sequence(metrical.sequence_to_events(sequence))
    assert [m.time for m in again.time_signatures] == [0.0, 1.0]


def test_decoding_and_encoding_again_changes_nothing():
    notes = [(0, 4, 60, 97), (0, 6, 48, 40), (4, 5, 64, 99), (9, 12, 67, 1)]
    events = metrical.sequence_to_events(piece(notes, (6, 8)))
    assert metrical.sequence_to_events(events_to_sequence(events)) == events


def test_the_notes_are_those_of_the_259_events():
    notes = [(0, 4, 60, 97), (2, 6, 48, 40), (4, 5, 64, 99)]
    sequence = piece(notes)
    decoded = events_to_sequence(metrical.sequence_to_events(sequence))
    same = polyphony.sequence_to_events(sequence)
    assert polyphony.sequence_to_events(decoded) == same


def test_velocity_comes_back_within_its_level():
    for velocity in range(1, 128):
        event = metrical.velocity_event(velocity)
        assert abs(metrical.event_velocity(event) - velocity) <= 4


@pytest.mark.parametrize("qpm", [30.0, 55.5, 97.0, 140.0, 239.0])
def test_tempo_comes_back_within_half_a_class(qpm):
    back = metrical.event_qpm(metrical.tempo_event(qpm))
    assert abs(back / qpm - 1) < 0.045


def test_what_is_out_of_range_becomes_the_nearest_class():
    assert metrical.event_name(metrical.tempo_event(5.0)) == "TEMPO 30"
    assert metrical.event_name(metrical.meter_event(99, 64)) == "METER 16/16"
    assert metrical.place_event(500) == metrical.FIRST_METER - 1


def test_noise_is_read_without_a_hanging_note(rng):
    for _ in range(20):
        events = torch.randint(0, metrical.N_CLASSES, (300,), generator=rng)
        sequence = events_to_sequence(events.tolist())
        for note in sequence.notes:
            assert note.start_time < note.end_time <= sequence.total_time


def test_a_number_that_is_no_class_is_refused():
    with pytest.raises(CourseError, match="metrical event"):
        read_events([metrical.N_CLASSES])


def test_silence_is_refused():
    with pytest.raises(CourseError, match="at least one pitched note"):
        metrical.sequence_to_events(blank_sequence(120.0, (4, 4)))


def test_all_encodings_count_the_same_notes_and_steps_if_they_have_any():
    sequence = piece([(0, 4, 60, 97), (2, 30, 48, 40)])
    for encoding in ENCODINGS.values():
        events = encoding.encode(sequence)
        assert encoding.count_notes(events) == 2
        n_steps = 0 if encoding.name == "performance" else 30
        assert encoding.count_steps(events) == n_steps
        assert max(events) < encoding.n_classes


def test_an_unknown_encoding_is_refused():
    with pytest.raises(CourseError, match="one of polyphony, keys, metrical"):
        encoding_of("midi")
