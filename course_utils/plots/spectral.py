"""Pictures of sound: waveform, level, phase, instantaneous frequency (IF).

Axes of arrays: N samples; F bins, T frames. Axes of pictures: time in
seconds, frequency in kHz, level in dB below the loudest bin. Every function
draws on `ax` (a new one if None) and returns it. Colours go by kind: level
magma, phase twilight (cyclic), IF red and blue around 0.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import math

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from course_utils.plots import style
from course_utils.plots.time_frequency import (
    TIME_LABEL,
    Look,
    draw,
    image_box,
    one_item,
    stft_box,
    tick_mel,
)
from course_utils.spectral.image import ImageConfig
from course_utils.spectral.stft import StftConfig

RANGE_DB = 80.0  # softer bins than this below the loudest look silent
HEARD_DB = 60.0  # softer bins than this have no phase worth showing
DB_PER_NEPER = 20 / math.log(10)  # natural logarithm of amplitude -> dB
LEVEL = Look(style.MAGNITUDE, -RANGE_DB, 0, "level (dB)", (-80, -40, 0))
PHASE = Look(style.PHASE, -1, 1, "phase (π rad)")
ADVANCE = Look(style.FREQUENCY, -1, 1, "phase advance\n(π rad per hop)")
DEVIATION = Look(
    style.FREQUENCY, -1, 1, "advance less bin centre\n(π rad per hop)"
)
CHANNEL = {"raw": PHASE, "if": ADVANCE, "if_centred": DEVIATION}


def plot_waveform(
    waveform: Tensor | np.ndarray,
    sample_rate: int,
    *,
    ax: Axes | None = None,
    **line: object,
) -> Axes:
    """Draw samples over time.

    Parameters
    ----------
    waveform : Tensor or ndarray, shape (N,)
        Samples; 1 is full scale.
    sample_rate : int
        In Hz.
    ax : Axes, optional
        A new one if None.
    **line
        Passed to `Axes.plot`: `label`, `color`, `marker` ...

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is not exactly one axis.
    """
    samples = one_item(waveform, 1)
    ax = plt.subplots()[1] if ax is None else ax
    ax.plot(np.arange(len(samples)) / sample_rate, samples, **line)
    ax.set(xlabel=TIME_LABEL, ylabel="amplitude (1 = full scale)")
    ax.margins(x=0)
    return ax


def plot_magnitude(
    magnitude: Tensor,
    config: StftConfig,
    sample_rate: int,
    *,
    ax: Axes | None = None,
    bar: bool = True,
) -> Axes:
    """Draw a spectrogram: the level of each bin, in dB below the loudest.

    Parameters
    ----------
    magnitude : Tensor, shape (F, T), F = n_fft // 2 + 1
        |S|, or the complex STFT itself.
    config : StftConfig
        With which it was made.
    sample_rate : int
        In Hz.
    ax : Axes, optional
        A new one if None.
    bar : bool
        Whether a colour bar stands beside it.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there are not exactly two axes.
    """
    level_db = _level_db(magnitude)
    box = stft_box(level_db, config, sample_rate)
    return draw(level_db, LEVEL, box, ax, bar=bar)


def plot_phase(
    phase: Tensor,
    config: StftConfig,
    sample_rate: int,
    *,
    magnitude: Tensor | None = None,
    ax: Axes | None = None,
    bar: bool = True,
) -> Axes:
    """Draw the phase of each bin on a cyclic scale.

    Parameters
    ----------
    phase : Tensor, shape (F, T)
        In radians; whole turns do not show.
    config : StftConfig
        With which it was made.
    sample_rate : int
        In Hz.
    magnitude : Tensor, shape (F, T), optional
        If given, bins softer than 60 dB below the loudest stay grey.
    ax : Axes, optional
        A new one if None.
    bar : bool
        Whether a colour bar stands beside it.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there are not exactly two axes.
    """
    turns = one_item(phase, 2) / math.pi
    values = turns - 2 * np.round(turns / 2)
    box = stft_box(values, config, sample_rate)
    return draw(_mask(values, magnitude), PHASE, box, ax, bar=bar)


def plot_if(
    frequency: Tensor,
    config: StftConfig,
    sample_rate: int,
    *,
    magnitude: Tensor | None = None,
    ax: Axes | None = None,
    bar: bool = True,
) -> Axes:
    """Draw instantaneous frequency, red above and blue below zero.

    Parameters
    ----------
    frequency : Tensor, shape (F, T)
        Phase advance per hop in units of pi.
    config : StftConfig
        With which it was made.
    sample_rate : int
        In Hz.
    magnitude : Tensor, shape (F, T), optional
        If given, bins softer than 60 dB below the loudest stay grey.
    ax : Axes, optional
        A new one if None.
    bar : bool
        Whether a colour bar stands beside it.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there are not exactly two axes.
    """
    values = one_item(frequency, 2)
    box = stft_box(values, config, sample_rate)
    return draw(_mask(values, magnitude), ADVANCE, box, ax, bar=bar)


def plot_image(
    image: Tensor, config: ImageConfig, *, axes: np.ndarray | None = None
) -> np.ndarray:
    """Draw both channels of a spectral image side by side.

    Parameters
    ----------
    image : Tensor, shape (2, F, T)
        As `waveform_to_image` gives it, not scaled.
    config : ImageConfig
        With which it was made.
    axes : array of two Axes, optional
        New ones if None.

    Returns
    -------
    ndarray of two Axes
        Level and phase channel. Time 0 is the start of the sound; zeros
        were put in front of it.

    Raises
    ------
    CourseError
        If there are not exactly three axes.
    """
    channels = one_item(image, 3)
    if axes is None:
        axes = plt.subplots(1, 2, sharex=True, sharey=True)[1]
    halving = 2 if config.scale == "mel" else 1  # power instead of amplitude
    level_db = channels[0] * DB_PER_NEPER / halving
    box = image_box(config)
    draw(level_db - level_db.max(), LEVEL, box, axes[0])
    draw(channels[1], CHANNEL[config.phase], box, axes[1])
    for ax in axes:
        if config.scale == "mel":
            tick_mel(ax, config)
    return axes


def _level_db(magnitude: Tensor) -> np.ndarray:
    """Return dB relative to the loudest bin; silence is -240 dB."""
    values = np.abs(one_item(magnitude, 2))
    loudest = max(values.max(), 1e-12)
    return 20 * np.log10(np.maximum(values / loudest, 1e-12))


def _mask(values: np.ndarray, magnitude: Tensor | None) -> np.ndarray:
    """Blank the bins that are too soft to have a phase."""
    if magnitude is None:
        return values
    return np.where(_level_db(magnitude) < -HEARD_DB, np.nan, values)
