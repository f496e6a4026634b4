from symbolic_examples import piece, rows

from course_utils.symbolic.pedal import apply_pedal


def pedalled(notes, *moves):
    sequence = piece(notes)
    for time, value in moves:
        sequence.control_changes.add(
            time=time, control_number=64, control_value=value
        )
    return sequence


def test_without_a_pedal_nothing_changes():
    sequence = piece([(0, 1, 60, 80)])
    sequence.control_changes.add(control_number=7, control_value=90)
    assert apply_pedal(sequence) is sequence


def test_a_note_rings_until_the_pedal_is_lifted():
    held = apply_pedal(pedalled([(0, 1, 60, 80)], (0.5, 127), (3.0, 0)))
    assert rows(held)[0][:2] == (0, 3)
    assert not held.control_changes


def test_a_note_rings_only_until_its_key_is_struck_again():
    notes = [(0, 1, 60, 80), (2, 3, 60, 80)]
    held = apply_pedal(pedalled(notes, (0.5, 127), (4.0, 0)))
    assert [row[:2] for row in rows(held)] == [(0, 2), (2, 4)]
