import math

import pytest

from course_utils.exercises.check import check


def beats(f_hz, stride, sample_rate):
    frame_rate = sample_rate / stride
    return 2 * abs(f_hz - round(f_hz / frame_rate) * frame_rate)


def fitting(tones_hz, sample_rate):
    return sample_rate // math.gcd(sample_rate, *tones_hz)


def drift(error_rad, hop_length, sample_rate):
    return math.pi / abs(error_rad) * hop_length / sample_rate


@pytest.mark.parametrize(
    ("name", "solution"),
    [("11.1", beats), ("11.2", fitting), ("11.3", drift)],
)
def test_solutions_pass_and_empty_answers_do_not(capsys, name, solution):
    check(name, solution)
    assert capsys.readouterr().out == f"Exercise {name}: correct.\n"
    check(name, lambda *_: None)
    assert "The answer is still empty." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "answer", "reason"),
    [
        ("11.1", lambda *a: beats(*a) / 2, "each turn is loud twice"),
        ("11.1", lambda f, s, r: 2 * (f % (r / s)), "497 Hz at stride 128"),
        ("11.1", lambda *a: beats(*a) or 1.0, "500 Hz at stride 128, which"),
        ("11.2", lambda f, r: r, "a shorter one does too"),
        ("11.2", lambda f, r: 100, "it does not fit"),
        ("11.2", lambda f, r: r / max(f), "a whole number of samples"),
        ("11.2", lambda f, r: 0, "a whole number of samples"),
        ("11.3", lambda *a: 2 * drift(*a), "to a whole turn"),
        ("11.3", lambda e, h, r: math.pi / e * h / r, "a time is positive"),
        ("11.3", lambda e, h, r: math.pi / abs(e), "0.32 s are right"),
    ],
)
def test_wrong_answers_are_told_why(capsys, name, answer, reason):
    check(name, answer)
    assert reason in capsys.readouterr().out
