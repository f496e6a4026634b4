"""How far two clips lie apart in each of the ten features.

One definition serves all ten: for every row of a feature (a frequency bin, a
band, a pitch class; a curve has one row) take the values of all frames of
each clip, and measure the Wasserstein distance between the two heaps: the
mean amount by which values must be moved to turn one heap into the other.
Then average over the rows. The distance

- is in the feature's own unit, so that it can be read: a gain of 6 dB moves
  the spectrogram by 6 dB;
- needs no equal lengths, for a heap has a distribution, whatever its size;
- is 0 for a clip and itself, and the same both ways;
- **does not see the order of the frames**: a clip played in another order of
  notes is at distance 0. Tempo, meter and melody need other measures.

Silent frames have no bandwidth, rolloff, flatness, zero crossings or pitch
classes (NaN) and are left out there; they count in the five others.

A distance means little alone. Give the distance between two halves of the
real clip beside it (what "the same" looks like), and that to an unrelated
clip (what "different" looks like).

Taught in: notebooks/61_mir_features.ipynb
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import wasserstein_distance

from course_utils.basics.checks import CourseError
from course_utils.evaluation import spectral_features as features
from course_utils.evaluation.spectral_features import FeatureConfig

MAX_FRAMES = 10_000  # a side; a set with more is thinned to every k-th frame
SEGMENT_FRAMES = 4_096  # computed at a time, so that memory stays small


@dataclass(frozen=True)
class Feature:
    """One of the ten: how to compute it, and how to read a distance."""

    title: str
    unit: str  # of the values, and so of the distance
    meaning: str  # of a large distance
    compute: Callable[[np.ndarray, FeatureConfig], np.ndarray]


FEATURES = {
    "stft": Feature(
        "STFT magnitude",
        "amplitude, full scale 1",
        "the strongest frequencies differ, or the level does",
        features.stft_magnitude,
    ),
    "spectrogram": Feature(
        "Spectrogram",
        "dB re full-scale sine",
        "frequencies differ in level, quiet ones counted like loud ones",
        features.spectrogram_db,
    ),
    "chromagram": Feature(
        "Chromagram",
        "share of the strongest pitch class",
        "other pitch classes sound: another key, or more notes at a time",
        features.chromagram,
    ),
    "mel_spectrogram": Feature(
        "Mel spectrogram",
        "dB re full-scale sine",
        "bands as wide as the ear's differ in level",
        features.mel_spectrogram_db,
    ),
    "mfcc": Feature(
        "MFCC",
        "dB, cosine transform",
        "the level or the timbre differs, without pitch",
        features.mfcc,
    ),
    "rms": Feature(
        "RMS",
        "amplitude, full scale 1",
        "one clip is louder, or moves between loud and soft more",
        features.rms,
    ),
    "spectral_bandwidth": Feature(
        "Spectral bandwidth",
        "Hz",
        "one sound spreads over a wider range of frequencies",
        features.spectral_bandwidth,
    ),
    "spectral_rolloff": Feature(
        "Spectral rolloff, 85 %",
        "Hz",
        "one sound is brighter",
        features.spectral_rolloff,
    ),
    "spectral_flatness": Feature(
        "Spectral flatness",
        "dB",
        "one sound is closer to noise, the other to tones",
        features.spectral_flatness_db,
    ),
    "zero_crossing_rate": Feature(
        "Zero-crossing rate",
        "share of samples",
        "one sound has more treble or noise",
        features.zero_crossing_rate,
    ),
}


def extract(
    clips: np.ndarray | Sequence[np.ndarray], config: FeatureConfig
) -> dict[str, np.ndarray]:
    """Compute all ten features of a clip, or of a whole set of clips.

    Parameters
    ----------
    clips : np.ndarray, shape (N,), or a sequence of them
        One clip, or several whose frames are put one after the other. No
        frame reaches over the border between two clips.
    config : FeatureConfig
        The sizes.

    Returns
    -------
    dict
        Name in `FEATURES` -> np.ndarray, shape (R, T). With more than
        `MAX_FRAMES` frames in all, every k-th frame is kept.

    Raises
    ------
    CourseError
        If there is no clip, or one is not mono, too short or not finite.

    Taught in: notebooks/61_mir_features.ipynb
    """
    clips = [clips] if isinstance(clips, np.ndarray) else list(clips)
    if not clips:
        raise CourseError("at least one clip", "none", "give a waveform")
    n_frames = sum(1 + len(clip) // config.hop_length for clip in clips)
    keep_every = -(-n_frames // MAX_FRAMES)
    parts = {name: [] for name in FEATURES}
    for clip in clips:
        for samples, kept in _segments(clip, config, keep_every):
            for name, feature in FEATURES.items():
                parts[name].append(feature.compute(samples, config)[:, kept])
    return {name: np.concatenate(p, axis=1) for name, p in parts.items()}


def feature_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """Return the mean over rows of the Wasserstein distance over frames.

    Parameters
    ----------
    real, generated : np.ndarray, shape (R, T) and (R, U)
        One feature of each clip. Frames with NaN are left out.

    Returns
    -------
    float
        In the feature's unit, 0 or more.

    Raises
    ------
    CourseError
        If the numbers of rows differ, or a clip has no sounding frame.

    References
    ----------
    Villani (2009), Optimal Transport, chapter 6: the distance of order 1.

    Taught in: notebooks/61_mir_features.ipynb
    """
    if len(real) != len(generated):
        raise CourseError(
            "features with the same number of rows",
            f"{len(real)} and {len(generated)}",
            "compute both with one FeatureConfig",
        )
    real, generated = _sounding(real), _sounding(generated)
    pairs = zip(real, generated, strict=True)
    return float(np.mean([wasserstein_distance(a, b) for a, b in pairs]))


def feature_distances(
    real: dict[str, np.ndarray], generated: dict[str, np.ndarray]
) -> dict[str, float]:
    """Return the distance in each feature, given two results of `extract`.

    Errors as in `feature_distance`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return {
        name: feature_distance(real[name], generated[name])
        for name in FEATURES
    }


def _segments(
    clip: np.ndarray, config: FeatureConfig, keep_every: int
) -> Iterator[tuple[np.ndarray, slice]]:
    """Cut a long clip; yield samples, and which of their frames to keep.

    Each segment brings the samples around it along, so that its frames are
    those of the whole clip.
    """
    hop = config.hop_length
    margin = -(-max(config.n_fft, config.chroma_n_fft) // (2 * hop))
    n_frames = 1 + len(clip) // hop
    n_segments = -(-n_frames // SEGMENT_FRAMES)
    bounds = [i * n_frames // n_segments for i in range(n_segments + 1)]
    for start, stop in pairwise(bounds):
        first = max(start - margin, 0)
        end = len(clip) if stop == n_frames else (stop + margin) * hop
        start += -start % keep_every  # the next frame that is kept
        kept = slice(start - first, stop - first, keep_every)
        yield clip[first * hop : end], kept


def _sounding(rows: np.ndarray) -> np.ndarray:
    """Return the frames, columns, that have a value in every row."""
    kept = rows[:, ~np.isnan(rows).any(axis=0)]
    if kept.shape[1] == 0:
        raise CourseError(
            "a clip with at least one frame that sounds",
            "silence",
            "check that the clip was rendered, and with notes in it",
        )
    return kept
