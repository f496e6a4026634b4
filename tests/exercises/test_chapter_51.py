import math

import numpy as np
import pytest

from course_utils.exercises.chapter_51 import (
    mean_without_padding,
    rate_of_a_step,
    two_means,
)
from course_utils.exercises.check import Wrong


def right_mean(prices, lengths):
    rows = zip(prices, lengths, strict=True)
    return np.concatenate([row[:n] for row, n in rows]).mean()


def right_means(pieces):
    n_notes = sum(map(len, pieces))
    over_notes = sum(p.sum() for p in pieces) / n_notes
    return over_notes, sum(p.mean() for p in pieces) / len(pieces)


def right_rate(step, n_steps, warm_up):
    fall = math.cos(math.pi * step / n_steps / 2) ** 2
    return min(1.0, (step + 1) / warm_up) * fall


def test_right_answers_pass():
    mean_without_padding(right_mean)
    two_means(right_means)
    rate_of_a_step(right_rate)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda prices, lengths: None, "One number"),
        (lambda prices, lengths: prices.mean(), "padding"),
        (
            lambda prices, lengths: np.mean(
                [r[:n].mean() for r, n in zip(prices, lengths, strict=True)]
            ),
            "mean over rows",
        ),
        (lambda prices, lengths: prices.max(), "2.75"),
    ],
)
def test_wrong_masked_means_are_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        mean_without_padding(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda pieces: None, "Two numbers"),
        (lambda pieces: right_means(pieces)[::-1], "other order"),
        (lambda pieces: (0.0, 2.5), "Over all 8"),
        (lambda pieces: (1.75, 0.0), "mean of the two"),
    ],
)
def test_wrong_means_are_told_why(answer, message):
    with pytest.raises(Wrong, match=message):
        two_means(answer)


@pytest.mark.parametrize(
    "answer",
    [
        lambda step, n_steps, warm_up: None,
        lambda step, n_steps, warm_up: min(1.0, (step + 1) / warm_up),
        lambda step, n_steps, warm_up: math.cos(step / n_steps),
    ],
)
def test_wrong_rates_are_told_why(answer):
    with pytest.raises(Wrong, match="expected"):
        rate_of_a_step(answer)
