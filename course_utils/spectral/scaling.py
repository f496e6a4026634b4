"""Images into the range of a network's output, [-1, 1], and back.

Axes: image (B, 2, F, T), channel 0 log-magnitude, 1 phase or IF.

Taught in: notebooks/12_spectral_images.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range


@dataclass(frozen=True)
class Normaliser:
    """Scale and shift of both channels; what leaves [-1, 1] is clipped.

    Parameters
    ----------
    magnitude_scale, magnitude_offset : float
        unit = scale * log-magnitude + offset.
    phase_scale : float
        unit = scale * phase channel.

    Raises
    ------
    CourseError
        If a scale is not positive, so that there is no way back.
    """

    magnitude_scale: float
    magnitude_offset: float
    phase_scale: float

    def __post_init__(self) -> None:
        scales = (self.magnitude_scale, self.phase_scale)
        if not min(scales) > 0:
            raise CourseError(
                "scales above 0", scales, "fit the normaliser to real images"
            )

    def image_to_unit(self, image: Tensor) -> Tensor:
        """Bring images into [-1, 1], as a network with tanh draws them.

        Parameters
        ----------
        image : Tensor, shape (B, 2, F, T)
            Log-magnitude and phase channel, as `waveform_to_image` gives.

        Returns
        -------
        Tensor, shape (B, 2, F, T)
            In [-1, 1]. What lay outside is clipped and cannot come back;
            `share_clipped` counts it.
        """
        return self.scaled(image).clamp(-1, 1)

    def unit_to_image(self, unit: Tensor) -> Tensor:
        """Bring a network's output back: the inverse of `image_to_unit`."""
        scale, offset = self._columns(unit)
        return (unit - offset) / scale

    def share_clipped(self, image: Tensor) -> float:
        """Return the share of values, 0 to 1, that clipping changes."""
        return (self.scaled(image).abs() > 1).float().mean().item()

    def scaled(self, image: Tensor) -> Tensor:
        """Return scale * image + offset, not clipped: gradients pass."""
        scale, offset = self._columns(image)
        return scale * image + offset

    def _columns(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return scale and offset, each (2, 1, 1), as `like` is stored."""
        scale = like.new_tensor([self.magnitude_scale, self.phase_scale])
        offset = like.new_tensor([self.magnitude_offset, 0.0])
        return scale[:, None, None], offset[:, None, None]


# The constants in the GANSynth code of Engel et al. (2019).
PAPER_NORMALISER = Normaliser(0.0661371661726, 0.113718730221, 0.8)


def fit_normaliser(image: Tensor, *, reach: float = 0.8) -> Normaliser:
    """Fit scale and shift to data, so that the range is used and not left.

    Parameters
    ----------
    image : Tensor, shape (B, 2, F, T)
        Real images, many enough to show the loudest and the softest value.
    reach : float
        The softest log-magnitude goes to -reach, the loudest to +reach, and
        a phase channel of 1 to +reach. Below 1, because tanh reaches 1
        never.

    Returns
    -------
    Normaliser
        It clips nothing of `image`.

    Raises
    ------
    CourseError
        If `reach` is not in (0, 1], or all magnitudes are the same.

    Taught in: notebooks/12_spectral_images.ipynb
    """
    check_range("reach", reach, 1e-3, 1.0)
    lowest, highest = torch.aminmax(image[:, 0])
    span = (highest - lowest).item()
    if not span > 0:
        raise CourseError(
            "images with some contrast in the log-magnitude",
            f"the value {lowest.item():.3f} everywhere",
            "fit to real sounds, not to silence",
        )
    scale = 2 * reach / span
    offset = reach - scale * highest.item()
    return Normaliser(scale, offset, reach)
