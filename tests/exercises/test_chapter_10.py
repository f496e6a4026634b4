import math

import pytest
import torch

from course_utils.exercises.chapter_10 import alias, lowpass, window_length
from course_utils.exercises.check import Wrong, check


def right_alias(f0_hz, sample_rate):
    return abs(f0_hz - sample_rate * round(f0_hz / sample_rate))


def right_n_fft(low_hz, high_hz, sample_rate):
    needed = 4 * sample_rate / (high_hz - low_hz)
    return 2 ** math.ceil(math.log2(needed))


def right_lowpass(stft, cutoff_hz, n_fft, sample_rate):
    bins_hz = torch.arange(stft.shape[1]) * sample_rate / n_fft
    return stft * (bins_hz <= cutoff_hz)[:, None]


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (alias, right_alias),
        (window_length, right_n_fft),
        (lowpass, right_lowpass),
    ],
)
def test_a_right_answer_passes(judge, answer):
    judge(answer)


@pytest.mark.parametrize(
    ("judge", "answer", "message"),
    [
        (alias, lambda f, r: f, "5000 Hz, sampled at 8000 Hz"),
        (alias, lambda f, r: f % r, "sounds like 3000 Hz"),
        (alias, lambda f, r: abs(r - f) if f > r / 2 else f, "21000|15500"),
        (window_length, lambda a, b, r: 512, "bins apart, not four"),
        (window_length, lambda a, b, r: 2 * right_n_fft(a, b, r), "smaller"),
        (window_length, lambda a, b, r: 4 * r / (b - a), "no power of two"),
        (lowpass, lambda s, c, n, r: s, "Bin 5 is 1,250 Hz"),
        (lowpass, lambda s, c, n, r: s * 0, "must stay"),
        (lowpass, lambda s, c, n, r: s[:, :5], "same shape"),
    ],
)
def test_a_wrong_answer_is_told_why(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)


@pytest.mark.parametrize("name", ["10.1", "10.2", "10.3"])
def test_an_untouched_stub_is_called_empty(name, capsys):
    check(name, lambda *arguments: None)
    assert "still empty" in capsys.readouterr().out
