"""The ten spectral features, real and generated, always on shared axes.

Two curves in one picture have one scale; two images have one colour scale.
(The 2022 study gave each curve a y axis of its own, so that different
levels looked the same.)

Taught in: notebooks/61_mir_features.ipynb
"""

import librosa
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils.basics.checks import CourseError, check_choice
from course_utils.basics.pitch import NAMES
from course_utils.evaluation.feature_distances import FEATURES
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.plots import style
from course_utils.plots.tabular import GENERATED, REAL

Extracted = dict[str, np.ndarray]
IMAGES = ("spectrogram", "chromagram", "mel_spectrogram", "mfcc")
LOWEST_HZ = 40.0  # of the frequency axis of the mean spectrum
MEL_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)
MFCC_PERCENTILE = 98  # larger ones share the last colour
MARKERS = "osD^vP"


def compare_feature(
    name: str,
    real: Extracted,
    generated: Extracted,
    config: FeatureConfig,
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Draw one feature of both clips so that they can be compared by eye.

    Parameters
    ----------
    name : str
        One of the ten names.
    real, generated : dict
        From `evaluation.feature_distances.extract`.
    config : FeatureConfig
        What they were extracted with.
    axes : np.ndarray of Axes, shape (1,) or (2,), optional
        One for a curve; two for an image (one a clip).

    Returns
    -------
    np.ndarray of Axes
        Spectrogram, chromagram, mel spectrogram and MFCC are images; the
        STFT magnitude is drawn as its mean over time; the rest are curves.

    Taught in: notebooks/61_mir_features.ipynb
    """
    check_choice("feature", name, FEATURES)
    if axes is None:
        axes = new_axes(plt.figure(), name)
    pair = (real[name], generated[name])
    if name in IMAGES:
        _draw_images(name, pair, config, axes)
    elif name == "stft":
        _draw_spectra(pair, config, axes[0])
    else:
        _draw_curves(name, pair, config, axes[0])
    return axes


def relative_distances(
    distances: dict[str, dict[str, float]],
    floor: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw distances of several clips as multiples of the noise floor.

    Distances in dB, Hz and shares cannot share an axis; how many times the
    floor each one is, can.

    Parameters
    ----------
    distances : dict
        What was compared -> the ten distances, from `feature_distances`.
    floor : str
        Which of them shows how far apart equal things lie.
    ax : Axes, optional
        Where to draw.

    Raises
    ------
    CourseError
        If `floor` is not among them, or 0 somewhere.

    Taught in: notebooks/61_mir_features.ipynb
    """
    check_choice("floor", floor, distances)
    if min(distances[floor].values()) <= 0:
        raise CourseError(
            "a floor above 0 in each feature",
            distances[floor],
            "compare two halves of one clip, not a clip with itself",
        )
    if ax is None:
        ax = plt.subplots(figsize=(8.0, 4.5))[1]
    rows = np.arange(len(FEATURES))
    others = [name for name in distances if name != floor]
    for i, name in enumerate(others):
        ratios = [distances[name][f] / distances[floor][f] for f in FEATURES]
        marker = MARKERS[i % len(MARKERS)]
        ax.plot(ratios, rows, marker, label=name, markersize=7)
    ax.axvline(1.0, color="grey", linestyle=":", label=floor)
    ax.set_xscale("log")
    ax.set_yticks(rows, [feature.title for feature in FEATURES.values()])
    ax.invert_yaxis()
    ax.set_xlabel(f"distance (multiples of: {floor})")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def new_axes(figure: Figure, name: str) -> np.ndarray:
    """Return the axes a feature needs: one, or two that share both axes."""
    return figure.subplots(
        1, 2 if name in IMAGES else 1, sharex=True, sharey=True, squeeze=False
    )[0]


def _times(values: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Return the time in seconds of each frame."""
    frames = np.arange(values.shape[1])
    return frames * config.hop_length / config.sample_rate


def _draw_curves(
    name: str,
    pair: tuple[np.ndarray, np.ndarray],
    config: FeatureConfig,
    ax: Axes,
) -> None:
    """Draw both curves over time; silence is a gap."""
    for values, line in zip(pair, (REAL, GENERATED), strict=True):
        ax.plot(_times(values, config), values[0], linewidth=1, **line)
    ax.set_xlabel("time (s)")
    ax.set_ylabel(FEATURES[name].unit)
    ax.set_title(FEATURES[name].title, loc="left")
    _legend_above(ax)


def _draw_spectra(
    pair: tuple[np.ndarray, np.ndarray], config: FeatureConfig, ax: Axes
) -> None:
    """Draw the mean over time of each frequency bin."""
    bins = np.arange(len(pair[0]))
    frequencies_hz = bins * config.sample_rate / config.n_fft
    heard = frequencies_hz >= LOWEST_HZ
    for values, line in zip(pair, (REAL, GENERATED), strict=True):
        mean = values.mean(axis=1)
        ax.plot(frequencies_hz[heard], mean[heard], linewidth=1, **line)
    ax.set_xscale("log")
    ax.set_xlabel("frequency (Hz)")
    ax.set_ylabel("mean amplitude (full scale 1)")
    ax.set_title(FEATURES["stft"].title, loc="left")
    _legend_above(ax)


def _draw_images(
    name: str,
    pair: tuple[np.ndarray, np.ndarray],
    config: FeatureConfig,
    axes: np.ndarray,
) -> None:
    """Draw both images with one colour scale and one colour bar."""
    if name == "mfcc":  # row 0, the level, would hide all others
        pair = (pair[0][1:], pair[1][1:])
    low, high = _colour_range(name, pair)
    bottom, top = _row_range(name, pair[0], config)
    for ax, values, side in zip(
        axes, pair, ("real", "generated"), strict=True
    ):
        end_s = values.shape[1] * config.hop_length / config.sample_rate
        image = ax.imshow(
            values,
            vmin=low,
            vmax=high,
            cmap="PuOr" if name == "mfcc" else style.MAGNITUDE,
            extent=(0, end_s, bottom, top),
            origin="lower",
            aspect="auto",
            interpolation="nearest",
        )
        ax.set_title(f"{FEATURES[name].title}, {side}")
        ax.set_xlabel("time (s)")
    axes[0].set_xlim(0, max(_times(values, config)[-1] for values in pair))
    _label_rows(name, config, axes[0])
    end = "both" if name == "mfcc" else "neither"
    bar = axes[0].figure.colorbar(image, ax=list(axes), extend=end)
    bar.set_label(FEATURES[name].unit)


def _colour_range(
    name: str, pair: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float]:
    """Return the values at the ends of the colour scale of both images."""
    values = np.concatenate([part.ravel() for part in pair])
    if name != "mfcc":
        return float(np.nanmin(values)), float(np.nanmax(values))
    end = float(np.percentile(np.abs(values), MFCC_PERCENTILE))
    return -end, end


def _legend_above(ax: Axes) -> None:
    """Put the legend where no curve can hide it."""
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def _row_range(
    name: str, values: np.ndarray, config: FeatureConfig
) -> tuple[float, float]:
    """Return where the lowest row begins and the highest ends."""
    if name == "spectrogram":
        return 0.0, config.sample_rate / 2000
    if name == "mfcc":
        return 0.5, len(values) + 0.5
    return -0.5, len(values) - 0.5


def _label_rows(name: str, config: FeatureConfig, ax: Axes) -> None:
    """Label the rows of an image: kHz, Hz, pitch classes or numbers."""
    if name == "spectrogram":
        ax.set_ylabel("frequency (kHz)")
    elif name == "chromagram":
        ax.set_yticks(range(12), NAMES)
        ax.set_ylabel("pitch class")
    elif name == "mfcc":
        ax.set_ylabel("coefficient")
    else:
        centres_hz = librosa.mel_frequencies(
            n_mels=config.n_mels + 2, fmax=config.sample_rate / 2
        )[1:-1]
        ticks = [hz for hz in MEL_TICKS_HZ if hz < centres_hz[-1]]
        places = np.interp(ticks, centres_hz, np.arange(config.n_mels))
        ax.set_yticks(places, [str(hz) for hz in ticks])
        ax.set_ylabel("frequency (Hz, mel scale)")
