"""The pictures of a comparison's report, as PNG bytes.

Taught in: notebooks/61_mir_features.ipynb
"""

import io
from collections.abc import Callable

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from course_utils.evaluation.feature_distances import (
    FEATURES,
    extract,
    feature_distance,
)
from course_utils.evaluation.report_page import Picture
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.plots import style
from course_utils.plots.features import Extracted, compare_feature, new_axes
from course_utils.plots.tabular import cumulative_sums, histograms

REPORT_S = 30.0  # seconds of each clip whose features are drawn


def report_pictures(
    real: np.ndarray, generated: np.ndarray, sample_rate: int
) -> list[Picture]:
    """Draw the pictures of a report: distributions, then the ten features.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) and (M,)
        Two clips; the features of their first 30 s are drawn.
    sample_rate : int
        In Hz, of both.

    Returns
    -------
    list of Picture
        For `evaluation.report.write_report`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    config = FeatureConfig(sample_rate)
    first = round(REPORT_S * sample_rate)
    pair = [extract(clip[:first], config) for clip in (real, generated)]
    with mpl.rc_context(style.SETTINGS):
        return [
            _samples_picture("Histograms", histograms, real, generated),
            _samples_picture(
                "Cumulative sums", cumulative_sums, real, generated
            ),
            *(_feature_picture(name, *pair, config) for name in FEATURES),
        ]


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
    name: str, real: Extracted, generated: Extracted, config: FeatureConfig
) -> Picture:
    """Draw one feature as a picture, with its distance in the text."""
    feature = FEATURES[name]
    distance = feature_distance(real[name], generated[name])
    text = (
        f"{feature.title} of the real and of the generated clip on shared "
        f"axes. Distance {distance:.3g} ({feature.unit})."
    )

    def draw(figure: Figure) -> None:
        axes = new_axes(figure, name)
        compare_feature(name, real, generated, config, axes)

    return _picture(feature.title, text, draw)


def _picture(
    caption: str, alt: str, draw: Callable[[Figure], object]
) -> Picture:
    """Draw into a figure of its own and return it as PNG."""
    figure = Figure()
    draw(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Picture(caption, alt, file.getvalue())
