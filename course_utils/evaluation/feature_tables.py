"""Sounds as tables: one row a frame or a note, one column a feature.

Raw samples make a table of one column, in which there is nothing to compare
but loudness. A table of features has columns that mean something, and rows
that are closer to being observations of their own.

The columns are the level, four numbers about the shape of the spectrum, and
the first cepstral coefficients, which are a coarse outline of it.

Taught in: notebooks/60_table_evaluation.ipynb
"""

from collections.abc import Iterable

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation import spectral_features as features
from course_utils.evaluation.spectral_features import FeatureConfig

N_CEPSTRAL = 4  # MFCC kept, from coefficient 1 on: 0 is the level again
COLUMNS = {  # column -> unit, in the order of the table
    "level": "dB re full scale",
    "bandwidth": "Hz",
    "rolloff": "Hz",
    "flatness": "dB",
    "zero crossings": "share of samples",
    **{f"MFCC {k}": "dB" for k in range(1, N_CEPSTRAL + 1)},
}


def frame_table(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Measure each frame of a sound; silent frames are left out.

    Parameters
    ----------
    waveform : np.ndarray, shape (N,)
        Samples, full scale 1.
    config : FeatureConfig
        Sizes; `silence_db` says which frames are silent.

    Returns
    -------
    np.ndarray, shape (rows, len(COLUMNS))
        The sounding frames in their order.

    Raises
    ------
    CourseError
        If all is silent, or the waveform is not mono, too short, or not
        finite.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    rms = features.rms(waveform, config)
    lowest = 10 ** (config.silence_db / 20)
    curves = (
        20 * np.log10(np.maximum(rms, lowest)),
        features.spectral_bandwidth(waveform, config),
        features.spectral_rolloff(waveform, config),
        features.spectral_flatness_db(waveform, config),
        features.zero_crossing_rate(waveform, config),
        features.mfcc(waveform, config)[1 : N_CEPSTRAL + 1],
    )
    table = np.concatenate(curves).T.astype(np.float64)
    table = table[~np.isnan(table).any(axis=1)]
    if len(table) == 0:
        raise CourseError(
            "a sound with at least one frame that is not silent",
            f"{rms.shape[1]} frames below {config.silence_db} dB",
            "check that the sound was rendered",
        )
    return table


def note_table(
    waveforms: Iterable[np.ndarray], config: FeatureConfig
) -> np.ndarray:
    """Measure each note: the mean over its sounding frames.

    Parameters
    ----------
    waveforms : iterable of np.ndarray, shape (N,)
        One note each.
    config : FeatureConfig
        As in `frame_table`.

    Returns
    -------
    np.ndarray, shape (notes, len(COLUMNS))

    Raises
    ------
    CourseError
        If there is no note, or as in `frame_table`.

    Taught in: notebooks/60_table_evaluation.ipynb
    """
    rows = [frame_table(note, config).mean(axis=0) for note in waveforms]
    if not rows:
        raise CourseError("at least one note", "none", "give waveforms")
    return np.stack(rows)
