import numpy as np
import pytest

from course_utils.exercises.chapter_50 import (
    attention_by_hand,
    cache_by_hand,
    skew_by_hand,
)
from course_utils.exercises.check import Wrong


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def right_attention(q, k, v):
    logits = q @ k.T / np.sqrt(q.shape[1])
    logits[np.triu_indices(len(logits), 1)] = -np.inf
    return softmax(logits) @ v


def right_skew(table):
    n = len(table)
    return np.array([np.roll(table[i], i + 1) for i in range(n)])


def right_cache(layers, width, events, each):
    return 2 * layers * width * events * each


def test_right_answers_pass():
    attention_by_hand(right_attention)
    skew_by_hand(right_skew)
    cache_by_hand(right_cache)


def sees_the_future(q, k, v):
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def undivided(q, k, v):
    logits = q @ k.T
    logits[np.triu_indices(len(logits), 1)] = -np.inf
    return softmax(logits) @ v


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (sees_the_future, "future hidden"),
        (undivided, "square root of D"),
        (lambda q, k, v: v[:3], "shape must be"),
    ],
)
def test_wrong_attention_is_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        attention_by_hand(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda table: table, "query 0 and key 0 are 0 apart"),
        (lambda table: table[:, ::-1], "apart"),
        (lambda table: table[1:], "shape must be"),
    ],
)
def test_wrong_skewing_is_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        skew_by_hand(answer)


def test_a_cache_of_keys_alone_is_too_small():
    with pytest.raises(Wrong, match="need 2 bytes"):
        cache_by_hand(lambda *case: right_cache(*case) // 2)
