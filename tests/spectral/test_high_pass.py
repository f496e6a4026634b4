import math

import pytest
import torch
from scipy import signal

from course_utils.basics.checks import CourseError
from course_utils.spectral.high_pass import high_pass

RATE, CUT_HZ = 16_000, 30.0


def sine(f0_hz, n_samples=RATE):
    return torch.sin(2 * math.pi * f0_hz * torch.arange(n_samples) / RATE)


def test_a_constant_is_gone_after_its_step():
    got = high_pass(torch.ones(1, RATE), CUT_HZ, RATE)
    assert got[0, RATE // 4 :].abs().max() < 1e-3


def test_silence_stays_silence():
    assert not high_pass(torch.zeros(2, 500), CUT_HZ, RATE).any()


@pytest.mark.parametrize(
    ("f0_hz", "gain"),
    # Butterworth's second order: 1 / sqrt(1 + (cut / f)^4)
    [(30.0, 0.5**0.5), (15.0, 17**-0.5), (120.0, (1 + 4**-4) ** -0.5)],
)
def test_tones_pass_as_butterworths_formula_says(f0_hz, gain):
    late = slice(RATE // 2, RATE)  # after the filter has settled
    got = high_pass(sine(f0_hz)[None], CUT_HZ, RATE)[0, late]
    assert got.norm() / sine(f0_hz)[late].norm() == pytest.approx(gain, 1e-3)


def test_it_is_scipys_filter(rng):
    noise = torch.randn(3, 8000, generator=rng)
    # Both discretise the same analogue filter, in slightly different ways.
    sos = signal.butter(2, CUT_HZ, "high", fs=RATE, output="sos")
    expected = torch.from_numpy(signal.sosfilt(sos, noise.numpy()))
    error = high_pass(noise, CUT_HZ, RATE) - expected
    assert error.norm() / expected.norm() < 0.02


def test_nothing_sounds_before_its_cause():
    click = torch.zeros(1, 4000)
    click[0, 2000] = 1
    got = high_pass(click, CUT_HZ, RATE)
    assert got[0, :1990].abs().max() < 2e-3
    assert got[0, 2000] == pytest.approx(1, abs=0.02)


def test_an_end_does_not_come_in_in_front(rng):
    loud_end = torch.zeros(1, 4000)
    loud_end[0, 2000:] = 1
    assert high_pass(loud_end, CUT_HZ, RATE)[0, :1900].abs().max() < 2e-3


@pytest.mark.parametrize("cut_hz", [0.0, 8001.0, math.nan])
def test_an_impossible_frequency_is_refused(cut_hz):
    with pytest.raises(CourseError, match="cut_hz"):
        high_pass(torch.ones(1, 100), cut_hz, RATE)
