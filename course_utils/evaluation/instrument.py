"""Does it sound like the same instrument?

The coefficients 2 to 13 of the mel-frequency cepstrum describe the outline
of a spectrum: not its level (coefficient 1) and little of its pitch. Two
recordings are brought to one level, their quiet frames are left out, and the
distance of what remains is that of `feature_distances`. Below a threshold
they count as one instrument. It was chosen on some chorales, each played by
many instruments; `recipes.instrument_judge` measures it on others.

The answer is one-sided. What it calls the same nearly always is. But one
instrument in another register, or in another kind of music, has another
outline, and is mostly taken for another instrument.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.signal import resample_poly

from course_utils.evaluation.feature_distances import feature_distance
from course_utils.evaluation.spectral_features import (
    FeatureConfig,
    mfcc,
    rms,
)
from course_utils.evaluation.tabular import rms as level_of

COEFFICIENTS = slice(1, 13)  # without the first, which is the level
QUIET_DB = 40.0  # below the loudest frame; softer frames do not count
LEVEL = 0.1  # RMS that each clip is brought to, full scale 1
SAME_INSTRUMENT = 8.1  # dB, cosine transform; see above
HEARD_RATE = 16_000  # Hz; the threshold holds at this rate
MAX_CLIP_S = 60.0  # of each clip is heard


def timbre(clip: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return what of a clip tells its instrument, frame by frame.

    Parameters
    ----------
    clip : np.ndarray, shape (N,)
        Mono, not silent.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray, shape (12, T)
        Coefficients 2 to 13 of the frames that are not quiet.
    """
    clip = clip[: round(MAX_CLIP_S * sample_rate)]
    if sample_rate != HEARD_RATE:
        shared = math.gcd(HEARD_RATE, sample_rate)
        factors = HEARD_RATE // shared, sample_rate // shared
        clip = resample_poly(clip, *factors)
    config = FeatureConfig(HEARD_RATE)
    clip = clip * (LEVEL / level_of(clip))
    levels = rms(clip, config)[0]
    sounds = levels > levels.max() * 10 ** (-QUIET_DB / 20)
    return mfcc(clip, config)[COEFFICIENTS, sounds]


def timbre_distance(
    real: Sequence[np.ndarray],
    generated: Sequence[np.ndarray],
    sample_rate: int,
) -> float:
    """Return how far two sets of clips lie apart in timbre.

    Parameters
    ----------
    real, generated : sequence of np.ndarray, each of shape (N,)
        Mono clips, none silent; those of one set are pooled.
    sample_rate : int
        In Hz, of all.

    Returns
    -------
    float
        In dB of the cosine transform; compare with `SAME_INSTRUMENT`.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    sides = [
        np.concatenate([timbre(clip, sample_rate) for clip in side], axis=1)
        for side in (real, generated)
    ]
    return feature_distance(*sides)
