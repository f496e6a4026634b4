import math

import librosa
import numpy as np
import pytest
import scipy.signal
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.stft import (
    WINDOW_SUM_FLOOR,
    StftConfig,
    fit_length,
    hann_window,
    overlap_add,
    stft_to_waveform,
    waveform_to_stft,
    window_square_sum,
)

SIZES = [(64, 16), (64, 32), (256, 64), (256, 100), (30, 7), (1024, 256)]
# float32 has 24 bits: sums over 1024 windowed samples of size 1 err by less.
STFT_ATOL = 1e-3
EXACT_ATOL = 1e-10  # the same sums in float64
ROUND_TRIP_ATOL = 2e-6


def noise(rng, n_samples, n_sounds=2, dtype=torch.float32):
    wave = torch.rand(n_sounds, n_samples, generator=rng, dtype=dtype)
    return 2 * wave - 1


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_stft_equals_librosa(rng, n_fft, hop_length):
    wave = noise(rng, 3000, dtype=torch.float64)
    ours = waveform_to_stft(wave, StftConfig(n_fft, hop_length)).numpy()
    theirs = librosa.stft(
        wave.numpy(), n_fft=n_fft, hop_length=hop_length, center=False
    )
    np.testing.assert_allclose(ours, theirs, atol=EXACT_ATOL)


def test_stft_equals_scipy(rng):
    wave = noise(rng, 1000, dtype=torch.float64)
    window = scipy.signal.get_window("hann", 128)
    _, _, theirs = scipy.signal.stft(
        wave.numpy(), nperseg=128, noverlap=96, boundary=None, padded=False
    )
    ours = waveform_to_stft(wave, StftConfig(128, 32)).numpy()
    np.testing.assert_allclose(ours / window.sum(), theirs, atol=EXACT_ATOL)


def test_a_bin_is_the_dot_product_with_a_windowed_wave(rng):
    wave = noise(rng, 500, n_sounds=1)
    config = StftConfig(100, 30)
    n = torch.arange(100)
    window = 0.5 - 0.5 * torch.cos(2 * math.pi * n / 100)
    wheel = torch.polar(window, -2 * math.pi * 7 * n / 100)
    by_hand = (wave[0, 4 * 30 : 4 * 30 + 100] * wheel).sum()
    bin_7 = waveform_to_stft(wave, config)[0, 7, 4]
    assert (bin_7 - by_hand).abs() < STFT_ATOL


def test_a_tone_on_a_bin_has_a_quarter_in_each_neighbour():
    config = StftConfig(64, 16)
    n = torch.arange(640)
    tone = torch.cos(2 * math.pi * 10 * n / 64)[None]
    level = waveform_to_stft(tone, config).abs()[0, :, 5]
    expected = torch.zeros(33)
    expected[9:12] = torch.tensor([8.0, 16.0, 8.0])  # n_fft / 4 at the peak
    torch.testing.assert_close(level, expected, atol=STFT_ATOL, rtol=0)


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_number_of_frames_is_as_announced(rng, n_fft, hop_length):
    config = StftConfig(n_fft, hop_length)
    for n_samples in (n_fft, n_fft + hop_length - 1, n_fft + hop_length):
        stft = waveform_to_stft(noise(rng, n_samples), config)
        shape = (2, config.n_bins, config.n_frames(n_samples))
        assert tuple(stft.shape) == shape
        assert config.n_covered(stft.shape[-1]) <= n_samples
    assert config.n_frames(n_fft - 1) == 0


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_waveform_survives_the_round_trip(rng, n_fft, hop_length):
    config = StftConfig(n_fft, hop_length)
    wave = noise(rng, config.n_covered(20))
    back = stft_to_waveform(
        waveform_to_stft(wave, config), config, wave.shape[1]
    )
    inside = slice(n_fft, -n_fft)
    error = (back - wave)[:, inside].abs().max()
    assert error < ROUND_TRIP_ATOL


def test_only_samples_under_a_thin_window_fade(rng):
    config = StftConfig(256, 64)
    wave = noise(rng, config.n_covered(20))
    back = stft_to_waveform(
        waveform_to_stft(wave, config), config, wave.shape[1]
    )
    total = window_square_sum(config, 20, wave)
    thick = total >= WINDOW_SUM_FLOOR * total.max()
    assert (back - wave)[:, thick].abs().max() < 10 * ROUND_TRIP_ATOL
    assert (back[:, ~thick].abs() <= wave[:, ~thick].abs() + 1e-6).all()
    assert 0 < (~thick).sum() < 256


def test_overlap_add_of_a_constant_is_the_window_sum():
    config = StftConfig(64, 16)
    stft = waveform_to_stft(torch.ones(1, 640), config)
    total = window_square_sum(config, stft.shape[-1], stft.real)
    torch.testing.assert_close(overlap_add(stft, config)[0], total)
    # the squares of Hann windows at a quarter's distance add up to 3/2
    torch.testing.assert_close(total[64:-64], torch.full((512,), 1.5))


def test_the_length_asked_for_is_the_length_given(rng):
    config = StftConfig(64, 16)
    wave = noise(rng, 645)
    stft = waveform_to_stft(wave, config)
    for n_samples in (100, 640, 645, 700):
        back = stft_to_waveform(stft, config, n_samples)
        assert back.shape == (2, n_samples)
    assert (back[:, 640:] == 0).all()


def test_a_higher_floor_takes_the_click_from_an_stft_of_no_sound(rng):
    config = StftConfig(256, 64)
    values = torch.randn(1, 129, 30, 2, generator=rng)
    stft = torch.view_as_complex(values)
    length = config.n_covered(30)
    low = stft_to_waveform(stft, config, length)[0].abs()
    high = stft_to_waveform(stft, config, length, floor=0.25)[0].abs()
    torch.testing.assert_close(low[256:-256], high[256:-256])
    loudest = high[256:-256].max()
    for end in (slice(None, 64), slice(-64, None)):
        assert low[end].max() > 2 * loudest
        assert high[end].max() < 2 * loudest


def test_gradient_reaches_every_sample_that_a_frame_sees(rng):
    config = StftConfig(64, 16)
    wave = noise(rng, 200).requires_grad_()
    stft = waveform_to_stft(wave, config)
    stft_to_waveform(stft, config, 200).square().sum().backward()
    reached = config.n_covered(stft.shape[-1])
    assert torch.isfinite(wave.grad).all()
    # the first weight of a Hann window is 0: sample 0 is not seen at all
    assert (wave.grad[:, 1:reached] != 0).all()
    assert (wave.grad[:, reached:] == 0).all()


def test_each_sound_of_a_batch_is_transformed_alone(rng):
    config = StftConfig(64, 16)
    wave = noise(rng, 300, n_sounds=3)
    batch = waveform_to_stft(wave, config)
    alone = waveform_to_stft(wave[1:2], config)
    torch.testing.assert_close(batch[1:2], alone)


def test_window_is_the_periodic_hann_window(rng):
    window = hann_window(StftConfig(30, 7), noise(rng, 1).double())
    np.testing.assert_allclose(
        window, scipy.signal.get_window("hann", 30), atol=EXACT_ATOL
    )


@pytest.mark.parametrize("n_samples", [3, 8, 13])
def test_fit_length_crops_or_appends_zeros(n_samples):
    wave = torch.arange(1.0, 9.0)[None]
    fitted = fit_length(wave, n_samples)[0]
    kept = min(n_samples, 8)
    assert fitted.shape == (n_samples,)
    assert (fitted[:kept] == wave[0, :kept]).all()
    assert (fitted[kept:] == 0).all()


def test_fit_length_refuses_an_empty_sound():
    with pytest.raises(CourseError, match="leave empty sounds out"):
        fit_length(torch.zeros(1, 0), 8)


def test_a_sound_shorter_than_one_window_is_refused():
    with pytest.raises(CourseError, match="at least n_fft=64 samples"):
        waveform_to_stft(torch.zeros(1, 63), StftConfig(64, 16))


@pytest.mark.parametrize("n_fft", [2, 0, -4, 63])
def test_an_impossible_n_fft_is_refused(n_fft):
    with pytest.raises(CourseError, match="even n_fft"):
        StftConfig(n_fft, 1)


@pytest.mark.parametrize("hop_length", [0, -1, 65])
def test_an_impossible_hop_is_refused(hop_length):
    with pytest.raises(CourseError, match="hop_length from 1 to n_fft=64"):
        StftConfig(64, hop_length)


def test_the_inverse_refuses_an_stft_of_another_size():
    stft = torch.zeros(1, 33, 4, dtype=torch.complex64)
    with pytest.raises(CourseError, match=r"shape \(B, 65, T\)"):
        stft_to_waveform(stft, StftConfig(128, 32), 100)
