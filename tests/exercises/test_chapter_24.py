import math

import numpy as np
import pytest

from course_utils.exercises.chapter_24 import back_to_sphere, into_range, mix
from course_utils.exercises.check import Wrong, check


def factor(angle_deg):
    return 1 / math.cos(math.radians(angle_deg) / 2)


def octave(pitch, low, high):
    same = [p for p in range(low, high + 1) if (p - pitch) % 12 == 0]
    return min(same, key=lambda p: abs(p - pitch), default=None)


def added(notes, starts):
    n = max(s + len(x) for s, x in zip(starts, notes, strict=True))
    total = np.zeros(n)
    for start, note in zip(starts, notes, strict=True):
        total[start : start + len(note)] += note
    return total


def mixed(notes, starts, peak):
    total = added(notes, starts)
    return total * min(1, peak / np.abs(total).max())


def always_scaled(notes, starts, peak):
    total = added(notes, starts)
    return total * peak / np.abs(total).max()


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (back_to_sphere, factor),
        (
            back_to_sphere,
            lambda a: (2 / (1 + math.cos(a * math.pi / 180))) ** 0.5,
        ),
        (into_range, octave),
        (mix, mixed),
        (mix, lambda *given: mixed(*given).tolist()),
    ],
)
def test_a_right_answer_passes(judge, answer):
    judge(answer)


@pytest.mark.parametrize(
    ("judge", "answer", "message"),
    [
        (back_to_sphere, lambda a: 1 / factor(a), "undoes it"),
        (back_to_sphere, lambda a: 2**0.5, "At 0 degrees expected 1.0000"),
        (into_range, lambda p, low, high: min(max(p, low), high), "another"),
        (into_range, lambda p, low, high: p, "lies outside"),
        (
            into_range,
            lambda p, low, high: low + (p - low) % 12,
            "60 is nearer|no octave|76 is nearer|84 is nearer",
        ),
        (into_range, lambda p, low, high: None, "got None"),
        (into_range, lambda p, low, high: octave(p, 0, 127), "lies outside"),
        (mix, lambda notes, starts, peak: added(notes, starts), "clip it"),
        (
            mix,
            lambda notes, starts, peak: added(notes, starts).clip(-peak, peak),
            "one factor",
        ),
        (mix, always_scaled, "never turn it up"),
        (mix, lambda notes, starts, peak: notes[0], "ends at sample 100"),
        (
            mix,
            lambda notes, starts, peak: 2 * added(notes, starts),
            "not the sum",
        ),
    ],
)
def test_a_wrong_answer_is_told_why(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)


def test_an_octave_where_there_is_none_is_told():
    def clamped(pitch, low, high):
        found = octave(pitch, low, high)
        return low if found is None else found

    with pytest.raises(Wrong, match="say None"):
        into_range(clamped)


@pytest.mark.parametrize("name", ["24.1", "24.3"])
def test_an_untouched_stub_is_called_empty(name, capsys):
    check(name, lambda *arguments: None)
    assert "still empty" in capsys.readouterr().out


def test_the_octave_stub_is_told_what_is_expected(capsys):
    check("24.2", lambda *arguments: None)
    assert "expected 60, got None" in capsys.readouterr().out
