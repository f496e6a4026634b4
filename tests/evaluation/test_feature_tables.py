import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation import spectral_features
from course_utils.evaluation.feature_tables import (
    COLUMNS,
    frame_table,
    note_table,
)
from course_utils.evaluation.spectral_features import FeatureConfig

CONFIG = FeatureConfig(8000, n_fft=512, chroma_n_fft=512, hop_length=256)


def tone(f0_hz, level, n=8000):
    return level * np.sin(2 * np.pi * f0_hz * np.arange(n) / 8000)


def test_each_column_is_the_feature_of_its_name(np_rng):
    wave = 0.1 * np_rng.normal(size=8000)
    table = frame_table(wave, CONFIG)
    assert table.shape == (1 + 8000 // 256, len(COLUMNS))
    columns = dict(zip(COLUMNS, table.T, strict=True))
    mfcc = spectral_features.mfcc(wave, CONFIG)
    for k in (1, 4):
        np.testing.assert_allclose(columns[f"MFCC {k}"], mfcc[k], rtol=1e-6)
    rolloff = spectral_features.spectral_rolloff(wave, CONFIG)[0]
    np.testing.assert_allclose(columns["rolloff"], rolloff, rtol=1e-6)


def test_level_and_crossings_of_a_tone():
    columns = dict(
        zip(COLUMNS, frame_table(tone(1000, 0.5), CONFIG)[4:-4].T, strict=True)
    )
    # a sine's RMS is 3.01 dB below its amplitude, here -6.02 dB
    np.testing.assert_allclose(columns["level"], -9.03, atol=0.05)
    np.testing.assert_allclose(columns["zero crossings"], 0.25, atol=0.01)


def test_a_gain_moves_the_level_and_nothing_else(np_rng):
    wave = 0.01 * np_rng.normal(size=8000)
    soft, loud = (frame_table(gain * wave, CONFIG) for gain in (1, 10))
    moved = loud - soft
    np.testing.assert_allclose(moved[:, 0], 20, atol=1e-4)
    np.testing.assert_allclose(moved[:, 1:], 0, atol=1e-3)


def test_silent_frames_are_left_out():
    wave = np.concatenate([tone(500, 0.3), np.zeros(8000)])
    assert len(frame_table(wave, CONFIG)) < 36


def test_a_note_is_the_mean_of_its_frames():
    notes = [tone(300, 0.1), tone(2000, 0.4)]
    table = note_table(notes, CONFIG)
    assert table.shape == (2, len(COLUMNS))
    expected = frame_table(notes[1], CONFIG).mean(axis=0)
    np.testing.assert_array_equal(table[1], expected)


def test_silence_and_no_notes_are_refused():
    with pytest.raises(CourseError, match="not silent"):
        frame_table(np.zeros(8000), CONFIG)
    with pytest.raises(CourseError, match="at least one note"):
        note_table([], CONFIG)
