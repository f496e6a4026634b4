import math

import librosa
import numpy as np
import pytest
import torch

from course_utils.spectral.mel import (
    hz_to_mel,
    linear_to_mel,
    mel_centres_hz,
    mel_inverse_matrix,
    mel_matrix,
    mel_to_hz,
    mel_to_linear,
)
from course_utils.spectral.phase import phase_to_if, wrap_half_turns

HTK_RTOL = 1e-5  # HTK's 2595 / ln(10) is 1126.99, the paper rounds to 1127
RATE = 16_000
OFFSET = 1e-6


def frequencies():
    return torch.linspace(0, 8000, 400, dtype=torch.float64)


def test_mel_equals_librosas_htk_scale():
    theirs = librosa.hz_to_mel(frequencies().numpy(), htk=True)
    np.testing.assert_allclose(hz_to_mel(frequencies()), theirs, rtol=HTK_RTOL)


def test_mel_and_hz_are_inverse():
    torch.testing.assert_close(
        mel_to_hz(hz_to_mel(frequencies())), frequencies()
    )


def test_1000_hz_is_about_1000_mel():
    mel = hz_to_mel(torch.tensor(1000.0))
    assert abs(mel - 1000) < 0.1


@pytest.mark.parametrize("n_bins", [128, 512, 1024])
def test_matrix_equals_bands_drawn_one_by_one(n_bins):
    """Draw each triangle by hand, with a loop over bands and bins."""
    matrix = mel_matrix(n_bins, RATE).numpy()
    mel = np.linspace(0, 1127 * math.log(1 + 8000 / 700), n_bins + 2)
    hz = 700 * (np.exp(mel / 1127) - 1)
    bins_hz = np.linspace(0, 8000, n_bins)
    least = 1.5 * 8000 / n_bins
    for band in range(0, n_bins, 37):
        low, centre, high = hz[band : band + 3]
        if high - low < least:
            x = 0.5 * least / (centre + 700)
            d = 1127 * math.log(x + math.sqrt(1 + x * x))
            low = 700 * (math.exp((mel[band + 1] - d) / 1127) - 1)
            high = 700 * (math.exp((mel[band + 1] + d) / 1127) - 1)
            assert high - low == pytest.approx(least)
        row = np.interp(bins_hz, [low, centre, high], [0, 1, 0], 0, 0)
        row[0] = 0
        np.testing.assert_allclose(matrix[band], row, atol=1e-9)


def test_no_band_is_narrower_than_a_bin_and_a_half():
    matrix = mel_matrix(1024, RATE)
    assert (matrix >= 0).all()
    assert (matrix[2:].sum(dim=1) > 0.3).all()


def test_inverse_matrix_brings_a_flat_spectrum_back_flat():
    n_bins = 256
    there = mel_matrix(n_bins, RATE)
    back = mel_inverse_matrix(n_bins, RATE)
    flat = torch.ones(n_bins, dtype=torch.float64)
    flat[0] = flat[-1] = 0  # no band reaches them
    torch.testing.assert_close(back @ there @ torch.ones_like(flat), flat)


def test_centres_grow_evenly_in_mel():
    steps = torch.diff(hz_to_mel(mel_centres_hz(64, RATE)))
    torch.testing.assert_close(steps, steps[:1].expand(63))


def random_image(rng, n_bins=64, n_frames=20):
    phase = 2 * math.pi * torch.rand(2, n_bins, n_frames, generator=rng)
    level = torch.randn(2, n_bins, n_frames, generator=rng)
    image = torch.stack([level, phase_to_if(phase)], dim=1)
    return image.double()


def test_mel_image_equals_the_papers_order_of_steps(rng):
    """The paper mixes the unwrapped phase, then unwraps and differentiates."""
    image = random_image(rng)
    matrix = mel_matrix(64, RATE).numpy()
    magnitude = np.exp(image[:, 0].numpy()) - OFFSET
    phase = np.cumsum(math.pi * image[:, 1].numpy(), axis=-1)
    mel_phase = np.unwrap(matrix @ phase, axis=-1)
    advance = np.diff(mel_phase, axis=-1) / math.pi
    ours = linear_to_mel(image, RATE, OFFSET).numpy()
    log_power = np.log(matrix @ magnitude**2 + OFFSET)
    np.testing.assert_allclose(ours[:, 0], log_power, atol=1e-9)
    difference = torch.from_numpy(ours[:, 1, :, 1:] - advance)
    assert wrap_half_turns(difference).abs().max() < 1e-9


def test_a_low_steady_tone_keeps_its_level_within_3_db(rng):
    image = torch.full((1, 2, 64, 10), math.log(OFFSET)).double()
    image[:, 1] = 0.1
    image[:, 0, 4:9] = torch.tensor([0.0, 2.0, 3.0, 2.0, 0.0])[:, None]
    back = mel_to_linear(linear_to_mel(image, RATE, OFFSET), RATE, OFFSET)
    power = [x[:, 0].exp().square().sum().item() for x in (image, back)]
    assert 0.5 < power[1] / power[0] < 2
    assert back[0, 0, :, 5].argmax() == 6


def test_silence_has_finite_gradients():
    image = torch.full((1, 2, 64, 10), math.log(OFFSET)).requires_grad_()
    mel = linear_to_mel(image, RATE, OFFSET)
    mel_to_linear(mel, RATE, OFFSET).sum().backward()
    assert torch.isfinite(image.grad).all()
