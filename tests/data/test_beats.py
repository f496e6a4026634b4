import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.beats import follow, read_beats
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.meter import (
    bar_lines_s,
    seconds_to_quarters,
    step_positions,
)


def song(onsets):
    sequence = blank_sequence(120.0, (1, 4))
    for onset in onsets:
        sequence.notes.add(
            pitch=60, velocity=80, start_time=onset, end_time=onset + 0.1
        )
    sequence.total_time = max(onsets) + 0.1
    return sequence


def beats_at(times, bar_lines, in_threes=False):
    """Column 1 has half bars (or bars of three), column 2 bars of four."""
    marks = np.zeros((len(times), 3))
    marks[:, 0] = times
    if in_threes:
        marks[bar_lines, 1] = 1
    else:
        marks[::2, 1] = 1
        marks[bar_lines, 2] = 1
    return marks


def quarters(sequence):
    times = [note.start_time for note in sequence.notes]
    return seconds_to_quarters(sequence, np.array(times))


def test_notes_on_an_uneven_beat_fall_on_the_grid():
    gaps = [0.5] * 5 + [0.61, 0.4, 0.55] + [0.5] * 5
    times = 0.13 + np.concatenate([[0], np.cumsum(gaps)])
    sequence = song(times)
    follow(sequence, beats_at(times, [0, 4, 8, 12]))
    assert quarters(sequence) == pytest.approx(np.arange(14), abs=1e-6)
    assert sequence.notes[0].start_time == pytest.approx(0.0)


def test_what_comes_before_the_first_beat_stays_before_it():
    times = 1.7 + 0.5 * np.arange(12)
    sequence = song([0.7, *times])
    follow(sequence, beats_at(times, [0, 4, 8]))
    # Three beats fit before the first one; the rest is cut off.
    assert quarters(sequence)[:2] == pytest.approx([1.0, 3.0], abs=1e-6)


def test_bars_begin_where_the_annotation_says():
    times = 0.5 * np.arange(14)
    sequence = song(times)
    follow(sequence, beats_at(times, [2, 6, 8, 12]))  # a bar of two beats
    places = step_positions(sequence, 4 * 14)[::4]
    first_beats = np.flatnonzero(places[:, 2] == 0)
    assert first_beats.tolist() == [0, 2, 6, 8, 12]
    assert len(bar_lines_s(sequence)) == 5


def test_a_missing_beat_is_filled_in():
    times = np.delete(0.5 * np.arange(13), 7)
    sequence = song(times)
    follow(sequence, beats_at(times, [0, 4, 7, 11]))
    expected = np.delete(np.arange(13), 7)
    assert quarters(sequence) == pytest.approx(expected, abs=1e-6)


def test_three_beats_a_bar_are_three_four():
    times = 0.5 * np.arange(13)
    sequence = song(times)
    follow(sequence, beats_at(times, [0, 3, 6, 9, 12], in_threes=True))
    (mark,) = sequence.time_signatures
    assert (mark.numerator, mark.denominator) == (3, 4)


def test_equal_beats_share_one_tempo():
    sequence = song(0.5 * np.arange(40))
    follow(sequence, beats_at(0.5 * np.arange(40), range(0, 40, 4)))
    (tempo,) = sequence.tempos
    assert tempo.qpm == pytest.approx(120.0)


def test_lines_of_three_numbers_are_beats():
    assert read_beats("0.5 1.0 1.0\n1 0 0\n").tolist() == [
        [0.5, 1, 1],
        [1, 0, 0],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 1 1",
        "0 1\n1 1",
        "0 1 1\nx 0 0",
        "1 1 1\n0 0 0",
        "0 1 1\ninf 0 0",
        "0 1 1\n1 nan 0",
        "-1 1 1\n0 0 0",
        "0 1 1\n4000 0 0",
        "0 1 1\n1e-9 0 0\n2e-9 0 0",
    ],
)
def test_what_cannot_be_the_beats_of_a_piece_is_refused(text):
    with pytest.raises(CourseError, match="three numbers a beat"):
        read_beats(text)
