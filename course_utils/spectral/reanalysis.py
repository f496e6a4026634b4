"""Hear a drawn image before it is judged: play it, and analyse it again.

Nearly every image is the transform of no sound: frames overlap, so
neighbouring pixels must agree, and a network's do not quite. Played, such an
image gives a sound whose own image is another one. A discriminator that is
shown this other image judges what is really heard.

Axes: unit images (B, 2, F, T), as `spectral.scaling` makes them.

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.spectral.image import (
    ImageConfig,
    image_to_waveform,
    waveform_to_image,
)
from course_utils.spectral.scaling import Normaliser

DB_PER_NEPER = 20 / math.log(10)  # of a log-magnitude


@dataclass(frozen=True)
class Reanalysis:
    """Unit images into waveforms, and waveforms into unit images.

    Parameters
    ----------
    image : ImageConfig
        Sizes and kind of the images.
    normaliser : Normaliser
        Their range.
    """

    image: ImageConfig
    normaliser: Normaliser

    def unit_to_waveform(self, unit: Tensor) -> Tensor:
        """Play images: (B, 2, F, T) -> (B, n_samples), differentiable."""
        image = self.normaliser.unit_to_image(unit)
        return image_to_waveform(image, self.image)

    def waveform_to_unit(self, waveform: Tensor) -> Tensor:
        """Draw sounds: the inverse. Not clipped, so gradients pass."""
        image = waveform_to_image(waveform, self.image)
        return self.normaliser.scaled(image)

    def heard(self, unit: Tensor) -> Tensor:
        """Return the images of what the images sound like.

        The same images come back where they were made from a sound.
        """
        return self.waveform_to_unit(self.unit_to_waveform(unit))


@dataclass(frozen=True)
class QuietPhase:
    """Fade the phase channel out where there is nothing to hear.

    Far below the loudest value phase is noise. A discriminator need not judge
    it, and a generator need not draw it.

    Parameters
    ----------
    normaliser : Normaliser
        Range of the images.
    silent_db, full_db : float
        Levels below the loudest value a network can draw, in dB: at the
        first the phase is 0, from the second on it stays as it is.
    """

    normaliser: Normaliser
    silent_db: float = -85.0
    full_db: float = -65.0

    def faded(self, unit: Tensor) -> Tensor:
        """Return the images with quiet phases faded out."""
        magnitude, phase = unit.split(1, dim=1)
        per_db = self.normaliser.magnitude_scale / DB_PER_NEPER
        below_db = (magnitude - 1) / per_db
        weight = (below_db - self.silent_db) / (self.full_db - self.silent_db)
        return torch.cat([magnitude, phase * weight.clamp(0, 1)], dim=1)
