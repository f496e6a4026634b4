from itertools import pairwise

import numpy as np
import pytest

from course_utils.evaluation.self_similarity import overlap
from course_utils.evaluation.voice_leading import count_faults
from course_utils.exercises.chapter_52 import (
    MELODIES,
    bars_that_return,
    parallel_fifths,
    versions_that_count,
)
from course_utils.exercises.check import Wrong


def right_fifths(high, low, fifth=7, together=True):
    pairs = list(zip(high, low, strict=True))
    count = 0
    for (h1, l1), (h2, l2) in pairwise(pairs):
        same_way = (h2 - h1) * (l2 - l1) > 0 or not together
        both = (h1 - l1) % 12 == (h2 - l2) % 12 == fifth
        count += same_way and both
    return count


def right_number(weights):
    shares = np.exp(weights - weights.max())
    shares /= shares.sum()
    return 1 / np.sum(shares**2)


def right_bars(bars, apart=2):
    return [
        max(
            (overlap(bar, b) for b in bars[: max(i - apart + 1, 0)]), default=0
        )
        for i, bar in enumerate(bars)
    ]


def test_right_answers_pass():
    parallel_fifths(right_fifths)
    versions_that_count(right_number)
    bars_that_return(right_bars)


def test_the_melodies_have_as_many_fifths_as_the_library_counts():
    for high, low, expected, _ in MELODIES:
        grid = np.full((len(high), 4), -1)
        grid[:, 0], grid[:, 3] = high, low
        assert count_faults(grid)["parallel_fifths"] == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda h, b: right_fifths(h, b, together=False), "held"),
        (lambda h, b: right_fifths(h, b, fifth=0), "two fifths in a row"),
        (lambda h, b: 1, "held"),
    ],
)
def test_wrong_fifths_are_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        parallel_fifths(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (len, "counts alone"),
        (lambda w: 1 / np.sum(w**2), "eight equal"),
        (lambda w: 1 / np.sum((np.exp(w) / np.exp(w).sum()) ** 2), "small"),
    ],
)
def test_wrong_numbers_of_versions_are_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        versions_that_count(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda bars: right_bars(bars, apart=1), "bar 3 is bar 1 again"),
        (lambda bars: [float(bar in bars[:-1]) for bar in bars], "again"),
        (lambda bars: [0.0], "need 3 numbers"),
    ],
)
def test_wrong_returns_are_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        bars_that_return(answer)
