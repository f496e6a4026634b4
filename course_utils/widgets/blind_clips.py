"""Clips that differ in nothing but what is to be judged: level and length.

Of two clips the louder one is easily liked better, and the longer one is
easily recognised. So all clips of a test get one level, and the two of a
pair one length.

Taught in: notebooks/64_listening_test.ipynb
"""

from collections.abc import Sequence

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.plots.listen import LOUDNESS_DB, PEAK_LIMIT, SILENCE

FADE_S = 0.2  # a cut would click


def level_db(waveform: np.ndarray) -> float:
    """Return the root mean square of samples (N,), in dB re full scale."""
    return float(20 * np.log10(_rms(waveform)))


def same_length(
    first: np.ndarray, second: np.ndarray, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut two clips to the shorter one and fade both out.

    Parameters
    ----------
    first, second : ndarray, shape (N,) and (M,)
        Samples; 1 is full scale.
    sample_rate : int
        In Hz.

    Returns
    -------
    first, second : ndarray, shape (min(N, M),)

    Raises
    ------
    CourseError
        If a clip is not mono, not finite, or shorter than the fade.

    Taught in: notebooks/64_listening_test.ipynb
    """
    check_range("sample rate", sample_rate, 1, 192_000, "Hz")
    first, second = _samples(first), _samples(second)
    length, n_fade = min(len(first), len(second)), round(FADE_S * sample_rate)
    if length < n_fade:
        raise CourseError(
            f"clips of at least {FADE_S} s",
            f"{length / sample_rate:.3f} s",
            "render more of the music",
        )
    gain = np.ones(length)
    gain[length - n_fade :] = np.linspace(1, 0, n_fade)
    return first[:length] * gain, second[:length] * gain


def same_level(groups: Sequence[Sequence[np.ndarray]]) -> list[list]:
    """Bring groups of clips to one level, without passing the peak limit.

    The loudest clip of each group gets the common level. Levels inside a
    group are kept, for questions that ask about them; a group of one clip is
    simply matched.

    Parameters
    ----------
    groups : sequence of sequences of ndarray, shape (N,)
        Samples; 1 is full scale.

    Returns
    -------
    list of lists of ndarray
        The level is `LOUDNESS_DB`, or less if a peak would else pass
        `PEAK_LIMIT`: then all groups are that much softer.

    Raises
    ------
    CourseError
        If there is no clip, or one is silent.

    Taught in: notebooks/64_listening_test.ipynb
    """
    levels = [[_rms(clip) for clip in group] for group in groups]
    if not levels or min(map(min, levels)) < SILENCE:
        raise CourseError(
            "clips that sound", "silence", "render the notes first"
        )
    loudest = [max(group) for group in levels]
    peaks = [max(np.abs(c).max() for c in group) for group in groups]
    room = min(map(np.divide, loudest, peaks))  # of the most peaky group
    target = min(10 ** (LOUDNESS_DB / 20), PEAK_LIMIT * room)
    return [
        [clip * (target / level) for clip in group]
        for group, level in zip(groups, loudest, strict=True)
    ]


def _rms(waveform: np.ndarray) -> float:
    """Return the root mean square of samples (N,); full scale is 1."""
    return float(np.sqrt(np.mean(np.square(waveform))))


def _samples(waveform: np.ndarray) -> np.ndarray:
    """Return samples as float64, (N,)."""
    samples = np.asarray(waveform, dtype=np.float64)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise CourseError(
            "finite mono samples of shape (N,)",
            f"shape {samples.shape}",
            "choose one channel, and look for NaN",
        )
    return samples
