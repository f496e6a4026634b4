import pytest
from symbolic_examples import grid_piece, piece, random_piece, rows

from course_utils.basics.checks import CourseError
from course_utils.symbolic.melody import melody_of, melody_to_row
from course_utils.symbolic.meter import to_steps

DRUM = (9, 0, True)  # instrument, program, is a drum


def pitches(sequence):
    return [note.pitch for note in sequence.notes]


def test_the_highest_part_is_the_melody_wherever_it_stands():
    low = [(0, 1, 50, 80, 0), (1, 2, 90, 80, 0), (2, 9, 52, 80, 0)]
    high = [(0, 1, 70, 70, 1, 40), (1, 9, 72, 90, 1, 40)]
    for parts in (low + high, high + low):
        melody = melody_of(piece(parts))
        assert rows(melody) == rows(piece(high))


def test_long_notes_weigh_more_than_many():
    dancing = [(t / 10, t / 10 + 0.1, 90, 80, 0) for t in range(5)]
    dancing.append((1, 9, 40, 80, 0))
    assert pitches(melody_of(piece([*dancing, (0, 9, 60, 80, 1)]))) == [60]


def test_drums_are_no_melody():
    beats = [(0, 1, 99, 80, *DRUM), (0, 1, 98, 80, 1, 0, True)]
    melody = melody_of(piece([*beats, (0, 1, 40, 80, 1)]))
    assert pitches(melody) == [40]


def test_of_a_chord_the_highest_note_is_sung():
    chords = [(0, 2, 60, 80), (0.015, 1, 67, 70), (0.01, 2, 64, 90)]
    after = [(0.5, 1, 62, 80), (0.53, 1, 59, 80)]
    melody = melody_of(piece(chords + after))
    assert pitches(melody) == [67, 62, 59]
    assert (melody.notes[0].start_time, melody.notes[0].velocity) == (
        0.015,
        70,
    )


def test_a_piece_of_one_part_without_chords_is_its_melody(np_rng):
    whole = random_piece(np_rng, n_parts=1)
    for i, note in enumerate(sorted(whole.notes, key=lambda n: n.start_time)):
        note.start_time, note.end_time = 0.5 * i, 0.5 * i + 0.7
    assert rows(melody_of(whole)) == rows(whole)


def test_notes_of_a_melody_are_some_of_the_piece_in_order(np_rng):
    whole = random_piece(np_rng)
    melody = melody_of(whole)
    assert set(rows(melody)) < set(rows(whole))
    starts = [note.start_time for note in melody.notes]
    assert starts == sorted(starts)
    assert len({note.instrument for note in melody.notes}) == 1


def test_tempos_meters_and_the_piece_itself_stay():
    whole = piece([(0, 1, 60, 80), (0, 1, 40, 80, 1)], qpm=70, meter=(3, 8))
    whole.tempos.add(time=0.5, qpm=90)
    before = whole.SerializeToString(deterministic=True)
    melody = melody_of(whole)
    assert whole.SerializeToString(deterministic=True) == before
    assert melody.tempos == whole.tempos
    assert melody.time_signatures == whole.time_signatures
    assert melody.total_time == whole.total_time


@pytest.mark.parametrize("notes", [[], [(0, 1, 60, 80, *DRUM)]])
def test_a_piece_without_pitched_notes_has_no_melody(notes):
    with pytest.raises(CourseError, match=r"with a melody.*none of them pit"):
        melody_of(piece(notes))


def test_a_row_holds_notes_and_rests():
    notes = [(2, 4, 60, 80), (4, 5, 62, 80), (7, 9, 64, 80)]
    row = melody_to_row(grid_piece(notes))
    assert row.tolist() == [-1, -1, 60, 60, 62, -1, -1, 64, 64]


def test_a_note_ends_the_note_before_it():
    notes = [(0, 6, 60, 80), (2, 4, 62, 80)]
    assert melody_to_row(grid_piece(notes)).tolist() == [
        *(60, 60, 62, 62),
        *(-1, -1),
    ]


def test_a_row_follows_changes_of_tempo():
    melody = piece([(0, 1, 60, 80), (1, 2, 62, 80)], qpm=60)
    melody.tempos.add(time=1.0, qpm=120)
    assert melody_to_row(melody).tolist() == [60] * 4 + [62] * 8


def test_a_row_equals_a_plain_loop_over_steps(np_rng):
    melody = melody_of(random_piece(np_rng))
    spans = [
        (*to_steps(melody, [note.start_time, note.end_time]), note.pitch)
        for note in melody.notes
    ]
    row = melody_to_row(melody)
    for step, pitch in enumerate(row):
        begun = [s for s in spans if s[0] <= step]
        start, end, last = begun[-1] if begun else (0, 0, -1)
        assert pitch == (last if step < max(end, start + 1) else -1)


def test_the_shortest_note_has_a_step_of_its_own():
    melody = piece([(0, 0.01, 60, 80), (0.5, 0.51, 62, 80)], qpm=120)
    assert melody_to_row(melody).tolist() == [60, -1, -1, -1, 62]
