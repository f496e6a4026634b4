"""A page of what a GAN draws: the images of several notes, named.

Axes of arrays: B notes, F rows, T frames. Colours go by kind: level magma,
phase twilight, IF red and blue around 0.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file
from course_utils.basics.pitch import midi_to_name
from course_utils.plots import style
from course_utils.plots.time_frequency import image_box
from course_utils.spectral.image import ImageConfig

N_COLUMNS = 8
MAX_NOTES = 16
WIDTH, HEIGHT = 1.35, 2.5  # inches a note, both its pictures together
DPI = 100


def note_names(pitches: Sequence[int], timbres: Sequence[str]) -> list[str]:
    """Return titles such as "C4 brass".

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    return [
        f"{midi_to_name(pitch)} {timbre or ''}".strip()
        for pitch, timbre in zip(pitches, timbres, strict=True)
    ]


def plot_samples(
    images: Tensor,
    names: Sequence[str],
    config: ImageConfig | None = None,
    *,
    figure: Figure | None = None,
) -> np.ndarray:
    """Draw the level of each note above its phase channel.

    Parameters
    ----------
    images : Tensor, shape (B, 2, F, T)
        In a network's range, [-1, 1]; small ones of an early stage too. The
        first sixteen are drawn.
    names : sequence of str
        One title a note.
    config : ImageConfig, optional
        Gives the axes their kHz and seconds, and the phase its colours.
    figure : Figure, optional
        Drawn on; a new one if None.

    Returns
    -------
    ndarray of Axes, shape (2 * rows of notes, columns)
        Level and phase in turn.

    Raises
    ------
    CourseError
        If there is no image, or not one name for each.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    _check(images, names)
    n_notes = min(len(images), MAX_NOTES)
    n_columns = min(n_notes, N_COLUMNS)
    n_rows = -(-n_notes // n_columns)
    if figure is None:
        size = (WIDTH * n_columns + 0.6, HEIGHT * n_rows + 0.4)
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    axes = figure.subplots(
        2 * n_rows, n_columns, sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat:
        ax.set_visible(False)
    for k in range(n_notes):
        row, column = 2 * (k // n_columns), k % n_columns
        pair = axes[row, column], axes[row + 1, column]
        _draw_note(pair, images[k].detach().cpu().numpy(), config)
        pair[0].set_title(names[k], fontsize="small")
    _label(figure, config)
    return axes


def save_samples(
    path: Path | str,
    images: Tensor,
    names: Sequence[str],
    config: ImageConfig | None = None,
) -> None:
    """Write the page as a PNG file, whole or not at all.

    See `plot_samples` for the arguments and errors.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    figure = plot_samples(images, names, config)[0, 0].figure
    with atomic_file(path) as part:
        figure.savefig(part, format="png")


def _draw_note(
    pair: tuple[Axes, Axes], image: np.ndarray, config: ImageConfig | None
) -> None:
    """Draw both channels of one note."""
    raw = config is not None and config.phase == "raw"
    colours = (style.MAGNITUDE, style.PHASE if raw else style.FREQUENCY)
    box = None if config is None else image_box(config)
    for ax, channel, colour in zip(pair, image, colours, strict=True):
        ax.set_visible(True)
        ax.imshow(
            channel,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            extent=box,
            cmap=colour,
            vmin=-1,
            vmax=1,
        )
        ax.tick_params(labelsize="x-small")
        ax.label_outer()


def _label(figure: Figure, config: ImageConfig | None) -> None:
    """Name the axes once for the whole page."""
    small = {"fontsize": "small"}
    if config is None:
        figure.supxlabel("frame", **small)
        figure.supylabel("row: level above, phase channel below", **small)
        return
    mel = config.scale == "mel"
    figure.supxlabel("time (s)", **small)
    quantity = "mel row" if mel else "frequency (kHz)"
    figure.supylabel(f"{quantity}: level above, phase below", **small)


def _check(images: Tensor, names: Sequence[str]) -> None:
    """Refuse a page without images, or with other names."""
    fits = images.ndim == 4 and images.shape[1] == 2
    if not fits or not len(images) or len(names) != len(images):
        raise CourseError(
            "images of shape (B, 2, F, T), B > 0, and B names",
            f"shape {tuple(images.shape)} and {len(names)} names",
            "give the images of one sample and its note_names",
        )
