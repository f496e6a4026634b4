import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.distance import log_spectral_distance_db, snr_db
from course_utils.spectral.stft import StftConfig

CONFIG = StftConfig(64, 16)


def noise(rng):
    return torch.randn(3, 500, generator=rng)


def test_an_error_of_a_thousandth_is_60_db(rng):
    wave = noise(rng)
    ratio = snr_db(wave, wave * 1.001)
    torch.testing.assert_close(
        ratio, torch.full((3,), 60.0).double(), atol=0.01, rtol=0
    )


def test_equal_sounds_have_no_error(rng):
    wave = noise(rng)
    assert snr_db(wave, wave.clone()).isinf().all()
    assert (log_spectral_distance_db(wave, wave, CONFIG) == 0).all()


def test_skipped_samples_do_not_count(rng):
    wave = noise(rng)
    broken = wave.clone()
    broken[:, :10] = 9
    broken[:, -10:] = 9
    assert snr_db(wave, broken, skip=10).isinf().all()
    assert (snr_db(wave, broken, skip=9) < 60).all()


def test_half_the_amplitude_is_6_db_everywhere(rng):
    wave = noise(rng)
    distance = log_spectral_distance_db(wave, wave / 2, CONFIG)
    expected = 20 * math.log10(2)
    assert distance == pytest.approx(torch.full((3,), expected), abs=0.05)


def test_a_shifted_tone_is_far_in_samples_and_near_in_spectrum():
    n = torch.arange(2000)
    tone = torch.sin(2 * math.pi * n / 16)[None]
    shifted = torch.cos(2 * math.pi * n / 16)[None]
    assert snr_db(tone, shifted).abs() < 4
    assert log_spectral_distance_db(tone, shifted, CONFIG) < 0.1


def test_silence_has_a_finite_spectral_distance():
    silence = torch.zeros(1, 500)
    assert log_spectral_distance_db(silence, silence, CONFIG) == 0
    assert snr_db(silence, silence).isnan().all()


def test_sounds_of_two_lengths_are_refused(rng):
    wave = noise(rng)
    with pytest.raises(CourseError, match="two waveforms of one shape"):
        snr_db(wave, wave[:, :-1])
    with pytest.raises(CourseError, match="two waveforms of one shape"):
        log_spectral_distance_db(wave, wave[:, :-1], CONFIG)


def test_skipping_everything_is_refused(rng):
    with pytest.raises(CourseError, match="skip less"):
        snr_db(noise(rng), noise(rng), skip=250)
