import pytest
from symbolic_examples import grid_piece as piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic.excerpt import bars_between

BARS = [(12 * i, 12 * i + 6, 60 + i, 80) for i in range(5)]  # of 3/4


def pitches(sequence):
    return [note.pitch for note in sequence.notes]


def test_whole_bars_are_cut_out():
    cut = bars_between(piece(BARS), 1, 2)
    assert pitches(cut) == [61, 62]
    assert cut.notes[0].start_time == pytest.approx(0.0)
    assert cut.time_signatures[0].numerator == 3
    assert cut.tempos[0].qpm == pytest.approx(100.0)


def test_bars_are_counted_from_the_end_too():
    assert pitches(bars_between(piece(BARS), -2, 2)) == [63, 64]


def test_the_piece_may_end_before():
    assert pitches(bars_between(piece(BARS), 3, 50)) == [63, 64]


def test_a_bar_that_is_not_there_is_refused():
    with pytest.raises(CourseError, match="first bar"):
        bars_between(piece(BARS), 5, 1)
