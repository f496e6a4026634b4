import numpy as np
import pytest
from scipy.stats import binomtest

from course_utils.exercises.chapter_63 import interval, shared, sign_test
from course_utils.exercises.check import Wrong


def right_interval(values, draws, low=0.025):
    means = [np.mean([values[i] for i in places]) for places in draws]
    return np.quantile(means, low), np.quantile(means, 1 - low)


def right_share(one, other, scaled=True):
    if not one.sum() or not other.sum():
        return 0.0
    if scaled:
        one, other = one / one.sum(), other / other.sum()
    return np.minimum(one, other).sum()


def right_sign_test(one, other, ties=0):
    wins = int(sum(np.greater(one, other)))
    losses = int(sum(np.less(one, other))) + ties
    n = wins + losses
    return wins, losses, binomtest(wins, n).pvalue if n else 1.0


def test_right_answers_pass():
    interval(right_interval)
    shared(right_share)
    sign_test(right_sign_test)


def test_wrong_answers_are_told_why():
    with pytest.raises(Wrong, match="the interval is"):
        interval(lambda v, d: right_interval(v, d, 0.05))
    with pytest.raises(Wrong, match="two ends"):
        interval(lambda v, d: [0.0])
    with pytest.raises(Wrong, match="five times as long"):
        shared(lambda a, b: right_share(a, b, scaled=False))
    with pytest.raises(Wrong, match=r"the answer is \(5, 0"):
        sign_test(lambda a, b: right_sign_test(a, b, ties=1))
    with pytest.raises(Wrong, match="your function says"):
        sign_test(lambda a, b: (1, 2))
