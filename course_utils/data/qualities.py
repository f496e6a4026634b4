"""Qualities of a note that can be measured from its envelope.

NSynth lists ten qualities a note, most of them judged by ear. Two follow
from the envelope alone, and only these two are filled in here; a 0 in any
other place means "not judged".

Taught in: notebooks/20_notes_dataset.ipynb
"""

import numpy as np

QUALITIES = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
)
HELD_S = 3.0  # seconds until NSynth's robots release the key
EDGE_S = 0.2  # seconds looked at before the release and at the end
FAST_DECAY_DB = -30.0  # the end of the held part against its loudest moment
LONG_RELEASE_DB = -40.0  # the end of the note against its loudest moment


def level_db(waveform: np.ndarray) -> float:
    """Return the root mean square level in dB re full scale; -inf if silent.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        Samples in [-1, 1].
    """
    power = np.mean(np.square(waveform, dtype=np.float64))
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(power))


def levels_db(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the level of each stretch of `EDGE_S` seconds, in dB.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        What does not fill a last stretch is left out.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray, shape (T,)
        -inf where there is silence.
    """
    size = round(EDGE_S * sample_rate)
    whole = len(waveform) // size * size
    return np.array(
        [level_db(part) for part in waveform[:whole].reshape(-1, size)]
    )


def measure_qualities(waveform: np.ndarray, sample_rate: int) -> list[str]:
    """Name the qualities of a note that its envelope shows.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        A whole note: key held for 3 s, then released.
    sample_rate : int
        In Hz.

    Returns
    -------
    list of str
        `fast_decay` if the note has nearly gone before the key is released;
        `long_release` if it still sounds at the end, a second after.
    """
    levels = levels_db(waveform, sample_rate)
    below_peak = levels - levels.max()
    release = round(HELD_S / EDGE_S)
    found = []
    if below_peak[release - 1] < FAST_DECAY_DB:
        found.append("fast_decay")
    if below_peak[-1] > LONG_RELEASE_DB:
        found.append("long_release")
    return found


def quality_bits(names: list[str]) -> list[int]:
    """Return NSynth's field `qualities`: ten 0 or 1, in its order."""
    return [int(quality in names) for quality in QUALITIES]
