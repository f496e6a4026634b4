import math

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.recipes.note_sustain import fading_db_per_s, sustain

RATE = 16_000
TIME_S = np.arange(3 * RATE) / RATE


def tone(f0_hz, fading_db_per_s=0.0):
    """Return three seconds that fade evenly, with five partials."""
    h = np.arange(1, 6)[:, None]
    wave = (np.sin(2 * math.pi * f0_hz * h * TIME_S) / h).sum(axis=0)
    return 0.4 * wave * 10 ** (fading_db_per_s / 20 * TIME_S)


def levels_db(waveform):
    return 10 * np.log10((waveform.reshape(-1, 800) ** 2).mean(axis=1))


def cut(waveform):
    """Return the first second, its last 50 ms faded as in training."""
    first = waveform[:RATE].copy()
    first[-800:] *= np.linspace(1, 0, 800)
    return first


@pytest.mark.parametrize("f0_hz", [130.8, 196.0, 415.3, 1046.5])
@pytest.mark.parametrize("slope", [0.0, -10.0, -40.0])
def test_a_tone_goes_on_as_it_would_have(f0_hz, slope):
    whole = tone(f0_hz, slope)
    got = sustain(cut(whole), len(whole), RATE)
    assert np.abs(levels_db(got) - levels_db(whole)).max() < 1.0  # dB
    # No click: no step is larger than the wave's own steps.
    steps = np.abs(np.diff(got[RATE // 2 :])).max()
    assert steps < 1.1 * np.abs(np.diff(whole)).max()


def test_its_pitch_stays():
    got = sustain(cut(tone(440.0)), 3 * RATE, RATE)[RATE:]
    spectrum = np.abs(np.fft.rfft(got * np.hanning(len(got))))
    assert spectrum.argmax() / 2 == pytest.approx(440, abs=1)  # Hz; 2 s


def test_the_beginning_is_the_notes_own():
    given = cut(tone(300.0, -10.0))
    got = sustain(given, 2 * RATE, RATE)
    assert np.allclose(got[: RATE // 2], given[: RATE // 2], atol=1e-6)


def test_a_shorter_note_is_cut_and_nothing_else():
    given = cut(tone(300.0))
    assert np.array_equal(
        sustain(given, 5000, RATE), given[:5000].astype(np.float32)
    )


@pytest.mark.parametrize("n_samples", [1, 14_400, 14_401, 16_000, 160_000])
def test_it_is_as_long_as_wanted(n_samples):
    assert sustain(cut(tone(200.0)), n_samples, RATE).shape == (n_samples,)


def test_noise_keeps_its_level(np_rng):
    noise = 0.1 * np_rng.normal(size=RATE)
    got = sustain(noise, 10 * RATE, RATE)
    assert np.abs(levels_db(got)[20:] + 20).max() < 2.0  # dB


def test_silence_and_a_mere_click_stay_finite():
    click = np.zeros(RATE)
    click[10] = 1
    for given in (np.zeros(RATE), click):
        got = sustain(given, 2 * RATE, RATE)
        assert np.isfinite(got).all()
        assert np.abs(got[RATE:]).max() < 1e-6


@pytest.mark.parametrize("slope", [-10.0, -30.0])
def test_fading_is_measured_as_it_was_made(slope):
    assert fading_db_per_s(tone(500.0, slope)[:RATE], RATE) == (
        pytest.approx(slope, abs=0.5)
    )


@pytest.mark.parametrize("slope", [0.0, 6.0, -2.0])
def test_what_hardly_fades_or_grows_is_steady(slope):
    assert fading_db_per_s(tone(500.0, slope)[:RATE], RATE) == 0


@pytest.mark.parametrize(
    ("waveform", "n_samples", "message"),
    [
        (np.zeros((2, 500)), 10, r"shape \(2, 500\)"),
        (np.zeros(50), 10, "100 samples or more"),
        (np.full(500, np.nan), 10, "finite"),
        (np.zeros(500), 0, "samples wanted"),
    ],
)
def test_what_is_no_note_is_refused(waveform, n_samples, message):
    with pytest.raises(CourseError, match=message):
        sustain(waveform, n_samples, RATE)
