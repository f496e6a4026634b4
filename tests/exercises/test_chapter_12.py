import math

import pytest
import torch

from course_utils.exercises.chapter_12 import advance, frames, phase_back
from course_utils.exercises.check import Wrong, check


def right_advance(f0_hz, hop_length, sample_rate):
    half_turns = 2 * f0_hz * hop_length / sample_rate
    return half_turns - 2 * round(half_turns / 2)


def right_phase(deviation, centre):
    later = deviation[:, 1:] + centre
    advances = torch.cat([deviation[:, :1], later], dim=1)
    return math.pi * torch.cumsum(advances.double(), dim=-1)


def right_frames(n_samples, n_fft):
    n_frames = 1
    while n_fft // 4 * (n_frames - 1) + n_fft < n_samples:
        n_frames *= 2
    return n_frames, n_fft // 4 * (n_frames - 1) + n_fft - n_samples


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (advance, right_advance),
        (advance, lambda f, h, r: math.remainder(2 * f * h / r, 2)),
        (phase_back, right_phase),
        (phase_back, lambda d, c: right_phase(d, c) + 2 * math.pi),
        (frames, right_frames),
        (frames, lambda n, f: list(right_frames(n, f))),
    ],
)
def test_a_right_answer_passes(judge, answer):
    judge(answer)


@pytest.mark.parametrize(
    ("judge", "answer", "message"),
    [
        (advance, lambda f, h, r: 2 * f * h / r, "wrap it"),
        (advance, lambda f, h, r: 0.0, "expected 0.64, got 0"),
        (phase_back, lambda d, c: math.pi * torch.cumsum(d + c, -1), "keep"),
        (phase_back, lambda d, c: math.pi * torch.cumsum(d, -1), "frame 1 on"),
        (phase_back, lambda d, c: d[:, 1:], r"shape \(F, T\)"),
        (frames, lambda n, f: (128, 0), "128 frames and 3072 zeros"),
    ],
)
def test_a_wrong_answer_is_told_why(judge, answer, message):
    with pytest.raises(Wrong, match=message):
        judge(answer)


@pytest.mark.parametrize("name", ["12.1", "12.2", "12.3"])
def test_an_untouched_stub_is_called_empty(name, capsys):
    check(name, lambda *arguments: None)
    assert "still empty" in capsys.readouterr().out
