"""Pictures of tones made frame by frame: joins, lines, clocks, beating.

Every function draws on `ax` (a new one if None) and returns it.

Axes of arrays: N samples, T frames.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from scipy.signal import hilbert

from course_utils.basics.checks import CourseError, check_range
from course_utils.plots import style

Sound = torch.Tensor | np.ndarray
GREY = "0.6"
FACE = 0.8  # diameter of a clock, in units of the distance between clocks
FLOOR_DB = -60.0  # softer lines are not drawn


def plot_joins(
    wanted: Sound,
    laid: Sound,
    stride: int,
    sample_rate: int,
    *,
    n_frames: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw the first frames of a sound over the tone that was wanted.

    Parameters
    ----------
    wanted, laid : Tensor or ndarray, shape (N,)
        The tone, and what a layer laid; at least `n_frames * stride`.
    stride : int
        Samples per frame; a dotted line stands at every join.
    sample_rate : int
        In Hz.
    n_frames : int
        Frames shown.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If a sound is not of shape (N,) or too short.
    """
    shown = n_frames * stride
    ax = plt.subplots()[1] if ax is None else ax
    time_ms = np.arange(shown) / sample_rate * 1000
    for sound, look in (
        (wanted, {"color": GREY, "linestyle": "-", "linewidth": 4}),
        (laid, {"color": style.COLOURS[0], "linestyle": "-"}),
    ):
        ax.plot(time_ms, _sound(sound, shown)[:shown], **look)
    for frame in range(n_frames + 1):
        join_ms = frame * stride / sample_rate * 1000
        ax.axvline(join_ms, color="black", linestyle=":", linewidth=1)
    _legend(ax, ["wanted", "laid"])
    ax.set(xlabel="time (ms)", ylabel="amplitude (1 = full scale)")
    ax.margins(x=0)
    return ax


def plot_lines(
    sounds: dict[str, Sound],
    stride: int,
    sample_rate: int,
    *,
    max_hz: float = 1500.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the spectra of steady sounds against the lines of a frame rate.

    Parameters
    ----------
    sounds : dict of str to array, shape (N,)
        One curve each, in dB below its own strongest frequency. A whole
        number of frames makes the lines sharp.
    stride : int
        Samples per frame; a dotted line stands at every multiple of
        `sample_rate / stride`.
    sample_rate : int
        In Hz.
    max_hz : float
        Highest frequency shown.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If a sound is not of shape (N,) or silent.
    """
    check_range("max_hz", max_hz, 1, sample_rate / 2, "Hz")
    ax = plt.subplots()[1] if ax is None else ax
    for line_hz in np.arange(0, max_hz + 1, sample_rate / stride):
        ax.axvline(line_hz, color=GREY, linestyle=":", linewidth=1, zorder=0)
    for index, (name, sound) in enumerate(sounds.items()):
        frequency_hz, level_db = _spectrum(_sound(sound, 2), sample_rate)
        colour = style.COLOURS[index % len(style.COLOURS)]
        dash = style.LINES[index % len(style.LINES)]
        shown = frequency_hz <= max_hz
        ax.plot(
            frequency_hz[shown],
            level_db[shown],
            color=colour,
            linestyle=dash,
            label=name,
        )
    _legend(ax)
    ax.set(xlabel="frequency (Hz)", ylabel="level (dB)", ylim=(FLOOR_DB, 5))
    ax.margins(x=0)
    return ax


def plot_clocks(
    phases: dict[str, torch.Tensor | np.ndarray], *, ax: Axes | None = None
) -> Axes:
    """Draw phases as clock hands, one row a tone and one clock a frame.

    Parameters
    ----------
    phases : dict of str to array, shape (T,)
        In radians. Phase 0 points up; growing phase turns clockwise.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If the rows are not arrays of one length.
    """
    angles = _rows(phases)  # (rows, T)
    n_rows, n_frames = angles.shape
    if ax is None:
        size = (8.0, 8.0 * n_rows / n_frames + 0.8)
        ax = plt.subplots(figsize=size)[1]
    _draw_hands(angles, ax)
    ax.set_yticks(range(n_rows), list(phases))
    ax.set(xlabel="frame", aspect="equal")
    ax.set(xlim=(-0.6, n_frames - 0.4), ylim=(n_rows - 0.4, -0.6))
    return ax


def plot_envelopes(
    sounds: dict[str, Sound], sample_rate: int, *, ax: Axes | None = None
) -> Axes:
    """Draw how loud sounds are over time, so that beats can be counted.

    Parameters
    ----------
    sounds : dict of str to array, shape (N,)
        One curve each.
    sample_rate : int
        In Hz.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        The envelope is the length of the analytic signal.

    Raises
    ------
    CourseError
        If a sound is not of shape (N,).
    """
    ax = plt.subplots()[1] if ax is None else ax
    for name, sound in sounds.items():
        samples = _sound(sound, 2)
        time_s = np.arange(len(samples)) / sample_rate
        ax.plot(time_s, np.abs(hilbert(samples)), label=name)
    _legend(ax)
    ax.set(xlabel="time (s)", ylabel="envelope (1 = full scale)")
    ax.set_ylim(bottom=0)
    ax.margins(x=0)
    return ax


def _draw_hands(angles: np.ndarray, ax: Axes) -> None:
    """Draw faces and hands of clocks, one at (frame, row) per angle."""
    row, frame = np.indices(angles.shape)
    centres = np.column_stack([frame.ravel(), row.ravel()])
    faces = EllipseCollection(
        widths=np.full(len(centres), FACE),
        heights=np.full(len(centres), FACE),
        angles=np.zeros(len(centres)),
        units="x",
        offsets=centres,
        offset_transform=ax.transData,
        facecolors="none",
        edgecolors=GREY,
    )
    ax.add_collection(faces)
    tips = centres + FACE / 2 * np.column_stack(
        [np.sin(angles).ravel(), -np.cos(angles).ravel()]
    )
    colours = [style.COLOURS[i % len(style.COLOURS)] for i in row.ravel()]
    hands = LineCollection(
        np.stack([centres, tips], axis=1), colors=colours, linewidths=2.5
    )
    ax.add_collection(hands)


def _legend(ax: Axes, labels: list[str] | None = None) -> None:
    """Put the legend above the picture, where it hides nothing."""
    handles, named = ax.get_legend_handles_labels()
    if labels is not None:
        handles, named = ax.get_lines()[: len(labels)], labels
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4}
    ax.legend(handles, named, **above)


def _sound(sound: Sound, at_least: int) -> np.ndarray:
    """Return (N,) samples as float64, N >= `at_least`."""
    samples = np.asarray(sound, dtype=np.float64)
    if samples.ndim != 1 or len(samples) < at_least:
        raise CourseError(
            f"a sound (N,) of at least {at_least} samples",
            f"shape {samples.shape}",
            "choose one item of the batch, or show fewer frames",
        )
    return samples


def _spectrum(
    samples: np.ndarray, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz and levels in dB below the strongest."""
    level = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    if not level.max() > 0:
        raise CourseError(
            "a sound", "silence", "silence has no line to show; leave it out"
        )
    level_db = 20 * np.log10(np.maximum(level / level.max(), 1e-9))
    return np.fft.rfftfreq(len(samples), 1 / sample_rate), level_db


def _rows(phases: dict[str, torch.Tensor | np.ndarray]) -> np.ndarray:
    """Return the phases of all tones, (rows, T)."""
    rows = [np.asarray(row, dtype=np.float64) for row in phases.values()]
    shapes = {row.shape for row in rows}
    if len(shapes) != 1 or rows[0].ndim != 1 or rows[0].size == 0:
        raise CourseError(
            "phases of shape (T,), the same T in every row",
            sorted(shapes),
            "cut all rows to the same frames",
        )
    return np.stack(rows)
