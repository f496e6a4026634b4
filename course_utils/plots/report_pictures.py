"""The pictures of a comparison's report, as PNG bytes, and its sounds.

Taught in: notebooks/61_mir_features.ipynb
"""

import io
import math
from collections.abc import Callable, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy.signal import resample_poly

from course_utils.evaluation.feature_distances import FEATURES, extract
from course_utils.evaluation.report_page import Picture
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.plots import style
from course_utils.plots.features import Extracted, compare_feature, new_axes
from course_utils.plots.listen import (
    MP3_RATES,
    PEAK_LIMIT,
    SILENCE,
    Clip,
    play,
)
from course_utils.plots.tabular import cumulative_sums, histograms

REPORT_S = 30.0  # seconds of each clip that are drawn and played
PLAYED_RATE = 44_100  # Hz, of a clip whose own rate MP3 does not know


def report_pictures(
    real: np.ndarray | Sequence[np.ndarray],
    generated: np.ndarray | Sequence[np.ndarray],
    sample_rate: int,
) -> list[Picture]:
    """Draw the pictures of a report: distributions, then the ten features.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,), or a sequence of them
        A clip or several a side. The distributions are those of all
        samples; the features are drawn of the first 30 s of the first clip.
    sample_rate : int
        In Hz, of all.

    Returns
    -------
    list of Picture
        For `evaluation.report.write_report`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    sides = [
        [side] if isinstance(side, np.ndarray) else list(side)
        for side in (real, generated)
    ]
    samples = [np.concatenate(clips) for clips in sides]
    n_drawn = round(REPORT_S * sample_rate)
    config = FeatureConfig(sample_rate)
    drawn = [extract(clips[0][:n_drawn], config) for clips in sides]
    with mpl.rc_context(style.SETTINGS):
        return [
            _samples_picture("Histograms", histograms, *samples),
            _samples_picture("Cumulative sums", cumulative_sums, *samples),
            *(
                _feature_picture(name, *drawn, config, _part(sides, n_drawn))
                for name in FEATURES
            ),
        ]


def report_players(
    real: Sequence[np.ndarray],
    generated: Sequence[np.ndarray],
    sample_rate: int,
) -> list[Clip]:
    """Make a player for the first clip of each side, at most 30 s.

    Both are scaled by one factor, so that the louder one sounds louder.

    Parameters
    ----------
    real, generated : sequence of np.ndarray, each of shape (N,)
        Mono clips.
    sample_rate : int
        In Hz, of all.

    Taught in: notebooks/61_mir_features.ipynb
    """
    n_played = round(REPORT_S * sample_rate)
    heard = [clips[0][:n_played] for clips in (real, generated)]
    if sample_rate not in MP3_RATES:
        shared = math.gcd(PLAYED_RATE, sample_rate)
        factors = PLAYED_RATE // shared, sample_rate // shared
        heard = [resample_poly(samples, *factors) for samples in heard]
        sample_rate = PLAYED_RATE
    loudest = max(float(np.abs(samples).max()) for samples in heard)
    scale = PEAK_LIMIT / max(loudest, SILENCE)
    return [
        play(
            scale * samples,
            sample_rate,
            caption=name,
            description="The first seconds of its first file.",
            match_loudness=False,
        )
        for name, samples in zip(("Real", "Generated"), heard, strict=True)
    ]


def _part(sides: Sequence[Sequence[np.ndarray]], n_drawn: int) -> str:
    """Say which part of the sounds is drawn, if it is not all."""
    words = ""
    if max(len(clips[0]) for clips in sides) > n_drawn:
        words += f", first {REPORT_S:.0f} s"
    if max(len(clips) for clips in sides) > 1:
        words += ", first file of each side"
    return words


def _samples_picture(
    title: str, draw: Callable, real: np.ndarray, generated: np.ndarray
) -> Picture:
    """Draw how the samples of both clips are distributed."""
    return _picture(
        f"{title} of the samples",
        f"{title} of the real and of the generated samples, shared axes.",
        lambda figure: draw(real, generated, ax=figure.subplots()),
    )


def _feature_picture(
    name: str,
    real: Extracted,
    generated: Extracted,
    config: FeatureConfig,
    part: str,
) -> Picture:
    """Draw one feature as a picture."""

    def draw(figure: Figure) -> None:
        axes = new_axes(figure, name)
        compare_feature(name, real, generated, config, axes)

    title = FEATURES[name].title
    alt = f"{title} of the real and of the generated clip, shared axes."
    return _picture(title + part, alt, draw)


def _picture(
    caption: str, alt: str, draw: Callable[[Figure], object]
) -> Picture:
    """Draw into a figure of its own and return it as PNG."""
    figure = Figure()
    draw(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Picture(caption, alt, file.getvalue())
