import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.phase import phase_to_if
from course_utils.spectral.precession import (
    beats_per_second,
    frame_advance,
    nearest_line_hz,
    steady_share_lost,
)
from course_utils.spectral.stft import StftConfig, waveform_to_stft

RATE, HOP = 16_000, 128
TURN = 2 * math.pi


def tone(f_hz, n_samples):
    n = torch.arange(n_samples, dtype=torch.float64)
    return torch.sin(TURN * f_hz * n / RATE)


@pytest.mark.parametrize(
    ("f_hz", "turns"),
    [(500, 0), (510, 0.08), (440, -0.48), (62.5, 0.5), (0, 0), (375, 0)],
)
def test_advances_counted_by_hand(f_hz, turns):
    advance = frame_advance(f_hz, HOP, RATE)
    difference = (advance / TURN - turns) % 1
    assert min(difference, 1 - difference) < 1e-12
    assert abs(advance) <= math.pi


@pytest.mark.parametrize("f_hz", [300.0, 440.0, 503.0, 1234.5, 3900.0])
def test_the_stft_turns_by_the_closed_form(f_hz):
    config = StftConfig(1024, HOP)
    stft = waveform_to_stft(tone(f_hz, RATE)[None], config)[0]
    loudest = int(stft.abs().sum(dim=1).argmax())
    measured = math.pi * phase_to_if(stft[loudest].angle())[1:]
    expected = frame_advance(f_hz, HOP, RATE)
    turned = torch.cos(measured - expected)
    assert (1 - turned).max() < 1e-4


def test_nearest_lines():
    assert nearest_line_hz(440, HOP, RATE) == 500
    assert nearest_line_hz(430, HOP, RATE) == 375
    assert nearest_line_hz(500, HOP, RATE) == 500
    assert nearest_line_hz(440, 512, RATE) == 437.5


def test_beats_counted_by_hand():
    assert beats_per_second(503, HOP, RATE) == 6
    assert beats_per_second(500, HOP, RATE) == 0
    assert beats_per_second(495, HOP, RATE) == 10


def test_beats_are_counted_in_the_sound():
    frames = tone(503, RATE).reshape(-1, HOP)
    u, s, _ = torch.linalg.svd(frames, full_matrices=False)
    loudness = (u[:, 0] * s[0]).abs()  # the best code of the best piece
    spectrum = torch.fft.rfft(loudness - loudness.mean()).abs()
    duration_s = len(loudness) * HOP / RATE
    assert int(spectrum.argmax()) / duration_s == beats_per_second(
        503, HOP, RATE
    )


@pytest.mark.parametrize("f_hz", [500.0, 500.5, 503.0, 510.0, 1700.0])
@pytest.mark.parametrize("n_frames", [1, 2, 10, 41, 125])
def test_steady_loss_equals_the_mean_of_the_frames(f_hz, n_frames):
    frames = tone(f_hz, n_frames * HOP).reshape(n_frames, HOP)
    missed = frames - frames.mean(dim=0)
    measured = float(missed.square().sum() / frames.square().sum())
    expected = steady_share_lost(frame_advance(f_hz, HOP, RATE), n_frames)
    assert abs(measured - expected) < 0.01  # about 4 cycles in a frame


def test_steady_loss_after_a_full_turn_is_everything():
    assert steady_share_lost(TURN / 10, 10) == pytest.approx(1)
    assert steady_share_lost(0.0, 10) == 0
    assert steady_share_lost(1.0, 1) == pytest.approx(0)


def test_impossible_numbers_are_refused():
    with pytest.raises(CourseError, match="a hop_length and a sample_rate"):
        frame_advance(440, 0, RATE)
    with pytest.raises(CourseError, match="one frame or more"):
        steady_share_lost(0.1, 0)
