import numpy as np
import pytest

from course_utils.exercises import chapter_61
from course_utils.exercises.check import check


def level(x):
    return np.sqrt(np.mean(x**2))


def right_level(real, generated):
    return generated * level(real) / level(generated)


def test_the_right_answers_pass(capsys):
    check("61.1", right_level)
    check("61.2", np.sort)
    assert capsys.readouterr().out.count("correct") == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda real, generated: generated, "The RMS should be"),
        (lambda real, generated: real, "samples, as many as"),
        (
            lambda real, generated: -right_level(real, generated),
            "the wave has changed",
        ),
        (
            lambda real, generated: np.full_like(generated, level(real)),
            "the wave has changed",
        ),
    ],
)
def test_a_wrong_level_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_61.match_level(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda real: real[:100], "Expected 16000 samples"),
        (lambda real: 0.5 * real, "some samples were changed"),
        (lambda real: real, "only 0.0 dB"),
        (lambda real: real[::-1], "dB away"),
    ],
)
def test_a_clip_that_fools_nobody_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_61.fool(answer)


def test_the_empty_stubs_do_not_pass(capsys):
    check("61.1", lambda real, generated: None)
    check("61.2", lambda real: None)
    out = capsys.readouterr().out
    assert "correct" not in out
    assert out.count("still empty") == 2
