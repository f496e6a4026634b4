import numpy as np
import pytest

from course_utils.basics import runtime
from course_utils.exercises import chapter_00
from course_utils.exercises.check import check


def right_row(clips, gap_s, sample_rate):
    gap = np.zeros(round(gap_s * sample_rate))
    parts = [part for clip in clips for part in (clip, gap)]
    return np.concatenate(parts[:-1])


def gap_at_the_end(clips, gap_s, sample_rate):
    gap = np.zeros(round(gap_s * sample_rate))
    return np.concatenate([p for clip in clips for p in (clip, gap)])


def backwards(clips, gap_s, sample_rate):
    return right_row(clips, gap_s, sample_rate)[::-1]


def test_the_right_answers_pass(capsys):
    check("00.1", lambda duration_s, rate: round(duration_s * rate))
    check("00.2", lambda n, seed: runtime.numpy_rng(seed).normal(size=n))
    check("00.3", right_row)
    assert capsys.readouterr().out.count("correct") == 3


@pytest.mark.parametrize(
    ("judge", "answer", "reason"),
    [
        ("number_of_samples", lambda s, rate: rate, "are 32000 samples"),
        ("seeded_noise", lambda n, seed: np.zeros(n), "gave the same"),
        ("seeded_noise", lambda n, seed: np.zeros(1), "100 numbers"),
        (
            "seeded_noise",
            lambda n, seed: np.random.default_rng().normal(size=n),
            "Two calls with seed 3",
        ),
        ("in_a_row", gap_at_the_end, "are 16 samples"),
        ("in_a_row", lambda clips, *_: np.concatenate(clips), "16 samples"),
        ("in_a_row", backwards, "the samples are not"),
    ],
)
def test_a_wrong_answer_is_explained(judge, answer, reason):
    with pytest.raises(AssertionError, match=reason):
        getattr(chapter_00, judge)(answer)


def test_the_empty_stubs_do_not_pass(capsys):
    for name in ("00.1", "00.2", "00.3"):
        check(name, lambda *_: None)
    assert "correct" not in capsys.readouterr().out
