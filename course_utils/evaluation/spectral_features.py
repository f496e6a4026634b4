"""Ten views of a sound, each a number per frame, and how far two lie apart.

These are the ten features of the 2022 study: STFT magnitude, spectrogram,
chromagram, mel spectrogram, MFCC, RMS, spectral bandwidth, rolloff,
flatness and zero-crossing rate. Each is an array of shape (R, T): R rows
(frequency bins, bands, pitch classes; 1 for a plain curve), T frames, the
same frames for all ten. librosa computes them; here stand the sizes, the
units, and what is done about silence.

Deviations from the 2022 study, whose notebook let defaults decide:
all features share one hop (its chromagram had another); the mel filters are
told the sample rate; decibels are absolute, with 0 dB for a full-scale sine,
where the study set each clip's own loudest point to 0 and so hid the level;
pitch classes are measured against A4 = 440 Hz, where librosa would retune
each clip; "STFT" is an STFT, where the study took one Fourier transform of
the whole clip, whose bins depend on the clip's length.

Taught in: notebooks/61_mir_features.ipynb
"""

from dataclasses import dataclass

import librosa
import numpy as np

from course_utils.basics.checks import CourseError, check_range


@dataclass(frozen=True)
class FeatureConfig:
    """Sizes of the ten features, the study's (librosa's defaults) if unsaid.

    Raises
    ------
    CourseError
        If a size is out of range.
    """

    sample_rate: int  # Hz
    n_fft: int = 2048  # samples per frame
    chroma_n_fft: int = 4096  # longer: bass notes lie close together
    hop_length: int = 512  # samples from frame to frame
    n_mels: int = 128  # mel bands
    n_mfcc: int = 40  # cepstral coefficients kept
    rolloff_share: float = 0.85  # of the magnitude, below the rolloff
    floor_db: float = -100.0  # re full-scale sine; fainter is not heard
    silence_db: float = -80.0  # RMS re 1; a quieter frame has no timbre

    def __post_init__(self) -> None:
        check_range("sample_rate", self.sample_rate, 1_000, 96_000, "Hz")
        check_range("n_fft", self.n_fft, 64, 65_536, "samples")
        check_range("chroma_n_fft", self.chroma_n_fft, 64, 65_536, "samples")
        check_range("hop_length", self.hop_length, 1, self.n_fft, "samples")
        check_range("n_mfcc", self.n_mfcc, 1, self.n_mels)
        check_range("rolloff_share", self.rolloff_share, 0.01, 0.99)

    @property
    def full_scale(self) -> float:
        """Return the STFT magnitude of a sine of amplitude 1.

        A Hann window sums to n_fft / 2; a sine shares its amplitude between
        a positive and a negative frequency.
        """
        return self.n_fft / 4


def stft_magnitude(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return how strong each frequency is in each frame, on a linear scale.

    Parameters
    ----------
    waveform : np.ndarray, shape (N,)
        Samples, full scale 1; at least n_fft of them.
    config : FeatureConfig
        The sizes.

    Returns
    -------
    np.ndarray, shape (n_fft // 2 + 1, T)
        Amplitude of a steady sine in that bin, full scale 1; T = 1 +
        N // hop_length, frames are centred. `abs(librosa.stft)` divided by
        `config.full_scale`.

    Raises
    ------
    CourseError
        If the waveform is not mono, too short, or holds NaN or infinity.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return _magnitude(waveform, config) / config.full_scale


def spectrogram_db(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return the STFT magnitude in dB, closer to how the ear ranks levels.

    Arguments, shape and errors as in `stft_magnitude`; 0 dB is a full-scale
    sine, `config.floor_db` the lowest value.

    Taught in: notebooks/61_mir_features.ipynb
    """
    lowest = 10 ** (config.floor_db / 20)
    scaled = stft_magnitude(waveform, config)
    return librosa.amplitude_to_db(scaled, ref=1.0, amin=lowest, top_db=None)


def chromagram(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return how strong each of the 12 pitch classes is, octaves folded.

    Returns
    -------
    np.ndarray, shape (12, T)
        C, C sharp, ... B; the strongest class of each frame is 1. NaN in
        silent frames. Arguments and errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    power = _magnitude(waveform, config, config.chroma_n_fft) ** 2
    chroma = librosa.feature.chroma_stft(
        S=power,
        sr=config.sample_rate,
        n_fft=config.chroma_n_fft,
        hop_length=config.hop_length,
        tuning=0.0,
    )
    return _blank_silence(chroma, waveform, config)


def mel_spectrogram_db(
    waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Return the level in bands as wide as the ear's, in dB.

    Returns
    -------
    np.ndarray, shape (n_mels, T)
        dB relative to a full-scale sine's bin, floored at
        `config.floor_db`. Arguments and errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    power = stft_magnitude(waveform, config) ** 2
    mel = librosa.feature.melspectrogram(
        S=power, sr=config.sample_rate, n_mels=config.n_mels
    )
    lowest = 10 ** (config.floor_db / 10)
    return librosa.power_to_db(mel, ref=1.0, amin=lowest, top_db=None)


def mfcc(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return the shape of the mel spectrum in few numbers: the timbre.

    Returns
    -------
    np.ndarray, shape (n_mfcc, T)
        Orthonormal cosine transform of each frame's mel spectrum, in dB.
        Row 0 is the level (times the square root of n_mels), row 1 the
        tilt, higher rows finer ripples. Arguments and errors as in
        `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return librosa.feature.mfcc(
        S=mel_spectrogram_db(waveform, config),
        sr=config.sample_rate,
        n_mfcc=config.n_mfcc,
    )


def rms(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return the level of each frame, shape (1, T), full scale 1.

    Arguments and errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return librosa.feature.rms(
        y=_checked(waveform, config),
        frame_length=config.n_fft,
        hop_length=config.hop_length,
    )


def spectral_bandwidth(
    waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Return how far the spectrum spreads about its centre, (1, T), in Hz.

    The standard deviation of frequency, weighted by magnitude. NaN in silent
    frames. Arguments and errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    curve = librosa.feature.spectral_bandwidth(
        S=_magnitude(waveform, config), sr=config.sample_rate
    )
    return _blank_silence(curve, waveform, config)


def spectral_rolloff(
    waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Return the frequency below which 85 % of the magnitude lies, in Hz.

    Shape (1, T); NaN in silent frames. Arguments and errors as in
    `stft_magnitude`; the share is `config.rolloff_share`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    curve = librosa.feature.spectral_rolloff(
        S=_magnitude(waveform, config),
        sr=config.sample_rate,
        roll_percent=config.rolloff_share,
    )
    return _blank_silence(curve, waveform, config)


def spectral_flatness_db(
    waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Return how noise-like each frame is, shape (1, T), in dB.

    Geometric over arithmetic mean of the power spectrum: 0 dB if all bins
    are equal, about -2.5 dB for white noise, far below for tones. NaN in
    silent frames, which librosa would call flat, at 0 dB. Arguments and
    errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    share = librosa.feature.spectral_flatness(S=_magnitude(waveform, config))
    return _blank_silence(10 * np.log10(share), waveform, config)


def zero_crossing_rate(
    waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Return the share of samples where the sign changes, shape (1, T).

    A sine of f Hz gives 2 f / sample_rate, white noise 0.5. NaN in silent
    frames. Arguments and errors as in `stft_magnitude`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    curve = librosa.feature.zero_crossing_rate(
        _checked(waveform, config),
        frame_length=config.n_fft,
        hop_length=config.hop_length,
    )
    return _blank_silence(curve, waveform, config)


def _checked(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return (N,) float samples that every feature can be computed of."""
    samples = np.asarray(waveform)
    shortest = max(config.n_fft, config.chroma_n_fft)
    if samples.ndim != 1 or samples.size < shortest:
        raise CourseError(
            f"a mono waveform of shape (N,), N >= {shortest} samples",
            f"shape {samples.shape}",
            "give one channel of one clip that is long enough",
        )
    if not np.isfinite(samples).all():
        raise CourseError(
            "finite samples",
            "NaN or infinity",
            "look for a division by zero or a diverged training",
        )
    return samples


def _magnitude(
    waveform: np.ndarray, config: FeatureConfig, n_fft: int | None = None
) -> np.ndarray:
    """Return librosa's STFT magnitude, not scaled, shape (F, T)."""
    stft = librosa.stft(
        _checked(waveform, config),
        n_fft=n_fft or config.n_fft,
        hop_length=config.hop_length,
    )
    return np.abs(stft)


def _blank_silence(
    rows: np.ndarray, waveform: np.ndarray, config: FeatureConfig
) -> np.ndarray:
    """Put NaN where a frame is too quiet to have a timbre or a pitch."""
    silent = rms(waveform, config) < 10 ** (config.silence_db / 20)
    return np.where(silent, np.nan, rows)
