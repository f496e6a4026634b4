"""One look for every figure: readable, light, safe for colour-blind readers.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import matplotlib as mpl
from cycler import cycler

# Okabe and Ito's colours (2008), without the yellow that fades on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
MAGNITUDE = "magma"  # sequential
PHASE = "twilight"  # cyclic
FREQUENCY = "RdBu_r"  # diverging: instantaneous frequency around 0

SETTINGS = {
    "figure.figsize": (8.0, 3.2),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.titlesize": "medium",
    "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINES),
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "image.aspect": "auto",
    "image.origin": "lower",
    "image.cmap": MAGNITUDE,
}


def use() -> None:
    """Set the course's look for all figures that follow."""
    mpl.rcParams.update(SETTINGS)
