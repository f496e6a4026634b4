import numpy as np
import pytest

from course_utils.exercises import chapter_60
from course_utils.exercises.check import check


def rearranged(values, order):
    result = np.empty_like(values)
    result[np.argsort(order)] = np.sort(values)
    return result


def lag_one(x):
    x = x - x.mean()
    return np.sum(x[1:] * x[:-1]) / np.sum(x * x)


def size(x):
    r = lag_one(x)
    return len(x) * (1 - r) / (1 + r)


def apart(table, rng):
    return np.stack([rng.permutation(c) for c in table.T], axis=1)


def test_the_right_answers_pass(capsys):
    check("60.1", rearranged)
    check("60.2", size)
    check("60.3", apart)
    assert capsys.readouterr().out.count("correct") == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda values, order: values, "do not rise and fall"),
        (lambda values, order: order, "Each of the values must be there"),
        (lambda values, order: values[:10], "Expected shape"),
    ],
)
def test_a_wrong_order_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_60.values_in_another_order(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x: len(x) ** 2 / size(x), "Upside down"),
        (len, "4000 values of which"),
        (lambda x: len(x) * (1 - lag_one(x)), "you found"),
        (lambda x: x, "Expected shape"),
    ],
)
def test_a_wrong_size_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_60.size_from_the_next_value(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda table, rng: table, "still go together"),
        (lambda table, rng: rng.permutation(table), "still go together"),
        (lambda table, rng: rng.normal(size=table.shape), "other values"),
        (lambda table, rng: table[:, :2], "Expected shape"),
    ],
)
def test_a_table_that_fools_nobody_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_60.a_table_without_ties(answer)


def test_the_empty_stubs_do_not_pass(capsys):
    check("60.1", lambda values, order: None)
    check("60.2", lambda x: None)
    check("60.3", lambda table, rng: None)
    out = capsys.readouterr().out
    assert "correct" not in out
    assert out.count("still empty") == 3
