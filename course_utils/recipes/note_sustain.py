"""Make a note longer than it was drawn: go on with its steady part.

A sampler's trick: the steady part is repeated, each end crossfaded into a
beginning that fits its wave. A piano string or a marimba bar fades while it
sounds. So the fading is measured first and taken away, the flat sound is
repeated, and the fading is put back on: nothing swells at the seams, and a
note that fades goes on fading.

Axes: N samples of the note, M samples wanted.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math

import numpy as np

from course_utils.basics.checks import CourseError, check_range

# Parts of a note, as shares of its length.
STEADY_FROM = 0.3  # the attack is over
STEADY_TO = 0.9  # before the end, which fades out
CROSSFADE = 0.1
SHORTEST_LOOP = 0.2
N_LEVELS = 12  # stretches of the steady part whose levels are measured
# A slower fading is a beat or a vibrato, and no fading: in the rendered notes
# winds and bowed strings lie above this, struck and plucked ones below.
FADING_DB_PER_S = -4.0
DB_PER_NEPER = 20 / math.log(10)
QUIET = 1e-9  # added to powers, so that silence has a level
MAX_SAMPLES = 2**31


def sustain(
    waveform: np.ndarray, n_samples: int, sample_rate: int
) -> np.ndarray:
    """Return a note that lasts as long as wanted.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        One note whose key is held to the end.
    n_samples : int
        M, the length wanted.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray, shape (M,), float32
        The first samples are those of the note; only what follows its
        steady part is new. It has no end of its own: let it fade.

    Raises
    ------
    CourseError
        If the note is no single sound of 100 samples or more, or the length
        is not positive.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    waveform = _checked(waveform)
    check_range("samples wanted", n_samples, 1, MAX_SAMPLES)
    n_given = len(waveform)
    end = round(STEADY_TO * n_given)
    if n_samples <= end:
        return waveform[:n_samples].astype(np.float32)
    n_fade = round(CROSSFADE * n_given)
    per_sample = fading_db_per_s(waveform, sample_rate)
    per_sample /= DB_PER_NEPER * sample_rate
    times = np.arange(n_samples)
    flat = waveform[:end] * np.exp(-per_sample * times[:end])
    start, likeness = _best_start(flat, n_given, n_fade)
    joint = _crossfade(flat[end - n_fade :], flat[start:][:n_fade], likeness)
    unit = np.concatenate([flat[start + n_fade : end - n_fade], joint])
    steady = np.resize(unit, n_samples - start - n_fade)
    whole = np.concatenate([flat[: start + n_fade], steady])
    return (whole * np.exp(per_sample * times)).astype(np.float32)


def fading_db_per_s(waveform: np.ndarray, sample_rate: int) -> float:
    """Return how fast the steady part fades, in dB per second: 0 or less.

    A straight line is fitted to the levels; what hardly fades, or grows, is
    taken as steady.
    """
    n_given = len(waveform)
    part = waveform[round(STEADY_FROM * n_given) :]
    part = part[: round((STEADY_TO - STEADY_FROM) * n_given)]
    width = len(part) // N_LEVELS
    blocks = part[: width * N_LEVELS].reshape(N_LEVELS, width)
    levels_db = 10 * np.log10((blocks**2).mean(axis=1) + QUIET)
    times_s = np.arange(N_LEVELS) * width / sample_rate
    slope = float(np.polyfit(times_s, levels_db, 1)[0])
    return slope if slope < FADING_DB_PER_S else 0.0


def _best_start(
    flat: np.ndarray, n_given: int, n_fade: int
) -> tuple[int, float]:
    """Find where the loop begins: the place most like the loop's end.

    Returns its sample, and the correlation there, 0 to 1.
    """
    first = round(STEADY_FROM * n_given)
    last = len(flat) - n_fade - round(SHORTEST_LOOP * n_given)
    template = flat[len(flat) - n_fade :]
    searched = flat[first : last + n_fade]
    size = len(searched)
    products = np.fft.irfft(
        np.fft.rfft(searched) * np.fft.rfft(template, size).conj(), size
    )[: size - n_fade + 1]
    energies = np.cumsum(np.concatenate([[0.0], searched**2]))
    energies = energies[n_fade:] - energies[:-n_fade]
    energies = energies + 1e-6 * energies.max() + QUIET
    alike = products / np.sqrt(energies * ((template**2).sum() + QUIET))
    best = int(alike.argmax())
    return first + best, float(np.clip(alike[best], 0, 1))


def _crossfade(
    old: np.ndarray, new: np.ndarray, likeness: float
) -> np.ndarray:
    """Fade from one sound to the other; the power stays even.

    Two like waves add their amplitudes, two unlike ones their powers.
    """
    share = (np.arange(len(old)) + 0.5) / len(old)
    power = (1 - share) ** 2 + share**2 + 2 * likeness * share * (1 - share)
    return ((1 - share) * old + share * new) / np.sqrt(power)


def _checked(waveform: np.ndarray) -> np.ndarray:
    """Return the note in float64, or refuse it."""
    samples = np.asarray(waveform, np.float64)
    if samples.ndim != 1 or len(samples) < 100:
        raise CourseError(
            "one note of shape (N,), 100 samples or more",
            f"shape {samples.shape}",
            "choose one note of the batch",
        )
    if not np.isfinite(samples).all():
        raise CourseError(
            "a note of finite samples", "NaN or infinity", "draw it anew"
        )
    return samples
