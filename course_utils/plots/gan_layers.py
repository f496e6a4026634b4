"""What the layers of a GAN do to pictures: rows of small panels.

Axes of arrays: F rows (frequency), T frames.

Taught in: notebooks/21_gansynth_layers.ipynb
"""

from collections.abc import Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.plots import style
from course_utils.plots.time_frequency import one_item

PANEL_INCHES = (2.0, 2.4)  # width and height of one panel
PIXEL_INCHES = (0.42, 0.28)  # of a pixel that holds a number
FEW_PIXELS = 100  # pictures of more pixels have no room for numbers


def plot_pictures(
    pictures: Mapping[str, Tensor | np.ndarray],
    *,
    label: str,
    limits: tuple[float, float] = (-1.0, 1.0),
    n_columns: int = 4,
    numbers: bool = False,
) -> np.ndarray:
    """Draw pictures side by side in one scale of colours.

    Parameters
    ----------
    pictures : mapping of str to Tensor or ndarray, shape (F, T)
        Title -> values; sizes may differ.
    label : str
        Quantity and unit of the values, beside the colour bar.
    limits : pair of float
        Values at the two ends of the scale.
    n_columns : int
        Panels in a line, at most.
    numbers : bool
        Whether the values stand in the pixels.

    Returns
    -------
    ndarray of Axes
        One for each picture.

    Raises
    ------
    CourseError
        If there is no picture, one has not two axes, or numbers are wanted
        in a picture of more than 100 pixels.
    """
    if not pictures:
        raise CourseError("a picture or more", "none", "give title and values")
    n_columns = min(n_columns, len(pictures))
    figure, axes = _grid(pictures, n_columns, numbers=numbers)
    for ax, (title, values) in zip(axes, pictures.items(), strict=True):
        values = one_item(values, 2)
        drawn = _panel(ax, values, limits)
        ax.set_title(title)
        if numbers:
            _write_numbers(ax, values, limits)
    figure.colorbar(drawn, ax=list(axes)).set_label(label)
    for ax in axes[::n_columns]:
        ax.set_ylabel("row")
    return axes


def _grid(
    pictures: Mapping[str, Tensor | np.ndarray],
    n_columns: int,
    *,
    numbers: bool,
) -> tuple[Figure, np.ndarray]:
    """Return a figure and one axes for each picture."""
    n_lines = -(-len(pictures) // n_columns)
    width, height = PANEL_INCHES
    if numbers:
        rows = max(values.shape[0] for values in pictures.values())
        frames = max(values.shape[-1] for values in pictures.values())
        width = max(width, PIXEL_INCHES[0] * frames)
        height = max(height, PIXEL_INCHES[1] * rows)
    size = (width * n_columns + 1, height * n_lines)
    figure, grid = plt.subplots(n_lines, n_columns, figsize=size)
    axes = np.atleast_1d(grid).ravel()
    for ax in axes[len(pictures) :]:
        ax.remove()
    return figure, axes[: len(pictures)]


def _panel(
    ax: Axes, values: np.ndarray, limits: tuple[float, float]
) -> AxesImage:
    """Draw one picture, lowest row at the bottom."""
    low, high = limits
    drawn = ax.imshow(
        values,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=style.MAGNITUDE,
        vmin=low,
        vmax=high,
    )
    ax.set_xlabel("frame")
    ax.xaxis.get_major_locator().set_params(integer=True, nbins=4)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    return drawn


def _write_numbers(
    ax: Axes, values: np.ndarray, limits: tuple[float, float]
) -> None:
    """Write each value into its pixel, dark on light or light on dark."""
    if values.size > FEW_PIXELS:
        raise CourseError(
            f"at most {FEW_PIXELS} pixels with numbers",
            f"{values.size} pixels",
            "cut a corner out, or leave the numbers away",
        )
    middle = sum(limits) / 2
    for (row, frame), value in np.ndenumerate(values):
        colour = "black" if value > middle else "white"
        text = np.format_float_positional(value, precision=1, trim="-")
        ax.text(frame, row, text, color=colour, ha="center", va="center")


def plot_padded_vector(
    start: tuple[int, int], *, ax: Axes | None = None
) -> Axes:
    """Draw the first layer as the paper writes it: a kernel over zeros.

    Parameters
    ----------
    start : pair of int
        Rows and frames of the kernel, which are those of the first image.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        The vector stands in the middle of the zeros. The kernel is drawn at
        its first and at its last place; every place holds the vector once.

    Raises
    ------
    CourseError
        If the kernel has no row or no frame.
    """
    rows, frames = start
    if min(start) < 1:
        raise CourseError(
            "1 row and 1 frame or more", start, "give the kernel's size"
        )
    ax = plt.subplots(figsize=(4.5, 3.2))[1] if ax is None else ax
    grid = np.zeros((2 * rows - 1, 2 * frames - 1))
    grid[rows - 1, frames - 1] = 1
    ax.pcolormesh(grid, cmap="Greys", vmax=2, edgecolors="0.8", linewidth=0.5)
    places = {"first place": (0, 0), "last place": (frames - 1, rows - 1)}
    for number, (name, corner) in enumerate(places.items()):
        kernel = Rectangle(corner, frames, rows, fill=False, linewidth=3)
        kernel.set(edgecolor=style.COLOURS[number], label=name)
        kernel.set_linestyle(style.LINES[number])
        ax.add_patch(kernel)
    _point_to(ax, "vector", (frames - 0.5, rows - 0.5))
    ax.set_xticks(range(2 * frames))
    ax.set(xlabel="frame, padded", ylabel="row, padded")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="kernel")
    return ax


def _point_to(ax: Axes, text: str, place: tuple[float, float]) -> None:
    """Write a text above a place, with an arrow."""
    ax.annotate(
        text,
        place,
        (28, 36),
        textcoords="offset points",
        arrowprops={"arrowstyle": "->"},
        bbox={"facecolor": "white", "edgecolor": "none"},
    )
