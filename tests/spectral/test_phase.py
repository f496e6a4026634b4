import math

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.phase import (
    bin_advance,
    deviation_to_hz,
    deviation_to_if,
    if_to_deviation,
    if_to_phase,
    phase_to_if,
    unwrap_phase,
    wrap_half_turns,
    wrap_phase,
)
from course_utils.spectral.stft import StftConfig, waveform_to_stft

PHASE_ATOL = 1e-5  # radians; float32 over 1000 frames measured below 3e-6
HZ_ATOL = 0.01
CONFIG = StftConfig(256, 64)
RATE = 16_000


def random_phase(rng, *shape, turns=1.0):
    return turns * math.pi * (2 * torch.rand(*shape, generator=rng) - 1)


def test_wrapping_keeps_the_point_on_the_circle(rng):
    phase = random_phase(rng, 1000, turns=50).double()
    wrapped = wrap_phase(phase)
    assert wrapped.abs().max() <= math.pi
    torch.testing.assert_close(wrapped.cos(), phase.cos())
    torch.testing.assert_close(wrapped.sin(), phase.sin())


def test_wrapping_leaves_what_is_inside_bit_by_bit(rng):
    phase = random_phase(rng, 1000)
    assert (wrap_phase(phase) == phase).all()
    assert (wrap_half_turns(phase / math.pi) == phase / math.pi).all()


@pytest.mark.parametrize(
    ("value", "wrapped"),
    [(0, 0), (1.5, -0.5), (-1.5, 0.5), (2, 0), (7.25, -0.75)],
)
def test_half_turns_wrap_as_computed_by_hand(value, wrapped):
    assert wrap_half_turns(torch.tensor(float(value))) == wrapped


@pytest.mark.parametrize("n_frames", [1, 2, 1000])
@pytest.mark.parametrize("turns", [1.0, 20.0])
def test_phase_survives_the_round_trip(rng, n_frames, turns):
    phase = random_phase(rng, 3, 5, n_frames, turns=turns)
    error = wrap_phase(if_to_phase(phase_to_if(phase)) - phase)
    assert error.abs().max() < PHASE_ATOL * turns


def test_frequency_survives_the_round_trip(rng):
    frequency = 2 * torch.rand(3, 5, 300, generator=rng) - 1
    back = phase_to_if(if_to_phase(frequency))
    assert wrap_half_turns(back - frequency).abs().max() < PHASE_ATOL


def test_frequency_lies_in_range_and_keeps_the_first_phase(rng):
    phase = random_phase(rng, 2, 4, 50)
    frequency = phase_to_if(phase)
    assert frequency.abs().max() <= 1
    torch.testing.assert_close(frequency[..., 0], phase[..., 0] / math.pi)


def test_unwrapping_equals_numpy(rng):
    phase = random_phase(rng, 3, 5, 200).double()
    np.testing.assert_allclose(
        unwrap_phase(phase), np.unwrap(phase.numpy()), atol=1e-9
    )


def test_unwrapping_is_undone_by_wrapping(rng):
    phase = random_phase(rng, 3, 5, 200).double()
    torch.testing.assert_close(wrap_phase(unwrap_phase(phase)), phase)


def tone_stft(f0_hz):
    time_s = torch.arange(8000, dtype=torch.float64) / RATE
    tone = torch.sin(2 * math.pi * f0_hz * time_s)[None]
    return waveform_to_stft(tone, CONFIG)


@pytest.mark.parametrize("f0_hz", [440.0, 1000.0, 3333.3])
def test_a_steady_tone_has_its_own_advance_in_every_near_bin(f0_hz):
    frequency = phase_to_if(tone_stft(f0_hz).angle())
    nearest = round(f0_hz * CONFIG.n_fft / RATE)
    turns_per_hop = f0_hz * CONFIG.hop_length / RATE
    expected = wrap_half_turns(torch.tensor(2 * turns_per_hop))
    near = frequency[0, nearest - 1 : nearest + 2, 1:]
    # the mirror image at -f0 leaks into low bins: 40 dB down, 0.01 pi
    assert (near - expected).abs().max() < 0.01


@pytest.mark.parametrize("f0_hz", [440.0, 1000.0, 3333.3, 7000.0])
def test_deviation_tells_a_tone_in_hz(f0_hz):
    frequency = phase_to_if(tone_stft(f0_hz).angle())
    advance = bin_advance(CONFIG, frequency)
    deviation = if_to_deviation(frequency, advance)
    heard_hz = deviation_to_hz(deviation, CONFIG, RATE)
    nearest = round(f0_hz * CONFIG.n_fft / RATE)
    assert heard_hz.shape[-1] == frequency.shape[-1] - 1
    assert abs(heard_hz[0, nearest].mean() - f0_hz) < 1.0


def test_a_tone_on_a_bin_deviates_by_nothing_there_and_by_one_bin_beside():
    f0_hz = 16 * RATE / CONFIG.n_fft
    frequency = phase_to_if(tone_stft(f0_hz).angle())
    deviation = if_to_deviation(frequency, bin_advance(CONFIG, frequency))
    one_bin = 2 * CONFIG.hop_length / CONFIG.n_fft  # in units of pi
    expected = torch.tensor([[one_bin], [0.0], [-one_bin]]).double()
    near = deviation[0, 15:18, 1:]
    torch.testing.assert_close(near, expected.expand_as(near))


def test_the_advance_is_exact_for_each_bin(rng):
    config = StftConfig(60, 14)
    advance = bin_advance(config, torch.zeros(0, dtype=torch.float64))
    for k in range(config.n_bins):
        turns = k * 14 / 60
        expected = 2 * (turns - round(turns))
        distance = wrap_half_turns(advance[k, 0] - expected)
        assert abs(distance) < 1e-12


def test_deviation_survives_the_round_trip(rng):
    frequency = 2 * torch.rand(2, CONFIG.n_bins, 40, generator=rng) - 1
    advance = bin_advance(CONFIG, frequency)
    deviation = if_to_deviation(frequency, advance)
    back = deviation_to_if(deviation, advance)
    assert deviation.abs().max() <= 1
    assert (deviation[..., 0] == frequency[..., 0]).all()
    assert wrap_half_turns(back - frequency).abs().max() < PHASE_ATOL


def test_gradients_are_finite_and_pass_through_the_wrap(rng):
    frequency = torch.rand(2, 3, 9, generator=rng).requires_grad_()
    if_to_phase(frequency).sum().backward()
    # frame t adds to the phase of itself and of all later frames
    later = torch.arange(9, 0, -1) * math.pi
    torch.testing.assert_close(frequency.grad, later.expand(2, 3, 9))


@pytest.mark.parametrize("convert", [phase_to_if, if_to_phase])
def test_no_frame_is_refused(convert):
    with pytest.raises(CourseError, match="at least one frame"):
        convert(torch.zeros(2, 3, 0))
