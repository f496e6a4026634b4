import librosa
import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation import spectral_features as features
from course_utils.evaluation.spectral_features import FeatureConfig

RATE = 16_000
CONFIG = FeatureConfig(RATE)
BIN_HZ = RATE / CONFIG.n_fft
LIBROSA_ATOL = 1e-4  # dB and Hz alike: float32 through one logarithm
TEN = (
    features.stft_magnitude,
    features.spectrogram_db,
    features.chromagram,
    features.mel_spectrogram_db,
    features.mfcc,
    features.rms,
    features.spectral_bandwidth,
    features.spectral_rolloff,
    features.spectral_flatness_db,
    features.zero_crossing_rate,
)
ROWS = (1025, 1025, 12, 128, 40, 1, 1, 1, 1, 1)


def inner(rows):
    """Leave out the frames that reach over the ends of the clip."""
    return rows[:, 4:-4]


@pytest.fixture
def sine():
    # 1000 Hz lies on bin 128
    return 0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)


@pytest.fixture
def noise(np_rng):
    return 0.1 * np_rng.normal(size=4 * RATE)


@pytest.fixture
def music(np_rng):
    """Four decaying notes with partials, a little noise between them."""
    t = np.arange(RATE // 2) / RATE
    notes = [
        np.exp(-3 * t)
        * sum(np.sin(2 * np.pi * k * f0 * t) / k for k in (1, 2, 3))
        for f0 in (220.0, 277.2, 329.6, 440.0)
    ]
    wave = 0.2 * np.concatenate(notes)
    return (wave + 1e-2 * np_rng.normal(size=len(wave))).astype(np.float32)


@pytest.mark.parametrize(
    ("feature", "n_rows"), list(zip(TEN, ROWS, strict=True)), ids=str
)
def test_all_ten_have_the_same_frames(music, feature, n_rows):
    n_frames = 1 + len(music) // CONFIG.hop_length
    assert feature(music, CONFIG).shape == (n_rows, n_frames)


def test_a_sine_reads_its_amplitude_at_its_bin(sine):
    rows = inner(features.stft_magnitude(sine, CONFIG))
    assert rows.argmax(axis=0).tolist() == [128] * rows.shape[1]
    assert rows.max(axis=0) == pytest.approx(0.5, abs=1e-4)


def test_a_full_scale_sine_reads_zero_db(sine):
    rows = inner(features.spectrogram_db(2 * sine, CONFIG))
    assert rows.max(axis=0) == pytest.approx(0, abs=0.01)


def test_a_sine_has_the_rms_of_a_sine(sine):
    rows = inner(features.rms(sine, CONFIG))
    assert rows == pytest.approx(0.5 / np.sqrt(2), abs=1e-4)


def test_a_sine_crosses_zero_twice_a_period(sine):
    rows = inner(features.zero_crossing_rate(sine, CONFIG))
    assert rows == pytest.approx(2 * 1000 / RATE, abs=2 / CONFIG.n_fft)


def test_a_sine_rolls_off_at_its_frequency_and_is_narrow_and_tonal(sine):
    rolloff = inner(features.spectral_rolloff(sine, CONFIG))
    assert rolloff == pytest.approx(1000, abs=BIN_HZ)
    # Hann: magnitudes 1/2, 1, 1/2 in three bins: a spread of 0.707 bins
    bandwidth = inner(features.spectral_bandwidth(sine, CONFIG))
    assert bandwidth == pytest.approx(BIN_HZ * np.sqrt(0.5), rel=0.2)
    assert inner(features.spectral_flatness_db(sine, CONFIG)).max() < -50


@pytest.mark.parametrize("pitch", [57, 60, 66, 71])
def test_the_chromagram_folds_octaves_onto_the_pitch_class(pitch):
    f0_hz = 440 * 2 ** ((pitch - 69) / 12)
    t = np.arange(RATE) / RATE
    wave = np.sin(2 * np.pi * f0_hz * t) + np.sin(4 * np.pi * f0_hz * t)
    chroma = inner(features.chromagram(wave, CONFIG))
    assert set(chroma.argmax(axis=0)) == {pitch % 12}
    assert chroma.max(axis=0) == pytest.approx(1)


def test_white_noise_has_a_flat_spectrum(noise):
    nyquist = RATE / 2
    mean = {f: float(inner(f(noise, CONFIG)).mean()) for f in TEN[5:]}
    assert mean[features.rms] == pytest.approx(0.1, rel=0.02)
    # a flat magnitude: 85 % of it below 85 % of the range,
    # and the spread of a uniform distribution, range / sqrt(12)
    rolloff = mean[features.spectral_rolloff]
    assert rolloff == pytest.approx(0.85 * nyquist, rel=0.02)
    bandwidth = mean[features.spectral_bandwidth]
    assert bandwidth == pytest.approx(nyquist / np.sqrt(12), rel=0.02)
    assert mean[features.zero_crossing_rate] == pytest.approx(0.5, rel=0.02)
    # power is exponential: geometric over arithmetic mean is exp(-gamma)
    flatness = 10 * np.log10(np.exp(-np.euler_gamma))
    assert mean[features.spectral_flatness_db] == pytest.approx(
        flatness, abs=0.1
    )


def test_silence_has_a_level_but_no_timbre_and_no_pitch():
    silence = np.zeros(RATE)
    assert features.stft_magnitude(silence, CONFIG).max() == 0
    assert np.all(features.spectrogram_db(silence, CONFIG) == -100)
    assert np.all(features.mel_spectrogram_db(silence, CONFIG) == -100)
    # a flat mel spectrum of -100 dB: only row 0, times sqrt(128)
    coefficients = features.mfcc(silence, CONFIG)
    assert coefficients[0] == pytest.approx(-100 * np.sqrt(128))
    assert coefficients[1:] == pytest.approx(0, abs=1e-9)
    assert features.rms(silence, CONFIG).max() == 0
    for shape in (TEN[2], *TEN[6:]):
        assert np.isnan(shape(silence, CONFIG)).all()


def test_a_gain_moves_levels_and_leaves_timbre_and_pitch(music):
    louder = 2 * music
    six_db = 20 * np.log10(2)
    config = FeatureConfig(RATE, floor_db=-200)
    for level in (features.spectrogram_db, features.mel_spectrogram_db):
        change = level(louder, config) - level(music, config)
        assert change == pytest.approx(six_db, abs=1e-3)
    change = features.mfcc(louder, config) - features.mfcc(music, config)
    assert change[0] == pytest.approx(six_db * np.sqrt(128), abs=0.01)
    assert change[1:] == pytest.approx(0, abs=0.01)
    assert features.rms(louder, config) == pytest.approx(
        2 * features.rms(music, config)
    )
    for shape in (TEN[2], *TEN[6:]):
        assert shape(louder, config) == pytest.approx(
            shape(music, config), rel=1e-3
        )


def clip(seed):
    """Half to one and a half seconds of a chord with partials and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(RATE * rng.uniform(0.5, 1.5))) / RATE
    f0s = 440 * 2 ** (rng.integers(-24, 12, rng.integers(1, 5)) / 12)
    tones = [
        rng.uniform(0.2, 1) * np.sin(2 * np.pi * k * f0 * t) / k
        for f0 in f0s
        for k in range(1, rng.integers(2, 6))
    ]
    wave = 0.1 * np.sum(tones, axis=0) * np.exp(-rng.uniform(0, 4) * t)
    return (wave + 5e-3 * rng.normal(size=len(t))).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_equal_to_librosa_on_other_clips(seed):
    equal_to_librosa(clip(seed))


def test_equal_to_librosa_where_it_sounds(music):
    equal_to_librosa(music)


def equal_to_librosa(y):
    """Same numbers as librosa's plain calls, up to the stated reference."""
    n, hop = CONFIG.n_fft, CONFIG.hop_length
    ours = {f: f(y, CONFIG) for f in TEN}
    stft = np.abs(librosa.stft(y, n_fft=n, hop_length=hop))
    mel = librosa.feature.melspectrogram(y=y, sr=RATE)
    mel_db = librosa.power_to_db(mel, ref=512.0**2, top_db=None)
    power = np.abs(librosa.stft(y, n_fft=4096, hop_length=hop)) ** 2
    flatness = librosa.feature.spectral_flatness(y=y)
    expected = (
        stft / 512,
        np.maximum(librosa.amplitude_to_db(stft, ref=512, top_db=None), -100),
        librosa.feature.chroma_stft(S=power, sr=RATE, tuning=0.0),
        mel_db,
        librosa.feature.mfcc(S=mel_db, n_mfcc=40),
        librosa.feature.rms(y=y),
        librosa.feature.spectral_bandwidth(y=y, sr=RATE),
        librosa.feature.spectral_rolloff(y=y, sr=RATE),
        librosa.power_to_db(flatness, amin=1e-20, top_db=None),
        librosa.feature.zero_crossing_rate(y),
    )
    for feature, reference in zip(TEN, expected, strict=True):
        assert ours[feature] == pytest.approx(
            reference, rel=1e-4, abs=LIBROSA_ATOL
        ), feature.__name__


def test_mfcc_equals_librosas_default_up_to_the_level(music):
    """Another reference level only moves row 0, by a constant."""
    theirs = librosa.feature.mfcc(y=music, sr=RATE, n_mfcc=40)
    ours = features.mfcc(music, CONFIG)
    offset = -20 * np.log10(512) * np.sqrt(128)
    assert ours[0] - theirs[0] == pytest.approx(offset, abs=0.01)
    assert ours[1:] == pytest.approx(theirs[1:], abs=0.01)


@pytest.mark.parametrize("feature", TEN)
@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros((2, RATE)), "a mono waveform"),
        (np.zeros(4095), "N >= 4096"),
        (np.zeros(0), "a mono waveform"),
        (np.full(RATE, np.nan), "finite samples"),
        (np.full(RATE, np.inf), "finite samples"),
    ],
)
def test_bad_waveforms_are_refused(feature, waveform, message):
    with pytest.raises(CourseError, match=message):
        feature(waveform, CONFIG)


@pytest.mark.parametrize(
    "sizes",
    [
        {"sample_rate": 10},
        {"n_fft": 1},
        {"chroma_n_fft": 0},
        {"hop_length": 0},
        {"hop_length": 4096},
        {"n_mfcc": 129},
        {"rolloff_share": 85},
    ],
)
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(CourseError, match=next(iter(sizes))):
        FeatureConfig(**{"sample_rate": RATE, **sizes})


@pytest.mark.parametrize("sample_rate", [8_000, 22_050, 44_100, 96_000])
def test_no_warning_at_usual_rates(music, sample_rate, recwarn):
    for feature in TEN:
        feature(music, FeatureConfig(sample_rate))
    assert not [w for w in recwarn if "librosa" in str(w.filename)]
