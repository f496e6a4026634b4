"""What a GANSynth checkpoint says of itself, checked before it is used.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math

from course_utils.basics.checks import check_choice, check_range
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes.config_kinds import check_kinds
from course_utils.spectral.image import ImageConfig
from course_utils.spectral.scaling import Normaliser

MAX_RATE = 200_000  # Hz, of any sound card
MAX_POINTS = 2**23  # of an image; the paper's has 2 x 1024 x 128


def parts_of(
    state: dict,
) -> tuple[GanSynthConfig, ImageConfig, Normaliser]:
    """Return the sizes of the network and of its images, and their scales.

    Parameters
    ----------
    state : dict
        The checkpoint, from anywhere.

    Returns
    -------
    (GanSynthConfig, ImageConfig, Normaliser)
        Sizes that fit each other, and the lists of pitches and timbres.

    Raises
    ------
    CourseError
        If they do not, or the images are larger than any that we draw. What
        is missing or of another kind raises as Python does.
    """
    config = GanSynthConfig(**state["config"])
    image = ImageConfig(**state["image"])
    scales = Normaliser(**state["normaliser"])
    for part in (config, image, scales):
        check_kinds(part)
    check_choice("shape of the images", image.shape, [config.image_shape()])
    check_range("points of an image", math.prod(image.shape), 1, MAX_POINTS)
    check_range("sample rate", image.sample_rate, 1_000, MAX_RATE, "Hz")
    for what in ("pitches", "timbres"):
        n = getattr(config, f"n_{what}")
        check_choice(f"number of {what}", len(state[what]), [n])
    for pitch in state["pitches"]:
        check_choice("pitch", pitch, range(128))
    _check_all("pitch", state["pitches"], int)
    _check_all("timbre", state["timbres"], str)
    check_range("peak", state["peak"], 0.01, 1.0)
    return config, image, scales


def _check_all(what: str, values: list, kind: type) -> None:
    """Make sure that all values of a list are of one kind."""
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"a {what} of kind {type(value).__name__}")
