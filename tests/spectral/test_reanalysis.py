import math
from dataclasses import replace

import pytest
import torch

from course_utils.spectral.image import IMAGES, ImageConfig
from course_utils.spectral.reanalysis import QuietPhase, Reanalysis
from course_utils.spectral.scaling import Normaliser, fit_normaliser

KINDS = ("if", "if_centred", "raw")
CONFIG = replace(IMAGES["smoke"], phase="if_centred", log_offset=1e-3)
NORMALISER = Normaliser(0.15, 0.1, 0.9)
# Frames at the end of which only a fading third of a window is heard.
N_FADING = CONFIG.n_fft // CONFIG.stft.hop_length
ATOL = 1e-3  # of unit images; float32 sums over 64 frames
LOUD = -0.2  # unit magnitude, about 30 dB above the floor

each_kind = pytest.mark.parametrize("kind", KINDS)


def codec(kind="if_centred", **changes):
    return Reanalysis(replace(CONFIG, phase=kind, **changes), NORMALISER)


@pytest.fixture
def sounds(rng):
    """Three tones of five partials and a fading noise."""
    time_s = torch.arange(CONFIG.n_samples) / CONFIG.sample_rate
    partials = torch.arange(1, 6)[:, None]
    tones = [
        (torch.sin(2 * math.pi * f0_hz * partials * time_s) / partials).sum(0)
        for f0_hz in (220.0, 443.7, 1000.0)
    ]
    noise = torch.randn(CONFIG.n_samples, generator=rng)
    noise = noise * torch.exp(-8 * time_s)
    sounds = torch.stack([*tones, noise])
    return 0.5 * sounds / sounds.abs().amax(dim=1, keepdim=True)


def differences(one, other, scale):
    """Return distances of magnitude, and of phase where both are loud.

    Phases that differ by two whole units of pi are the same. The first frame
    holds a phase and the last ones fade; they are left out.
    """
    inner = (..., slice(1, -N_FADING))
    magnitude = (one[:, 0] - other[:, 0])[inner].abs()
    turns = (one[:, 1] - other[:, 1])[inner] / scale
    turns = (turns - 2 * torch.round(turns / 2)).abs()
    loud = torch.minimum(one[:, 0], other[:, 0])[inner] > LOUD
    return magnitude, turns[loud]


@each_kind
def test_an_image_of_a_sound_is_heard_as_it_is(sounds, kind):
    through = codec(kind)
    unit = through.waveform_to_unit(sounds)
    magnitude, phase = differences(through.heard(unit), unit, 0.9)
    assert magnitude.max() < ATOL
    assert len(phase) > 100
    assert phase.max() < ATOL


def test_a_disturbed_image_is_heard_as_another_one(sounds, rng):
    through = codec()
    unit = through.waveform_to_unit(sounds)
    drawn = unit + 0.05 * torch.randn(unit.shape, generator=rng)
    magnitude, _ = differences(through.heard(drawn), drawn, 0.9)
    assert magnitude.square().mean().sqrt() > 0.05


@each_kind
def test_what_was_heard_once_is_heard_the_same_again(sounds, rng, kind):
    through = codec(kind)
    unit = through.waveform_to_unit(sounds)
    drawn = (unit + 0.1 * torch.randn(unit.shape, generator=rng)).clamp(-1, 1)
    once = through.heard(drawn)
    magnitude, phase = differences(through.heard(once), once, 0.9)
    assert magnitude.max() < ATOL
    assert phase.max() < ATOL


def test_sounds_come_back_from_their_unit_images(sounds):
    through = codec()
    back = through.unit_to_waveform(through.waveform_to_unit(sounds))
    kept = slice(0, CONFIG.n_samples - CONFIG.n_fft)
    torch.testing.assert_close(
        back[:, kept], sounds[:, kept], atol=1e-4, rtol=0
    )


def test_unit_images_are_scaled_and_not_clipped(sounds):
    loud = Reanalysis(CONFIG, Normaliser(1.0, 5.0, 0.9))
    assert loud.waveform_to_unit(sounds)[:, 0].max() > 1


def test_the_gradient_passes_through_hearing(sounds, rng):
    through = codec()
    unit = through.waveform_to_unit(sounds[:1])
    drawn = unit + 0.05 * torch.randn(unit.shape, generator=rng)
    drawn.requires_grad_()
    through.heard(drawn)[:, :, :, 5].square().mean().backward()
    slope = drawn.grad.abs().amax(dim=(0, 2))  # (2, T)
    assert drawn.grad.isfinite().all()
    assert (slope[:, :6] > 0).all()  # phase is a sum over earlier frames
    # Frame 30 overlaps frame 5 nowhere; only the bin at 0 Hz, which is
    # solved for all frames at once, joins them, and hardly.
    assert slope[:, 30].max() < 1e-6 * slope[:, 5].min()


def test_the_gradient_is_the_slope_that_a_small_step_measures(sounds, rng):
    through = codec()
    unit = through.waveform_to_unit(sounds.double())
    drawn = unit + 0.05 * torch.randn(unit.shape, generator=rng).double()
    way = torch.randn(unit.shape, generator=rng).double()

    def loudness(step):
        return through.heard(drawn + step * way)[:, 0].square().sum()

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loudness(step), step)
    measured = (loudness(1e-7) - loudness(-1e-7)) / 2e-7
    assert slope.item() == pytest.approx(measured.item(), rel=1e-4)


def test_the_gradient_is_finite_where_an_image_is_silent():
    silent = torch.full((1, *CONFIG.shape), -1.0, requires_grad=True)
    codec().heard(silent).sum().backward()
    assert silent.grad.isfinite().all()


def below(db):
    """Return a unit magnitude some dB below the loudest drawn value, 1."""
    return 1 - db * NORMALISER.magnitude_scale * math.log(10) / 20


def flat(magnitude, phase=0.7):
    image = torch.empty(1, 2, 3, 4)
    image[:, 0], image[:, 1] = magnitude, phase
    return image


QUIET = QuietPhase(NORMALISER, silent_db=-70.0, full_db=-50.0)


@pytest.mark.parametrize(
    ("db", "weight"),
    [(0, 1), (49.9, 1), (55, 0.75), (60, 0.5), (65, 0.25), (70.1, 0), (99, 0)],
)
def test_phase_fades_between_50_and_70_db_below_the_top(db, weight):
    faded = QUIET.faded(flat(below(db)))
    expected = torch.full((3, 4), 0.7 * weight)
    torch.testing.assert_close(faded[0, 1], expected, atol=1e-4, rtol=0)


def test_loud_phases_and_all_magnitudes_stay_bit_by_bit(rng):
    images = 2 * torch.rand(4, 2, 16, 16, generator=rng) - 1
    faded = QUIET.faded(images)
    loud = images[:, 0] > below(49)
    assert 0 < loud.sum() < loud.numel()
    assert torch.equal(faded[:, 1][loud], images[:, 1][loud])
    assert torch.equal(faded[:, 0], images[:, 0])


def test_silent_phases_are_exactly_zero_and_get_no_gradient(rng):
    images = flat(below(71))
    images[:, 1] = torch.randn(3, 4, generator=rng)
    images.requires_grad_()
    faded = QUIET.faded(images)
    assert not faded[:, 1].any()
    faded[:, 1].sum().backward()
    assert not images.grad.any()


def test_the_levels_are_those_of_the_sound():
    """A tone 20 dB below another one fades as if 20 dB were between them."""
    config = ImageConfig(16_000, 4_000, 256, 64, 64, log_offset=1e-6)
    time_s = torch.arange(4_000) / 16_000
    tone = torch.sin(2 * math.pi * 1000 * time_s)[None]
    levels = 10 ** (-torch.tensor([0.0, 40.0, 60.0, 80.0]) / 20)
    unfitted = Reanalysis(config, NORMALISER)
    normaliser = fit_normaliser(
        unfitted.normaliser.unit_to_image(unfitted.waveform_to_unit(tone)),
        reach=1.0,
    )
    unit = Reanalysis(config, normaliser).waveform_to_unit(
        levels[:, None] * tone
    )
    faded = QuietPhase(normaliser, -70.0, -50.0).faded(unit)
    row = 1000 * 256 // 16_000 - 1  # the bin at 0 Hz is left out
    share = faded[:, 1, row, 30] / unit[:, 1, row, 30]
    expected = torch.tensor([1.0, 1.0, 0.5, 0.0])
    torch.testing.assert_close(share, expected, atol=0.02, rtol=0)
