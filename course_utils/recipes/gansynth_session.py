"""One training of the GAN: its state, its samples, and how it is saved.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from course_utils.basics.runtime import (
    best_device,
    bfloat16_is_fast,
    torch_rng,
)
from course_utils.data.note_set import NoteSet
from course_utils.data.streams import ShuffledPlaces
from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import Labels
from course_utils.models.generator import Generator
from course_utils.models.layers import downsample, fold, init_equalised, unfold
from course_utils.recipes.gansynth_ear import CHUNK, Ear
from course_utils.recipes.gansynth_presets import GanRecipe
from course_utils.recipes.runs import Run
from course_utils.training.gan_loop import GanProgress, fit_gan
from course_utils.training.gan_losses import Batch
from course_utils.training.gan_schedules import Place
from course_utils.training.gan_steps import GanNets, GanRules
from course_utils.training.history import History
from course_utils.training.processes import join

N_SAMPLED = 128  # notes of each sample
FIRST_STROKE = 0.05  # first weights that draw over the mean pictures
SAMPLE_SEED = 12_345  # the same notes in every sample of every training


@dataclass(frozen=True)
class Sample:
    """What the averaged generator draws at one moment of a training.

    Parameters
    ----------
    n_images : int
        Real images shown so far.
    images : Tensor, shape (128, 2, F, T)
        As drawn, in [-1, 1].
    waveforms : Tensor, shape (128, N) or (0, N)
        As heard; none while the images have not their full size.
    pitches : list of int
        MIDI.
    timbres : list of str
        Names.
    """

    n_images: int
    images: Tensor
    waveforms: Tensor
    pitches: list[int]
    timbres: list[str]


class GanSession:
    """One training: what is in memory, and how it is saved and restored.

    Parameters
    ----------
    recipe : GanRecipe
        Sizes and rules.
    train : NoteSet
        The notes to learn.
    run : Run
        The folder it is saved in.
    about : dict
        Preset, seed, data and the recipe's facts; a resumed training must
        have the same.
    keep : callable
        Takes a `Sample`, writes it, and returns numbers for the history.
    """

    def __init__(
        self,
        recipe: GanRecipe,
        train: NoteSet,
        run: Run,
        about: dict,
        keep: Callable[[Sample], dict[str, float]],
    ) -> None:
        self.recipe = recipe
        self.train = train
        self.run = run
        self.about = about
        self.keep = keep
        self.processes = join()
        self.device = best_device()
        self.rng = torch_rng(about["seed"])
        self.places = ShuffledPlaces(len(train), about["seed"])
        self.progress = GanProgress()
        self.labels = note_labels(train, recipe)
        self.ear = Ear(recipe, train.waveforms, self.rng)
        self.codec = self.ear.codec
        self.nets = self._new_nets()
        if self.processes.size > 1:
            last_block = self.nets.discriminator.blocks[0]
            last_block.variance_of = self.processes.variance

    def fit(self, n_images: int) -> GanProgress:
        """Train until `n_images` were shown; leave the state on disk."""
        recipe = self.recipe
        plan = recipe.plan.until(n_images)
        variety = self.ear.variety(self.train.waveforms, self.labels)
        bfloat16 = recipe.bfloat16 and bfloat16_is_fast(self.device)
        how = (self.ear.listen, bfloat16, variety, self.processes)
        rules = GanRules(recipe.loss, *how)
        fit_gan(
            self.nets,
            rules,
            plan,
            self.progress,
            self.real_batch,
            self.draw_labels,
            self.rng,
            sample=self.sample,
            save=self.save,
        )
        return self.progress

    def real_batch(self, place: Place) -> Batch:
        """Return the next real notes as the discriminator sees them."""
        chosen = self.places.take(place.batch_size)
        soil = place.block == self.recipe.model.n_blocks - 1
        with self.processes.part(len(chosen)) as part:
            chosen = chosen[part.rows]
            waveforms = self.train.waveforms[chosen].to(self.device)
            unit = self.ear.seen(waveforms, soil=soil)
        images = self._shrunk(unit, place.block)
        return Batch(images, self.labels.rows(chosen))

    def draw_labels(self, batch_size: int) -> Labels:
        """Return labels to draw, as frequent as among the notes."""
        chosen = torch.randint(
            len(self.train), (batch_size,), generator=self.rng
        )
        return self.labels.rows(chosen)

    def sample(self, place: Place) -> dict[str, float]:
        """Draw the same notes as ever, hand them on, return numbers."""
        if not self.processes.is_main:
            return {}
        rng = torch_rng(SAMPLE_SEED)
        chosen = torch.randint(len(self.train), (N_SAMPLED,), generator=rng)
        labels = self.labels.rows(chosen)
        n_latent = self.recipe.model.n_latent
        z = torch.randn(N_SAMPLED, n_latent, generator=rng).to(self.device)
        with torch.no_grad():
            images = self.nets.average(z, labels, place.block, place.alpha)
        full = images.shape[1:] == self.recipe.model.image_shape()
        waveforms = images.new_zeros(0, self.recipe.image.n_samples)
        if full:
            waveforms = self.codec.unit_to_waveform(images)
        names = self.train.timbre_names
        return self.keep(
            Sample(
                self.progress.n_images,
                images.cpu(),
                waveforms.cpu(),
                self.train.pitches[chosen].tolist(),
                [names[i] for i in self.train.timbres[chosen].tolist()],
            )
        )

    def save(self) -> None:
        """Write the player and where the training stands."""
        if self.processes.is_main:
            self.run.save_model(self._model_state())
            self.run.save_training(self._training_state())
            self.progress.history.write_csv(self.run.folder / "history.csv")
        self.processes.wait()

    def restore(self) -> None:
        """Go on where the folder's training stands, if there is one."""
        saved = self.run.load_training(self.about)
        step = 0 if saved is None else saved["step"]
        self.processes.check_alike("the step to go on from", step)
        self.processes.check_alike("the number of notes", len(self.train))
        if saved is None:
            return
        nets = self.nets
        for name in ("generator", "discriminator", "average"):
            getattr(nets, name).load_state_dict(saved[name])
        nets.generator_optimizer.load_state_dict(saved["generator_optimizer"])
        nets.discriminator_optimizer.load_state_dict(
            saved["discriminator_optimizer"]
        )
        self.rng.set_state(saved["rng"])
        self.places.seek(saved["place"])
        self.progress = GanProgress(
            saved["step"],
            saved["n_images"],
            saved["seconds"],
            History(saved["history"]),
        )

    def _new_nets(self) -> GanNets:
        """Return untrained networks, all chance from the seed."""
        config = self.recipe.model
        generator, discriminator = Generator(config), Discriminator(config)
        init_equalised(generator, self.rng)
        init_equalised(discriminator, self.rng)
        if generator.mean is not None:
            self._fit_mean(generator)
        average = Generator(config)
        average.load_state_dict(generator.state_dict())
        for net in (generator, discriminator, average):
            net.to(self.device, memory_format=torch.channels_last)
        return GanNets(generator, discriminator, average)

    def _fit_mean(self, generator: Generator) -> None:
        """Let the generator start from the mean pictures of the notes."""
        means = [
            generator.mean.shrunk(self.codec.waveform_to_unit(part))
            for part in self.train.waveforms.split(CHUNK)
        ]
        generator.mean.fit(torch.cat(means), *(p.cpu() for p in self.labels))
        with torch.no_grad():
            for layer in generator.to_image:
                layer.weight *= FIRST_STROKE

    def _shrunk(self, unit: Tensor, block: int) -> Tensor:
        """Return real images at the size of a block."""
        config = self.recipe.model
        steps = config.n_blocks - 1 - block
        if not steps:
            return unit
        factors = tuple(growth**steps for growth in config.growth)
        folded = fold(unit, config.folding)
        return unfold(downsample(folded, factors), config.folding)

    def _model_state(self) -> dict:
        """Return what is needed to play, and what is known of it."""
        recipe, progress = self.recipe, self.progress
        return {
            "about": self.about,
            "config": asdict(recipe.model),
            "image": asdict(recipe.image),
            "normaliser": asdict(self.codec.normaliser),
            "pitches": list(recipe.notes.pitches),
            "timbres": list(recipe.notes.timbres),
            "peak": recipe.notes.peak,
            "n_images": progress.n_images,
            "seconds": progress.seconds,
            "weights": self.nets.average.state_dict(),
        }

    def _training_state(self) -> dict:
        """Return everything that decides how the training goes on."""
        nets, progress = self.nets, self.progress
        return {
            "about": self.about,
            "generator": nets.generator.state_dict(),
            "discriminator": nets.discriminator.state_dict(),
            "average": nets.average.state_dict(),
            "generator_optimizer": nets.generator_optimizer.state_dict(),
            "discriminator_optimizer": (
                nets.discriminator_optimizer.state_dict()
            ),
            "rng": self.rng.get_state(),
            "place": self.places.place(),
            "step": progress.step,
            "n_images": progress.n_images,
            "seconds": progress.seconds,
            "history": progress.history.rows,
        }


def note_labels(notes: NoteSet, recipe: GanRecipe) -> Labels:
    """Return the indices of pitch and timbre that a network is given."""
    place = {pitch: i for i, pitch in enumerate(recipe.notes.pitches)}
    pitch = torch.tensor([place[p] for p in notes.pitches.tolist()])
    device = best_device()
    return Labels(pitch.to(device), notes.timbres.to(device))
