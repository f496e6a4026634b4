import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.wav import read_wav, wav_rate, write_wav

RATE = 16_000
HALF_STEP = 0.5 / 32_768  # the most that rounding to 16 bits can move


@pytest.fixture
def tone():
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / RATE)


def write(path, samples, rate=RATE, subtype="FLOAT"):
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def test_writing_and_reading_keeps_every_sample(tmp_path, tone):
    write_wav(tmp_path / "a.wav", tone, RATE)
    heard = read_wav(tmp_path / "a.wav", RATE)
    assert heard.shape == (800,)
    assert heard.dtype == torch.float32
    assert np.abs(heard.numpy() - tone).max() <= HALF_STEP + 1e-7


def test_full_scale_survives(tmp_path):
    write_wav(tmp_path / "a.wav", np.array([1.0, -1.0, 0.0]), RATE)
    heard = read_wav(tmp_path / "a.wav", RATE)
    assert heard.tolist() == [1 - 2**-15, -1.0, 0.0]


def test_the_file_is_16_bit_mono_with_a_header_of_44_bytes(tmp_path, tone):
    path = tmp_path / "a.wav"
    write_wav(path, torch.from_numpy(tone), RATE)
    assert path.stat().st_size == 44 + 2 * 800
    info = soundfile.info(path)
    assert (info.subtype, info.channels, info.samplerate) == (
        "PCM_16",
        1,
        RATE,
    )
    with wave.open(str(path)) as file:
        assert file.getnframes() == 800


def test_soundfile_reads_the_same_samples(tmp_path, tone):
    write_wav(tmp_path / "a.wav", tone, RATE)
    theirs, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert np.array_equal(read_wav(tmp_path / "a.wav", RATE), theirs)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((100, 2)) + 0.1, "mono.*2 channels"),
        (np.zeros(100), "silence"),
        (np.array([0.1, np.nan]), "NaN or infinity"),
        (np.array([0.1, np.inf]), "NaN or infinity"),
        (np.zeros(0), "at least one sample"),
    ],
)
def test_a_bad_sound_is_named_with_its_file(tmp_path, samples, message):
    path = write(tmp_path / "bad.wav", samples)
    with pytest.raises(CourseError, match=message) as error:
        read_wav(path, RATE)
    assert "bad.wav" in str(error.value)


def test_another_rate_is_refused_not_resampled(tmp_path, tone):
    path = write(tmp_path / "a.wav", tone, rate=22_050)
    with pytest.raises(CourseError, match=r"16000 Hz.*got 22050 Hz"):
        read_wav(path, RATE)
    assert wav_rate(path) == 22_050
    assert read_wav(path, wav_rate(path)).shape == (800,)


@pytest.mark.parametrize("reader", [wav_rate, lambda p: read_wav(p, RATE)])
def test_what_is_no_sound_is_refused(tmp_path, reader):
    path = tmp_path / "a.wav"
    with pytest.raises(CourseError, match="nothing there"):
        reader(path)
    path.write_bytes(b"")
    with pytest.raises(CourseError, match="a sound file"):
        reader(path)
    path.write_text("not a sound at all, but long enough to look at" * 9)
    with pytest.raises(CourseError, match="a sound file"):
        reader(path)


@pytest.mark.parametrize(
    "samples",
    [np.array([0.0, 1.5]), np.array([np.nan]), np.zeros((2, 3))],
)
def test_writing_refuses_what_16_bits_cannot_hold(tmp_path, samples):
    with pytest.raises(CourseError, match=r"within \[-1, 1\]"):
        write_wav(tmp_path / "a.wav", samples, RATE)
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a disk always full"
)
def test_a_full_disk_raises_the_systems_own_error(tone):
    with pytest.raises(OSError, match="No space"):
        write_wav("/dev/full", tone, RATE)


def test_a_header_that_claims_hours_takes_no_memory(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    write_wav(path, np.full(100, 0.5), 16_000)
    monkeypatch.setattr("course_utils.data.wav.MOST_VALUES", 99)
    with pytest.raises(
        CourseError, match=r"at most 99 samples .* 100 in each"
    ):
        read_wav(path, 16_000)
