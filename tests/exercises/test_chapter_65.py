import numpy as np
import pytest

from course_utils.exercises.chapter_65 import (
    is_blind,
    same_places,
    shared_notes,
)
from course_utils.exercises.check import Wrong


def right_blindness(metric, piece, changed):
    return np.isclose(metric(piece, changed), metric(piece, piece))


def right_places(one, other):
    same = sum(a == b for a, b in zip(one, other, strict=False))
    return same / max(len(one), len(other))


def right_run(one, other, key=True):
    one, other = (np.diff(x) if key else np.array(x) for x in (one, other))
    best = 0
    for i in range(len(one)):
        for k in range(len(other)):
            n = 0
            while (
                i + n < len(one)
                and k + n < len(other)
                and one[i + n] == other[k + n]
            ):
                n += 1
            best = max(best, n)
    return best + key


def test_right_answers_pass():
    is_blind(right_blindness)
    same_places(right_places)
    shared_notes(right_run)


def test_wrong_answers_are_told_why():
    with pytest.raises(Wrong, match="played backwards"):
        is_blind(lambda metric, one, other: metric(one, other) == 0)
    with pytest.raises(Wrong, match="outer ones exchanged"):
        same_places(lambda a, b: len(set(a) & set(b)) / len(set(a)))
    with pytest.raises(Wrong, match="in another key"):
        shared_notes(lambda a, b: right_run(a, b, key=False))
