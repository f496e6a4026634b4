"""How a training hears notes: as pictures, soiled, without quiet phases.

Real notes are analysed; drawn pictures are played and analysed again. What
the discriminator is shown of both is made here, by the same rules.

Axes: B notes, N samples, F rows, T frames; unit images (B, 2, F, T).

Taught in: notebooks/22_losses_and_schedules.ipynb
"""

import torch
from torch import Tensor

from course_utils.models.gansynth import Labels
from course_utils.recipes.gansynth_presets import GanRecipe
from course_utils.recipes.note_variation import soil_notes
from course_utils.spectral.image import waveform_to_image
from course_utils.spectral.reanalysis import QuietPhase, Reanalysis
from course_utils.spectral.scaling import Normaliser, fit_normaliser
from course_utils.training.gan_variety import (
    VarietyTerm,
    coarse_levels,
    real_variety,
)

N_FITTED = 1024  # notes, at most, that the normaliser is fitted to
CHUNK = 32  # notes analysed at once


class Ear:
    """What becomes of notes before a discriminator judges them.

    Parameters
    ----------
    recipe : GanRecipe
        Sizes and rules.
    waveforms : Tensor, shape (M, N)
        The notes to learn; the normaliser is fitted to them if the recipe
        has none.
    rng : torch.Generator
        Soils notes; the training's own.
    """

    def __init__(
        self, recipe: GanRecipe, waveforms: Tensor, rng: torch.Generator
    ) -> None:
        self.recipe = recipe
        self.rng = rng
        known = recipe.normaliser
        normaliser = known or _fitted(recipe, waveforms)
        self.codec = Reanalysis(recipe.image, normaliser)
        self.quiet = QuietPhase(normaliser)

    def seen(self, waveforms: Tensor, *, soil: bool) -> Tensor:
        """Return real sounds as unit images, soiled or clean."""
        waveforms = self._soiled(waveforms) if soil else waveforms
        return self._faded(self._unit(waveforms))

    def listen(self, images: Tensor) -> Tensor:
        """Return drawn images as the discriminator sees them."""
        full = images.shape[1:] == self.recipe.model.image_shape()
        if self.recipe.hears and full:
            played = self._soiled(self.codec.unit_to_waveform(images))
            images = self.codec.waveform_to_unit(played)
        return self._faded(images)

    def variety(self, waveforms: Tensor, labels: Labels) -> VarietyTerm | None:
        """Return the term that asks for as much variety as these notes have.

        None if the recipe does not ask for it.
        """
        if not self.recipe.variety_weight:
            return None
        parts = waveforms.split(CHUNK)
        levels = torch.cat([coarse_levels(self._unit(p)) for p in parts])
        labels = Labels(*(part.cpu() for part in labels))
        target = real_variety(levels, labels)
        return VarietyTerm(self.recipe.variety_weight, target)

    def _unit(self, waveforms: Tensor) -> Tensor:
        """Return sounds as unit images."""
        return self.codec.waveform_to_unit(waveforms).clamp(-1, 1)

    def _soiled(self, waveforms: Tensor) -> Tensor:
        """Return sounds as rough and noisy as the recipe wants them."""
        soiled = self.recipe.soiled
        if soiled is None:
            return waveforms
        return soil_notes(waveforms, soiled, self.rng)

    def _faded(self, images: Tensor) -> Tensor:
        """Return images without quiet phases, if the recipe says so."""
        return self.quiet.faded(images) if self.recipe.quiet_phase else images


def _fitted(recipe: GanRecipe, waveforms: Tensor) -> Normaliser:
    """Return the normaliser that fits the notes."""
    step = -(-len(waveforms) // N_FITTED)  # rounded up
    images = [
        waveform_to_image(part, recipe.image)
        for part in waveforms[::step].split(CHUNK)
    ]
    return fit_normaliser(torch.cat(images), reach=0.9)
