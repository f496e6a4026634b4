import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from course_utils.basics.checks import CourseError
from course_utils.evaluation import feature_distances as distances
from course_utils.evaluation.spectral_features import FeatureConfig

RATE = 16_000
CONFIG = FeatureConfig(RATE)
LEVELS = {"stft", "spectrogram", "mel_spectrogram", "mfcc", "rms"}
SHAPE_ATOL = 1e-3  # Hz, dB and shares: float32 of twice the samples


def clip(seed, n_samples=RATE):
    """Return noise whose level and colour change over time."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / RATE
    wave = np.cumsum(rng.normal(size=n_samples)) * 0.001
    wave += 0.05 * (1 + np.sin(5 * t)) * rng.normal(size=n_samples)
    return (wave - wave.mean()).astype(np.float32)


def compare(real, generated, config=CONFIG):
    return distances.feature_distances(
        distances.extract(real, config), distances.extract(generated, config)
    )


def test_the_ten_names_of_the_contract():
    assert list(distances.FEATURES) == [
        "stft",
        "spectrogram",
        "chromagram",
        "mel_spectrogram",
        "mfcc",
        "rms",
        "spectral_bandwidth",
        "spectral_rolloff",
        "spectral_flatness",
        "zero_crossing_rate",
    ]


def test_a_clip_is_at_distance_zero_of_itself():
    assert set(compare(clip(1), clip(1)).values()) == {0.0}


def test_the_distance_is_the_same_both_ways_for_unequal_lengths():
    first, second = clip(1), clip(2, 2 * RATE)
    forth, back = compare(first, second), compare(second, first)
    assert forth == pytest.approx(back)
    assert min(forth.values()) > 0


def test_a_gain_is_read_in_the_unit_of_each_feature():
    config = FeatureConfig(RATE, floor_db=-200)
    wave = clip(1)
    found = compare(wave, 2 * wave, config)
    six_db = 20 * np.log10(2)
    rms = distances.extract(wave, config)["rms"]
    stft = distances.extract(wave, config)["stft"]
    assert found["spectrogram"] == pytest.approx(six_db, abs=1e-3)
    assert found["mel_spectrogram"] == pytest.approx(six_db, abs=1e-3)
    # only row 0 of 40 moves, by 6 dB times sqrt(128)
    mfcc = six_db * np.sqrt(128) / 40
    assert found["mfcc"] == pytest.approx(mfcc, abs=1e-2)
    assert found["rms"] == pytest.approx(rms.mean(), rel=1e-4)
    assert found["stft"] == pytest.approx(stft.mean(), rel=1e-4)
    for name in set(distances.FEATURES) - LEVELS:
        assert found[name] == pytest.approx(0, abs=SHAPE_ATOL)


def test_two_sines_lie_apart_by_their_frequencies():
    t = np.arange(RATE) / RATE
    low, high = np.sin(2 * np.pi * 1000 * t), np.sin(2 * np.pi * 3000 * t)
    found = compare(low, high)
    assert found["spectral_rolloff"] == pytest.approx(2000, rel=0.05)
    assert found["zero_crossing_rate"] == pytest.approx(0.25, rel=0.05)


def test_the_order_of_the_frames_is_not_seen(np_rng):
    frames = np_rng.normal(size=(3, 100))
    shuffled = frames[:, np_rng.permutation(100)]
    assert distances.feature_distance(frames, shuffled) == 0


def test_the_distance_is_the_mean_of_scipys_over_the_rows(np_rng):
    first, second = np_rng.normal(size=(4, 50)), np_rng.normal(size=(4, 81))
    expected = np.mean(
        [wasserstein_distance(first[i], second[i]) for i in range(4)]
    )
    found = distances.feature_distance(first, second)
    assert found == pytest.approx(expected)


def test_silent_frames_count_for_the_level_and_not_for_the_timbre():
    wave = clip(1)
    longer = np.concatenate([wave, np.zeros(RATE, np.float32)])
    found = compare(wave, longer)
    assert found["spectrogram"] > 10
    # apart from the three frames that reach into the silence
    assert found["spectral_bandwidth"] < 100


def test_a_set_of_clips_is_the_sum_of_its_frames():
    both = distances.extract([clip(1), clip(2)], CONFIG)
    one = distances.extract(clip(1), CONFIG)
    n_frames = one["rms"].shape[1]
    for name in distances.FEATURES:
        assert both[name].shape == (one[name].shape[0], 2 * n_frames)
        np.testing.assert_array_equal(both[name][:, :n_frames], one[name])


def test_a_large_set_is_thinned_evenly(monkeypatch):
    whole = distances.extract(clip(1), CONFIG)["rms"]
    monkeypatch.setattr(distances, "MAX_FRAMES", 11)
    thinned = distances.extract(clip(1), CONFIG)["rms"]
    np.testing.assert_array_equal(thinned, whole[:, ::3])
    assert thinned.shape[1] <= 11


def test_a_long_clip_is_cut_without_a_trace(monkeypatch):
    wave = clip(1, 4 * RATE)
    whole = distances.extract(wave, CONFIG)
    monkeypatch.setattr(distances, "SEGMENT_FRAMES", 30)
    cut = distances.extract(wave, CONFIG)
    monkeypatch.setattr(distances, "MAX_FRAMES", 50)
    thinned = distances.extract(wave, CONFIG)
    for name in distances.FEATURES:
        np.testing.assert_allclose(cut[name], whole[name], atol=1e-4)
        np.testing.assert_allclose(
            thinned[name], whole[name][:, ::3], atol=1e-4
        )


def test_every_feature_says_its_unit_and_meaning():
    for feature in distances.FEATURES.values():
        assert feature.title
        assert feature.unit
        assert feature.meaning


def test_a_silent_clip_is_refused():
    with pytest.raises(CourseError, match="at least one frame that sounds"):
        compare(clip(1), np.zeros(RATE))


def test_no_clip_is_refused():
    with pytest.raises(CourseError, match="at least one clip"):
        distances.extract([], CONFIG)


def test_different_numbers_of_rows_are_refused():
    with pytest.raises(CourseError, match="same number of rows"):
        distances.feature_distance(np.ones((2, 5)), np.ones((3, 5)))
