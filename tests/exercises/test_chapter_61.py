import numpy as np
import pytest

from course_utils.exercises import chapter_61
from course_utils.exercises.check import check


def level(x):
    return np.sqrt(np.mean(x**2))


def right_level(real, generated):
    return generated * level(real) / level(generated)


def right_fold(strengths):
    sums = np.bincount(np.arange(128) % 12, weights=strengths)
    return sums / sums.max() if sums.any() else sums


def loudest_octave(strengths):
    best = np.append(strengths, np.zeros(4)).reshape(11, 12).max(axis=0)
    return best / max(best.max(), 1e-9)


def test_the_right_answers_pass(capsys):
    check("61.1", right_level)
    check("61.2", np.sort)
    check("61.3", right_fold)
    assert capsys.readouterr().out.count("correct") == 3


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


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda strengths: strengths, "Expected 12 numbers"),
        (lambda s: np.bincount(np.arange(128) % 12, s), "should give C 1"),
        (loudest_octave, "should give C 1, E 0.25"),
        (lambda strengths: right_fold(strengths) + 0.5, "and silence 0"),
    ],
)
def test_a_wrong_chroma_is_explained(answer, reason):
    with pytest.raises(AssertionError, match=reason):
        chapter_61.fold(answer)


def test_silence_is_not_divided_by_itself():
    def careless(strengths):
        sums = np.bincount(np.arange(128) % 12, weights=strengths)
        with np.errstate(invalid="ignore"):
            return sums / sums.max()

    with pytest.raises(AssertionError, match="silence 0"):
        chapter_61.fold(careless)


def test_the_empty_stubs_do_not_pass(capsys):
    check("61.1", lambda real, generated: None)
    check("61.2", lambda real: None)
    check("61.3", lambda strengths: None)
    out = capsys.readouterr().out
    assert "correct" not in out
    assert out.count("still empty") == 3
