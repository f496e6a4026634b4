"""What all pictures over time and frequency share: box, colours, labels.

Axes of arrays: F bins, T frames. A box is (left, right, low, high) in
seconds and kHz.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.spectral.image import ImageConfig
from course_utils.spectral.mel import mel_centres_hz
from course_utils.spectral.stft import StftConfig

MEL_TICKS_KHZ = (0.1, 0.25, 0.5, 1, 2, 4, 8)
TIME_LABEL = "time (s)"
FREQUENCY_LABEL = "frequency (kHz)"
BLANK = "0.8"  # light grey, a colour that no map holds


@dataclass(frozen=True)
class Look:
    """How one kind of picture is coloured.

    Parameters
    ----------
    colours : str
        Name of a colour map.
    low, high : float
        The values at its two ends.
    label : str
        Quantity and unit, beside the colour bar.
    ticks : tuple of float
        Marks on the colour bar.
    """

    colours: str
    low: float
    high: float
    label: str
    ticks: tuple[float, ...] = (-1, 0, 1)


def draw(
    values: np.ndarray,
    look: Look,
    box: tuple[float, float, float, float],
    ax: Axes | None,
    *,
    bar: bool = True,
) -> Axes:
    """Draw one picture into a box of seconds and kHz, with its scale.

    Parameters
    ----------
    values : ndarray, shape (F, T)
        NaN stays grey.
    look : Look
        Colours and their label.
    box : tuple of float
        As `stft_box` or `image_box` gives it.
    ax : Axes or None
        A new one if None.
    bar : bool
        Whether a colour bar stands beside it.

    Returns
    -------
    Axes
    """
    ax = plt.subplots()[1] if ax is None else ax
    ax.set_facecolor(BLANK)
    drawn = ax.imshow(
        values,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=box,
        cmap=look.colours,
        vmin=look.low,
        vmax=look.high,
    )
    if bar:
        scale = ax.figure.colorbar(drawn, ax=ax, ticks=look.ticks)
        scale.set_label(look.label)
    ax.set(xlabel=TIME_LABEL, ylabel=FREQUENCY_LABEL)
    return ax


def stft_box(
    values: np.ndarray, config: StftConfig, sample_rate: int
) -> tuple[float, float, float, float]:
    """Return the edges (s, s, kHz, kHz); a frame stands at its middle."""
    n_bins, n_frames = values.shape
    start_s = (config.n_fft - config.hop_length) / 2 / sample_rate
    end_s = start_s + n_frames * config.hop_length / sample_rate
    bin_khz = sample_rate / config.n_fft / 1000
    return (start_s, end_s, -bin_khz / 2, (n_bins - 0.5) * bin_khz)


def image_box(config: ImageConfig) -> tuple[float, float, float, float]:
    """Return the edges of an image; mel rows are counted, not measured."""
    values = np.empty((config.stft.n_bins, config.n_frames))
    start_s, end_s, low, high = stft_box(
        values, config.stft, config.sample_rate
    )
    padding_s = config.n_padding / config.sample_rate
    if config.scale == "mel":
        low, high = -0.5, config.n_rows - 0.5
    else:
        low += config.sample_rate / config.n_fft / 1000  # no row at 0 Hz
    return (start_s - padding_s, end_s - padding_s, low, high)


def tick_mel(ax: Axes, config: ImageConfig) -> None:
    """Label mel rows by their frequency in kHz."""
    centres_khz = mel_centres_hz(config.n_rows, config.sample_rate) / 1000
    ticks = [khz for khz in MEL_TICKS_KHZ if khz <= centres_khz[-1]]
    rows = np.interp(ticks, centres_khz, np.arange(config.n_rows))
    ax.set_yticks(rows, [f"{khz:g}" for khz in ticks])
    ax.set_ylabel("frequency (kHz, mel scale)")


def one_item(value: Tensor | np.ndarray, n_axes: int) -> np.ndarray:
    """Return an array of `n_axes` axes, refusing whole batches.

    Raises
    ------
    CourseError
        If the number of axes is another one.
    """
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.ndim != n_axes:
        raise CourseError(
            f"one item with {n_axes} axes",
            f"shape {array.shape}",
            "choose one item of the batch, for example x[0]",
        )
    return array
