"""Pictures of a GAN's game: the landscape of scores, and the plan of stages.

Every function draws on `ax` (a new one if None) and returns it.

Axes of arrays: B points.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.plots import style
from course_utils.training.gan_schedules import Stage, place_at

SCORE = "Greys_r"  # sequential: light is "real"
N_GRID = 81  # scores along each side of a landscape
N_PLACES = 800  # points along the line of a plan
LABELLED = 1e6  # images of one tick


@torch.no_grad()
def plot_landscape(
    score: Callable[[Tensor], Tensor],
    real: Tensor,
    drawn: Tensor,
    *,
    reach: float = 1.5,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a discriminator thinks of every point of the plane.

    Parameters
    ----------
    score : callable
        Points (B, 2, 1, 1) -> scores (B,); high is real.
    real, drawn : Tensor, shape (B, 2, 1, 1)
        Points to lay over it: dots, and crosses.
    reach : float
        The picture goes from -reach to reach on both sides.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        Light where the score is high. Each picture has its own scale, from
        its lowest to its highest score.
    """
    ax = plt.subplots(figsize=(4, 4))[1] if ax is None else ax
    side = torch.linspace(-reach, reach, N_GRID)
    up, right = torch.meshgrid(side, side, indexing="ij")
    grid = torch.stack([right, up], dim=-1).reshape(-1, 2, 1, 1)
    heights = score(grid).reshape(N_GRID, N_GRID).numpy()
    box = (-reach, reach, -reach, reach)
    ax.imshow(heights, extent=box, cmap=SCORE, aspect="equal")
    for points, marker, colour, name in (
        (real, ".", style.COLOURS[0], "real"),
        (drawn, "x", style.COLOURS[1], "drawn"),
    ):
        x, y = points.flatten(1).T.numpy()
        look = {"marker": marker, "color": colour, "label": name}
        ax.plot(x, y, linestyle="none", markersize=3, alpha=0.7, **look)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    return ax


def plot_stages(
    stages: Sequence[Stage],
    sizes: Sequence[str],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw which size of image is trained when, and how new sizes fade in.

    Parameters
    ----------
    stages : sequence of Stage
        The plan.
    sizes : sequence of str
        Name of every block's image, the smallest first.
    ax : Axes, optional
        A new one if None.

    Returns
    -------
    Axes
        Level stretches are stable stages. On a slope, the height between
        two sizes is alpha, the weight of the new one.

    Raises
    ------
    CourseError
        If a block of the plan has no name.
    """
    n_blocks = max(stage.block for stage in stages) + 1
    if len(sizes) < n_blocks:
        raise CourseError(
            f"names of {n_blocks} sizes", len(sizes), "name every block's size"
        )
    ax = plt.subplots()[1] if ax is None else ax
    total = sum(stage.n_images for stage in stages)
    shown = np.linspace(0, total, N_PLACES)
    places = [place_at(stages, int(n_images)) for n_images in shown]
    heights = [place.block - 1 + place.alpha for place in places]
    ax.plot(shown / LABELLED, heights)
    start = 0
    for stage in stages:
        if stage.fades_in:
            ends = (start / LABELLED, (start + stage.n_images) / LABELLED)
            ax.axvspan(*ends, color="0.9", zorder=0)
        start += stage.n_images
    ax.set_yticks(range(n_blocks), list(sizes)[:n_blocks])
    ax.set(xlabel="real images shown (millions)", ylabel="frames × rows")
    ax.margins(x=0)
    return ax
