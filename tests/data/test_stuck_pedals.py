from note_seq.protobuf import music_pb2

from course_utils.data.stuck_pedals import drop_stuck_pedals


def pedalled(*moves):
    """Controllers as (instrument, seconds, number, value)."""
    sequence = music_pb2.NoteSequence(total_time=60.0)
    for instrument, time, number, value in moves:
        sequence.control_changes.add(
            instrument=instrument,
            time=time,
            control_number=number,
            control_value=value,
        )
    return sequence


def moves(sequence):
    return [
        (c.instrument, c.time, c.control_number, c.control_value)
        for c in sequence.control_changes
    ]


def test_a_pedal_that_is_lifted_in_time_stays():
    played = [(0, 1.0, 64, 127), (0, 3.0, 64, 0), (0, 3.2, 64, 90)]
    played += [(0, 4.0, 64, 20)]
    sequence = pedalled(*played)
    drop_stuck_pedals(sequence)
    assert moves(sequence) == played


def test_a_pedal_that_is_never_lifted_is_left_out():
    sequence = pedalled((0, 1.0, 64, 80), (0, 20.0, 64, 75))
    drop_stuck_pedals(sequence)
    assert moves(sequence) == []


def test_only_the_long_press_of_one_instrument_goes():
    good = [(0, 30.0, 64, 127), (0, 32.0, 64, 0), (1, 0.0, 64, 127)]
    good += [(1, 2.0, 64, 0)]
    sequence = pedalled((0, 0.0, 64, 127), (0, 25.0, 64, 0), *good)
    drop_stuck_pedals(sequence)
    assert moves(sequence) == good


def test_other_controllers_and_a_press_shortly_before_the_end_stay():
    played = [(0, 0.0, 7, 100), (0, 55.0, 64, 127)]
    sequence = pedalled(*played)
    drop_stuck_pedals(sequence)
    assert moves(sequence) == played


def test_how_long_is_too_long_can_be_told():
    sequence = pedalled((0, 0.0, 64, 127), (0, 5.0, 64, 0))
    drop_stuck_pedals(sequence, longest_s=5.0)
    assert len(sequence.control_changes) == 2
    drop_stuck_pedals(sequence, longest_s=4.0)
    assert moves(sequence) == []
