import pytest
import torch

from course_utils.spectral.dc import _solver, restore_dc
from course_utils.spectral.stft import StftConfig, waveform_to_stft

CONFIGS = [StftConfig(64, 16), StftConfig(64, 32), StftConfig(60, 13)]
DC_RTOL = 1e-9  # float64
WORST_GAIN = 8  # what the docstring promises


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("n_frames", [2, 3, 40])
def test_the_bin_at_0_hz_comes_back(rng, config, offset, n_frames):
    n_samples = config.n_covered(n_frames)
    noise = torch.randn(3, n_samples, generator=rng, dtype=torch.float64)
    stft = waveform_to_stft(noise + offset, config)
    restored = restore_dc(stft[:, 1:], config)
    assert restored.shape == stft.shape
    torch.testing.assert_close(restored, stft, rtol=DC_RTOL, atol=1e-9)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("n_frames", [2, 3, 100])
def test_errors_grow_no_more_than_promised(config, n_frames):
    gain = torch.linalg.eigvalsh(_solver(config, n_frames)).max()
    assert 1 <= gain < WORST_GAIN


def test_silence_stays_silence():
    config = StftConfig(64, 16)
    stft = torch.zeros(1, 32, 10, dtype=torch.complex64)
    assert (restore_dc(stft, config) == 0).all()


def test_gradients_pass(rng):
    config = StftConfig(64, 16)
    wave = torch.randn(1, 640, generator=rng).requires_grad_()
    stft = waveform_to_stft(wave, config)
    restore_dc(stft[:, 1:], config).abs().sum().backward()
    assert torch.isfinite(wave.grad).all()
