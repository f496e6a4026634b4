import dataclasses
import math

import librosa
import numpy as np
import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.basics.pitch import midi_to_hz
from course_utils.spectral.distance import snr_db
from course_utils.spectral.image import (
    IMAGES,
    ImageConfig,
    image_to_stft,
    image_to_waveform,
    stft_to_image,
    waveform_to_image,
)
from course_utils.spectral.phase import wrap_half_turns
from course_utils.spectral.stft import waveform_to_stft

EXACT_SNR_DB = 60.0  # what the course promises; 118 dB and more measured
EXACT_PHASES = ("if", "if_centred", "raw")
TINY = ImageConfig(8_000, 1_000, 64, 16, 64)
ODD = ImageConfig(11_025, 3_001, 120, 36, 82)  # no power of two anywhere
CONFIGS = {**IMAGES, "tiny": TINY, "odd": ODD}


def note(pitch, config, velocity=1.0, offset=0.0):
    """Ten decaying partials with an attack, as an instrument would play."""
    time_s = torch.arange(config.n_samples, dtype=torch.float64)
    time_s = time_s / config.sample_rate
    f0_hz = midi_to_hz(pitch)
    wave = torch.zeros(config.n_samples, dtype=torch.float64)
    for partial in range(1, 11):
        if partial * f0_hz < config.sample_rate / 2:
            decay = torch.exp(-time_s * partial)
            angle = 2 * math.pi * partial * f0_hz * time_s + partial
            wave += decay * torch.sin(angle) / partial
    wave *= torch.clamp(time_s / 0.005, max=1) * 0.3 * velocity
    return (wave + offset).float()


def notes(config):
    return torch.stack(
        [
            note(24, config),
            note(60, config),
            note(84, config, velocity=0.001),
            note(96, config),
            note(45, config, offset=0.05),
        ]
    )


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("phase", EXACT_PHASES)
def test_waveform_survives_the_round_trip(name, phase):
    config = dataclasses.replace(CONFIGS[name], phase=phase)
    wave = notes(config)
    image = waveform_to_image(wave, config)
    assert image.shape == (5, *config.shape)
    assert image.dtype == torch.float32
    back = image_to_waveform(image, config)
    assert back.shape == wave.shape
    ratio = snr_db(wave, back, skip=config.n_fft)
    assert ratio.min() >= EXACT_SNR_DB


def test_noise_survives_the_round_trip(rng):
    config = IMAGES["cpu"]
    wave = 0.1 * torch.randn(2, config.n_samples, generator=rng)
    back = image_to_waveform(waveform_to_image(wave, config), config)
    assert snr_db(wave, back, skip=config.n_fft).min() >= EXACT_SNR_DB


def test_the_front_is_exact_because_zeros_lie_before_it():
    config = IMAGES["paper"]
    wave = notes(config)
    back = image_to_waveform(waveform_to_image(wave, config), config)
    head = slice(0, config.n_fft)
    assert snr_db(wave[:, head], back[:, head]).min() >= EXACT_SNR_DB


def test_only_the_last_third_of_a_window_fades():
    config = IMAGES["paper"]
    wave = notes(config)
    back = image_to_waveform(waveform_to_image(wave, config), config)
    tail = slice(-config.n_fft, -config.n_fft // 3)
    assert snr_db(wave[:, tail], back[:, tail]).min() >= EXACT_SNR_DB
    end = slice(-config.n_fft // 3, None)
    assert (back[:, end].abs() <= wave[:, end].abs() + 1e-5).all()


def test_an_image_of_no_sound_ends_without_a_click(rng):
    config = IMAGES["cpu"]
    image = torch.randn(4, *config.shape, generator=rng)
    image[:, 1].clamp_(-1, 1)
    back = image_to_waveform(image, config).abs()
    middle = back[:, : -config.n_fft].amax()
    assert back[:, -config.n_fft :].amax() < 2 * middle


def test_without_the_bin_at_0_hz_low_notes_suffer():
    config = dataclasses.replace(
        IMAGES["cpu"], n_fft=512, hop_length=128, n_frames=128
    )
    wave = notes(config)
    image = waveform_to_image(wave, config)
    back = image_to_waveform(image, config, with_dc=False)
    ratio = snr_db(wave, back, skip=config.n_fft)
    assert ratio[0] < 40  # 32.7 Hz is one bin above 0 Hz
    assert ratio[4] < 15  # a constant is added to it
    assert ratio[3] > EXACT_SNR_DB


@pytest.mark.parametrize("name", ["smoke", "cpu", "paper"])
def test_the_mel_scale_keeps_the_sound_roughly(name):
    config = dataclasses.replace(IMAGES[name], scale="mel")
    wave = note(60, config)[None]
    back = image_to_waveform(waveform_to_image(wave, config), config)
    assert 0 < snr_db(wave, back, skip=config.n_fft) < EXACT_SNR_DB


@pytest.mark.parametrize(
    ("name", "shape", "n_padding"),
    [
        ("paper", (2, 1024, 128), 3072),
        ("paper_low_resolution", (2, 512, 256), 2304),
    ],
)
def test_the_papers_numbers(name, shape, n_padding):
    config = IMAGES[name]
    assert (config.shape, config.n_padding) == (shape, n_padding)
    assert config.duration_s == 4.0


@pytest.mark.parametrize("name", IMAGES)
def test_rows_and_frames_are_powers_of_two(name):
    config = IMAGES[name]
    assert math.log2(config.n_rows).is_integer()
    assert math.log2(config.n_frames).is_integer()
    # a whole window of zeros in front: no frame sees the start alone
    assert config.n_padding >= config.n_fft


def test_a_steady_tone_has_its_own_advance():
    config = IMAGES["paper"]
    time_s = torch.arange(config.n_samples) / config.sample_rate
    tone = torch.sin(2 * math.pi * 1000.0 * time_s.double()).float()[None]
    frequency = waveform_to_image(tone, config)[0, 1]
    advance = 2 * 1000.0 * config.hop_length / config.sample_rate
    row = round(1000 * config.n_fft / config.sample_rate) - 1  # no 0 Hz row
    steady = frequency[row, 10:-5]
    error = wrap_half_turns(steady - advance).abs().max()
    assert error < 1e-3


def test_an_impulse_lights_the_frames_that_see_it():
    config = TINY
    wave = torch.zeros(1, config.n_samples)
    wave[0, 500] = 1.0
    level = waveform_to_image(wave, config)[0, 0].amax(dim=0)
    loud = (level > math.log(1e-3)).nonzero()[:, 0]
    position = config.n_padding + 500
    seen = [
        t
        for t in range(config.n_frames)
        if 0 < position - t * config.hop_length < config.n_fft
    ]
    assert loud.tolist() == seen


def test_image_equals_librosa_where_there_is_sound():
    config = IMAGES["cpu"]
    wave = notes(config)
    image = waveform_to_image(wave.double(), config).numpy()
    for item, drawn in zip(wave.double().numpy(), image, strict=True):
        padded = np.pad(item, (config.n_padding, 0))
        stft = librosa.stft(
            padded,
            n_fft=config.n_fft,
            hop_length=config.hop_length,
            center=False,
            dtype=np.complex128,
        )[1:]
        np.testing.assert_allclose(
            drawn[0], np.log(np.abs(stft) + 1e-6), atol=1e-6
        )
        phase = np.unwrap(np.angle(stft), axis=-1)
        advance = np.diff(phase, axis=-1) / np.pi
        loud = np.abs(stft) > 1e-6  # the phase of 0 and of -0 differ
        heard = loud[:, 1:] & loud[:, :-1]
        error = torch.from_numpy(drawn[1, :, 1:] - advance)
        assert wrap_half_turns(error)[heard].abs().max() < 1e-6


def test_stft_survives_the_round_trip(rng):
    stft = waveform_to_stft(notes(TINY), TINY.stft)[:, 1:]
    config = dataclasses.replace(TINY, n_frames=stft.shape[-1] + 40)
    pad = config.n_frames - stft.shape[-1]
    stft = torch.nn.functional.pad(stft, (pad, 0))
    back = image_to_stft(stft_to_image(stft, config), config)
    assert (back - stft).abs().max() < 1e-4 * stft.abs().max()


def test_each_sound_of_a_batch_is_drawn_alone():
    wave = notes(TINY)
    batch = waveform_to_image(wave, TINY)
    torch.testing.assert_close(batch[1:2], waveform_to_image(wave[1:2], TINY))


@pytest.mark.parametrize("scale", ["linear", "mel"])
@pytest.mark.parametrize("sound", ["note", "silence"])
def test_gradients_are_finite(scale, sound):
    config = dataclasses.replace(TINY, scale=scale)
    wave = notes(config) * (sound == "note")
    wave.requires_grad_()
    image = waveform_to_image(wave, config)
    image_to_waveform(image, config).square().sum().backward()
    assert torch.isfinite(wave.grad).all()


def test_silence_comes_back_as_silence():
    wave = torch.zeros(1, TINY.n_samples)
    image = waveform_to_image(wave, TINY)
    assert image[:, 0] == pytest.approx(math.log(1e-6), rel=1e-5)
    assert image_to_waveform(image, TINY).abs().max() < 1e-9


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (torch.zeros(1, 999), "expected 1000 samples; got 999"),
        (torch.zeros(1, 0), "samples in them"),
        (torch.full((1, 1000), float("nan")), "NaN"),
        (torch.zeros(1, 1000, dtype=torch.int16), "divide 16-bit"),
        (torch.zeros(1000), "torch.as_tensor"),
    ],
)
def test_a_bad_waveform_is_refused(waveform, message):
    with pytest.raises(CourseError, match=message):
        waveform_to_image(waveform, TINY)


def test_an_image_of_another_size_is_refused():
    with pytest.raises(CourseError, match=r"shape \(B, 2, 32, 64\)"):
        image_to_waveform(torch.zeros(1, 2, 64, 32), TINY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale": "bark"}, "scale to be one of linear, mel"),
        ({"phase": "group"}, "phase to be one of"),
        ({"scale": "mel", "phase": "raw"}, "cannot be averaged"),
        ({"log_offset": 0.0}, "log_offset above 0"),
        ({"n_frames": 1}, "2 frames or more"),
        ({"n_samples": 0}, "1 or more"),
        ({"hop_length": 40}, "overlap by half"),
        ({"n_frames": 32}, "raise n_frames"),
        ({"n_fft": 63}, "even n_fft"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(CourseError, match=message):
        dataclasses.replace(TINY, **changes)


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a GPU that torch can see"
)
@pytest.mark.parametrize("scale", ["linear", "mel"])
def test_gpu_and_cpu_agree(scale):
    config = dataclasses.replace(IMAGES["cpu"], scale=scale)
    wave = notes(config)
    image = waveform_to_image(wave.cuda(), config)
    assert image.is_cuda
    back = image_to_waveform(image, config)
    expected = image_to_waveform(image.cpu(), config)
    ratio = snr_db(expected, back.cpu(), skip=config.n_fft)
    assert ratio.min() >= EXACT_SNR_DB


@pytest.mark.real_data
@pytest.mark.skipif(
    real_data_dir() is None, reason="COURSE_DATA_DIR is not set"
)
@pytest.mark.parametrize("name", ["paper", "paper_low_resolution"])
@pytest.mark.parametrize("phase", EXACT_PHASES)
def test_real_nsynth_notes_survive_the_round_trip(name, phase):
    folder = real_data_dir() / "nsynth_sample" / "audio"
    paths = sorted(folder.glob("*.wav"))
    if not paths:
        pytest.skip(f"no notes in {folder}")
    config = dataclasses.replace(IMAGES[name], phase=phase)
    sounds = [soundfile.read(path, dtype="float32")[0] for path in paths]
    wave = torch.from_numpy(np.stack(sounds))
    back = image_to_waveform(waveform_to_image(wave, config), config)
    ratio = snr_db(wave, back, skip=config.n_fft)
    bad = [
        p.stem for p, r in zip(paths, ratio, strict=True) if r < EXACT_SNR_DB
    ]
    assert not bad
