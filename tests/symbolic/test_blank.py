import pytest

from course_utils.basics.checks import CourseError
from course_utils.symbolic.blank import blank_sequence


def test_tempo_and_meter_stand_at_the_beginning():
    sequence = blank_sequence(90.0, (3, 8))
    assert [(t.time, t.qpm) for t in sequence.tempos] == [(0, 90)]
    mark = sequence.time_signatures[0]
    assert (mark.time, mark.numerator, mark.denominator) == (0, 3, 8)
    assert not blank_sequence(90.0, None).time_signatures


@pytest.mark.parametrize("qpm", [0, -1, float("nan"), 1e9])
def test_impossible_tempos_are_refused(qpm):
    with pytest.raises(CourseError, match="tempo"):
        blank_sequence(qpm, None)
