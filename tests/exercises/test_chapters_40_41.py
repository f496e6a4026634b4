import math
from itertools import groupby

import numpy as np
import pytest

from course_utils.exercises.chapter_40 import (
    padding_share,
    perplexity,
    transpose,
)
from course_utils.exercises.chapter_41 import (
    longest_loop,
    longest_shared_run,
    top_p_by_hand,
)
from course_utils.exercises.check import Wrong


def right_perplexity(probabilities):
    return math.prod(probabilities) ** (-1 / len(probabilities))


def right_padding(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    empty = sum(max(batch) - n for batch in batches for n in batch)
    return empty / (empty + sum(lengths))


def padding_as_one_batch(lengths, size):
    return 1 - sum(lengths) / (max(lengths) * len(lengths))


def right_transposition(events, semitones):
    return [e + semitones * (e > 2) for e in events]


def new_notes_only(events, semitones):
    return [e + semitones * (3 <= e < 131) for e in events]


def right_top_p(probabilities, p):
    order = np.argsort(probabilities)[::-1]
    total = np.cumsum(np.asarray(probabilities)[order])
    return order[: np.searchsorted(total, p) + 1].tolist()


def tail_too_short(probabilities, p):
    return right_top_p(probabilities, p)[:-1]


def right_loop(bars):
    return max((len(list(run)) for _, run in groupby(bars)), default=0)


def most_frequent(bars):
    return max((bars.count(bar) for bar in bars), default=0)


def right_run(first, second):
    longest = 0
    for i in range(len(first)):
        for j in range(len(second)):
            n = 0
            pairs = zip(first[i:], second[j:], strict=False)
            for a, b in pairs:
                if a != b:
                    break
                n += 1
            longest = max(longest, n)
    return longest


def shared_events(first, second):
    return len(set(first) & set(second))


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        (perplexity, right_perplexity, lambda p: 1 / np.mean(p)),
        (padding_share, right_padding, padding_as_one_batch),
        (transpose, right_transposition, new_notes_only),
        (top_p_by_hand, right_top_p, tail_too_short),
        (longest_loop, right_loop, most_frequent),
        (longest_shared_run, right_run, shared_events),
    ],
)
def test_the_right_answer_passes_and_a_likely_mistake_does_not(
    judge, right, wrong
):
    judge(right)
    with pytest.raises(Wrong):
        judge(wrong)
