import numpy as np
import pytest
from scipy.stats import entropy

from course_utils.evaluation.kept import key_score
from course_utils.evaluation.musical import TONICS
from course_utils.exercises.chapter_62 import (
    bar_length,
    class_entropy,
    mirex,
)
from course_utils.exercises.check import Wrong


def right_score(tonic, mode, other, other_mode):
    names = [
        f"{TONICS[m][t]} {m}" for t, m in ((tonic, mode), (other, other_mode))
    ]
    return key_score(*names)


def right_length(accents, centred=True):
    row = accents - accents.mean() if centred else accents
    means = [np.mean(row[lag:] * row[:-lag]) for lag in (12, 16)]
    return (12, 16)[int(np.argmax(means))]


def right_entropy(pitches, octaves=False):
    row = np.array(pitches) % (128 if octaves else 12)
    return entropy(np.bincount(row), base=2)


def test_right_answers_pass():
    mirex(right_score)
    bar_length(right_length)
    class_entropy(right_entropy)


def test_wrong_answers_are_told_why():
    with pytest.raises(Wrong, match="a fifth below"):
        mirex(lambda t, m, o, n: right_score(t, m, 7 if o == 5 else o, n))
    with pytest.raises(Wrong, match="16 sixteenths"):
        bar_length(lambda accents: 12)
    with pytest.raises(Wrong, match="three octaves"):
        class_entropy(lambda pitches: right_entropy(pitches, octaves=True))
