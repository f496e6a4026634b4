"""Pictures of a set of notes: how many, how loud, how fading, how in tune.

Every function draws on `ax` (a new one if None) and returns it.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from course_utils.basics.checks import CourseError
from course_utils.plots import style

FLOOR_DB = -60.0  # what is softer, re the note's loudest moment, looks silent
MARKERS = ("o", "s", "^", "D", "v", "P")


def plot_counts(
    values: Sequence[int] | Sequence[str],
    quantity: str,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each value occurs.

    Parameters
    ----------
    values : sequence of int or str
        One value a note, such as its pitch or its family.
    quantity : str
        What they are, with the unit.
    ax : Axes, optional
        A new one if None.

    Raises
    ------
    CourseError
        If there is no value.
    """
    if not len(values):
        raise CourseError("at least one value", "none", "choose some notes")
    ax = plt.subplots()[1] if ax is None else ax
    names, counts = np.unique(np.asarray(values), return_counts=True)
    if names.dtype.kind in "US":
        ax.barh(names, counts, color=style.COLOURS[0])
        ax.invert_yaxis()
        ax.set(ylabel=quantity, xlabel="notes")
        return ax
    gap = np.diff(names).min(initial=5)  # one bar of the finest spacing
    ax.bar(names, counts, width=0.8 * gap, color=style.COLOURS[0])
    ax.set(xlabel=quantity, ylabel="notes")
    return ax


def plot_levels(
    levels_db: Mapping[str, Sequence[float]],
    step_s: float,
    released_s: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the level of a few notes goes over time.

    Parameters
    ----------
    levels_db : mapping
        Name -> level in dB of each stretch of `step_s` seconds.
    step_s : float
        Length of a stretch in seconds.
    released_s : float
        When the key is released, drawn as a line.
    ax : Axes, optional
        A new one if None.
    """
    ax = plt.subplots()[1] if ax is None else ax
    for (name, levels), marker in zip(
        levels_db.items(), MARKERS * len(levels_db), strict=False
    ):
        relative = _below_loudest(levels)
        times = (np.arange(len(relative)) + 0.5) * step_s
        ax.plot(times, relative, marker=marker, markersize=4, label=name)
    ax.axvline(released_s, color="0.4", linestyle=":", linewidth=1)
    label = {"textcoords": "offset points", "color": "0.3", "va": "top"}
    ax.annotate("key released", (released_s, 0), (4, 0), **label)
    ax.set(xlabel="time (s)", ylabel="level (dB re loudest)")
    ax.set_ylim(FLOOR_DB - 3, 3)
    ax.legend(loc="lower left")
    return ax


def plot_level_map(
    levels_db: Mapping[str, Sequence[float]],
    step_s: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the levels of many notes, one row each, dark where it is silent.

    Parameters
    ----------
    levels_db : mapping
        Name -> level in dB of each stretch; the rows from top to bottom.
    step_s : float
        Length of a stretch in seconds.
    ax : Axes, optional
        A new one if None.
    """
    rows = np.stack([_below_loudest(levels) for levels in levels_db.values()])
    n_rows, n_steps = rows.shape
    if ax is None:
        ax = plt.subplots(figsize=(8.0, 1.2 + 0.16 * n_rows))[1]
    picture = ax.imshow(
        rows,
        vmin=FLOOR_DB,
        vmax=0,
        cmap=style.MAGNITUDE,
        origin="upper",
        extent=(0, n_steps * step_s, n_rows - 0.5, -0.5),
        interpolation="nearest",
    )
    ax.set_yticks(range(n_rows), levels_db, fontsize=7 if n_rows > 20 else 9)
    ax.set_xlabel("time (s)")
    ax.figure.colorbar(picture, ax=ax, label="level (dB re loudest)")
    return ax


def plot_shares(
    shares: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None
) -> Axes:
    """Draw shares of right answers as bars, several judges side by side.

    Parameters
    ----------
    shares : mapping
        Judge -> (class -> share, 0 to 1). All have the same classes.
    ax : Axes, optional
        A new one if None.
    """
    ax = plt.subplots()[1] if ax is None else ax
    classes = list(next(iter(shares.values())))
    width = 0.8 / len(shares)
    hatches = ("", "//", "..", "xx")
    for k, (judge, values) in enumerate(shares.items()):
        places = np.arange(len(classes)) + (k - (len(shares) - 1) / 2) * width
        heights = [values[name] for name in classes]
        ax.bar(
            places,
            heights,
            width,
            label=judge,
            color=style.COLOURS[k],
            hatch=hatches[k],
            edgecolor="white",
        )
    ax.set_xticks(range(len(classes)), classes)
    ax.set(ylabel="share right", ylim=(0, 1.05))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=len(shares))
    return ax


def plot_heard_pitch(
    asked: Sequence[int], heard: Sequence[float], *, ax: Axes | None = None
) -> Axes:
    """Draw how far each note is from the key that was pressed.

    Parameters
    ----------
    asked : sequence of int
        MIDI pitches.
    heard : sequence of float
        MIDI pitches; NaN where none was found is left out.
    ax : Axes, optional
        A new one if None.
    """
    ax = plt.subplots()[1] if ax is None else ax
    off = np.asarray(heard, float) - np.asarray(asked, float)
    ax.axhspan(-0.5, 0.5, color=style.COLOURS[2], alpha=0.25, linewidth=0)
    for octave in (-12, 12):
        ax.axhline(octave, color="0.5", linewidth=0.8, linestyle="--")
    right = np.abs(off) <= 0.5
    ax.plot(np.asarray(asked)[right], off[right], "o", ms=4, label="right key")
    ax.plot(np.asarray(asked)[~right], off[~right], "X", label="another")
    ax.set(
        xlabel="key that was pressed (MIDI pitch)",
        ylabel="heard less pressed\n(semitones)",
    )
    ax.legend(loc="lower right")
    return ax


def plot_partials(
    waveform: np.ndarray,
    sample_rate: int,
    f0_hz: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the spectrum of a note, and where its harmonics should lie.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        One note.
    sample_rate : int
        In Hz.
    f0_hz : float
        Frequency of the key; dotted lines mark its multiples.
    ax : Axes, optional
        A new one if None.
    """
    ax = plt.subplots()[1] if ax is None else ax
    window = np.hanning(len(waveform))
    spectrum = np.abs(np.fft.rfft(waveform * window))
    level_db = 20 * np.log10(spectrum / spectrum.max() + 1e-9)
    frequency_khz = np.fft.rfftfreq(len(waveform), 1 / sample_rate) / 1000
    for k in range(1, int(sample_rate / 2 / f0_hz) + 1):
        ax.axvline(k * f0_hz / 1000, color="0.6", linestyle=":", linewidth=1)
    ax.plot(frequency_khz, level_db)
    ax.set(xlabel="frequency (kHz)", ylabel="level (dB re loudest)")
    ax.set_ylim(FLOOR_DB, 3)
    ax.set_xlim(0, sample_rate / 2000)
    return ax


def _below_loudest(levels_db: Sequence[float]) -> np.ndarray:
    """Return levels relative to the loudest, not below the floor, (T,)."""
    levels = np.asarray(levels_db, float)
    return np.maximum(levels - levels.max(), FLOOR_DB)
