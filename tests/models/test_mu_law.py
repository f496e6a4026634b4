import librosa
import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.mu_law import (
    MU,
    N_CLASSES,
    SILENCE,
    mu_law_to_waveform,
    waveform_to_mu_law,
)

EXPAND_ATOL = 1e-6  # float32 against librosa's float64


def test_every_code_survives_the_round_trip():
    codes = torch.arange(N_CLASSES)
    assert torch.equal(waveform_to_mu_law(mu_law_to_waveform(codes)), codes)


def test_codes_of_hand_computed_amplitudes():
    # ln(1 + 255 x) / ln 256 is 1/2 at x = 15/255 and 1/4 at x = 3/255
    waveform = torch.tensor([-1.0, -15 / 255, 0.0, 3 / 255, 15 / 255, 1.0])
    halves = [0.0, 0.25, 0.5, 0.625, 0.75, 1.0]
    expected = [int(half * MU + 0.5) for half in halves]
    assert waveform_to_mu_law(waveform).tolist() == expected


def test_silence_is_its_own_code():
    assert waveform_to_mu_law(torch.zeros(3)).tolist() == [SILENCE] * 3


def test_amplitudes_equal_librosa_expansion():
    codes = np.arange(N_CLASSES)
    expected = librosa.mu_expand(2 * codes / MU - 1, mu=MU, quantize=False)
    ours = mu_law_to_waveform(torch.from_numpy(codes)).numpy()
    assert np.abs(ours - expected).max() < EXPAND_ATOL


def test_codes_are_librosa_compression_rounded():
    waveform = np.linspace(-1, 1, 999)
    small = librosa.mu_compress(waveform, mu=MU, quantize=False)
    expected = np.floor((small + 1) / 2 * MU + 0.5)
    ours = waveform_to_mu_law(torch.from_numpy(waveform))
    assert np.array_equal(ours.numpy(), expected)


def test_the_error_is_never_more_than_half_a_step(rng):
    waveform = 2 * torch.rand(10_000, generator=rng) - 1
    codes = waveform_to_mu_law(waveform)
    heard = mu_law_to_waveform(codes)
    above = mu_law_to_waveform((codes + 1).clamp(max=MU))
    below = mu_law_to_waveform((codes - 1).clamp(min=0))
    widest = torch.maximum(above - heard, heard - below)
    assert ((waveform - heard).abs() <= widest).all()


def test_soft_sounds_get_finer_steps_than_loud_ones():
    steps = mu_law_to_waveform(torch.arange(N_CLASSES)).diff()
    assert (steps[128:].diff() > 0).all()
    assert (steps > 0).all()


@pytest.mark.parametrize("bad", [1.01, -2.0, float("nan")])
def test_samples_out_of_range_are_refused(bad):
    with pytest.raises(CourseError, match=r"a waveform within \[-1, 1\]"):
        waveform_to_mu_law(torch.tensor([0.0, bad]))


@pytest.mark.parametrize(
    "bad", [torch.tensor([256]), torch.tensor([-1]), torch.tensor([0.5])]
)
def test_what_is_no_code_is_refused(bad):
    with pytest.raises(CourseError, match="integer codes from 0 to 255"):
        mu_law_to_waveform(bad)
