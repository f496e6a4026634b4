from symbolic_examples import piece

from course_utils.symbolic.channels import playing_passes, timed_events


def test_forty_parts_are_played_in_three_passes_without_the_drum_channel():
    notes = [(0, 1, 60, 80, i, i % 128) for i in range(40)]
    passes = playing_passes(piece(notes))
    assert [len(one) for one in passes] == [15, 15, 10]
    assert all(9 not in one.values() for one in passes)
    assert len({part for one in passes for part in one}) == 40


def test_two_drum_parts_do_not_share_a_channel():
    notes = [(0, 1, 38, 80, i, 0, True) for i in range(2)]
    passes = playing_passes(piece(notes))
    assert [list(one.values()) for one in passes] == [[9], [9]]


def test_a_release_comes_before_the_next_strike_of_its_key():
    sequence = piece([(0, 1, 60, 80), (1, 2, 60, 90)])
    channels = playing_passes(sequence)[0]
    events = timed_events(sequence, channels, 100)
    assert [(e[0], e[2]) for e in events] == [
        (0, "noteon"),
        (100, "noteoff"),
        (100, "noteon"),
        (200, "noteoff"),
    ]


def test_a_note_without_length_is_released_after_it_is_struck():
    sequence = piece([(1, 1, 60, 80)])
    events = timed_events(sequence, playing_passes(sequence)[0], 100)
    assert [(e[0], e[2]) for e in events] == [
        (100, "noteon"),
        (101, "noteoff"),
    ]


def test_controllers_after_the_last_note_are_left_out():
    sequence = piece([(0, 1, 60, 80)])
    sequence.control_changes.add(time=50, control_number=7, control_value=1)
    events = timed_events(sequence, playing_passes(sequence)[0], 100)
    assert {e[2] for e in events} == {"noteon", "noteoff"}
