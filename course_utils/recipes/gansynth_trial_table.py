"""The table of small trials: each is one change of one base recipe.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from course_utils.data.note_set import NoteSetConfig
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes.gansynth_notes import PROGRAMS
from course_utils.recipes.gansynth_presets import GanRecipe
from course_utils.spectral.image import IMAGES
from course_utils.training.gan_failing_losses import Saturating, SigmoidMse
from course_utils.training.gan_loop import GanPlan
from course_utils.training.gan_losses import NonSaturatingR1, WassersteinGp
from course_utils.training.gan_schedules import (
    Constant,
    CosineRestarts,
    MultiStep,
    Stage,
    growing_stages,
)

N_IMAGES = 20_000  # real images shown in each trial
TIMBRES = ("brass", "flute", "mallet", "string")
OCTAVE = tuple(range(60, 73))
RATE = 8e-3  # of both networks


def _base() -> GanRecipe:
    """Return the recipe that every trial changes.

    A quarter of a second of 13 pitches and 4 timbres: the fast design of
    preset cpu, small enough to be trained in minutes, from nothing.
    """
    programs = tuple(p for name in TIMBRES for p in PROGRAMS[name])
    notes = NoteSetConfig(
        TIMBRES, OCTAVE, programs, n_samples=4000, fade_s=0.02
    )
    model = GanSynthConfig(
        len(OCTAVE),
        len(TIMBRES),
        channels=(128, 128, 128),
        start=(1, 16),
        growth=(1, 2),
        folding=(128, 1),
        n_latent=64,
        condition_scale=8.0,
    )
    plan = GanPlan(
        (Stage(2, N_IMAGES, 16),),
        Constant(RATE),
        Constant(RATE),
        half_life=1_500,
        n_images=N_IMAGES,
        sample_every=2_500,
    )
    image = replace(IMAGES["smoke"], phase="if_centred", log_offset=1e-2)
    return GanRecipe(notes, image, model, NonSaturatingR1(), plan, hears=False)


BASE = _base()

# Twice the frequency resolution, half the frames: equally many numbers.
HIGH = {
    "image.n_fft": 512,
    "image.hop_length": 128,
    "image.n_frames": 32,
    "model.folding": (256, 1),
    "model.start": (1, 8),
}
# The design of the paper for images of 128 x 64, all channels / 4.
PAPER = {
    "image.phase": "if",
    "model.channels": (64, 64, 64, 32, 16, 8),
    "model.start": (4, 2),
    "model.growth": (2, 2),
    "model.folding": (1, 1),
    "model.condition_scale": 1.0,
    "loss": WassersteinGp(),
    "plan.stages": growing_stages(6, 300, (8,) * 6),
    "plan.generator_rate": Constant(8e-4),
    "plan.discriminator_rate": Constant(8e-4),
    "plan.half_life": 5_545,
    "quiet_phase": False,
    "bfloat16": False,
}


@dataclass(frozen=True)
class Trial:
    """One change of the base recipe.

    Parameters
    ----------
    title : str
        What it is, for a table.
    changes : mapping
        Path of a setting, such as `image.phase` -> its value.
    seconds : bool
        True if it gets as many seconds as the base took, not as many images.
    nets_2022 : bool
        The networks of `models.gan_2022`.
    seed : int
        Of first weights, order of the notes and all noise.
    base : GanRecipe, optional
        What is changed; None for the base of the small trials.
    """

    title: str
    changes: Mapping[str, object] = field(default_factory=dict)
    seconds: bool = False
    nets_2022: bool = False
    seed: int = 0
    base: GanRecipe | None = None

    def recipe(self) -> GanRecipe:
        """Return the base recipe with the changes made."""
        return changed(self.base or BASE, self.changes)

    def line(self) -> str:
        """Return the changes as code."""
        parts = [f"{k} = {_code(value)}" for k, value in self.changes.items()]
        if self.nets_2022:
            parts.append("nets = Generator2022, Discriminator2022")
        if self.seed:
            parts.append(f"seed = {self.seed}")
        return "; ".join(parts) or "nothing changed"


def _code(value: object) -> str:
    """Return a value as code; a list of stages only by its length."""
    if isinstance(value, tuple) and isinstance(value[0], Stage):
        return f"({len(value)} stages, from block 0 to {value[-1].block})"
    return repr(value)


def changed(recipe: GanRecipe, changes: Mapping[str, object]) -> GanRecipe:
    """Return a recipe with other values at some paths.

    Parameters
    ----------
    recipe : GanRecipe
        Not changed itself.
    changes : mapping
        Path -> value. All settings of one part are set together, so that
        sizes that must fit each other can change.
    """
    parts: dict[str, object] = {}
    inside: dict[str, dict[str, object]] = {}
    for path, value in changes.items():
        part, _, name = path.partition(".")
        if name:
            inside.setdefault(part, {})[name] = value
        else:
            parts[part] = value
    for part, values in inside.items():
        parts[part] = replace(getattr(recipe, part), **values)
    return replace(recipe, **parts)


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        "base": Trial("the base (IF, centred)"),
        "base_again": Trial("the same with another seed", seed=1),
        "collapse": Trial(
            "one sound of each kind", {"model.condition_scale": 1000.0}
        ),
        "runaway": Trial(
            "a generator that wins",
            {"plan.discriminator_rate": Constant(RATE / 100)},
        ),
        "phase": Trial("raw phase", {"image.phase": "raw"}),
        "no_pitch": Trial(
            "no pitch conditioning", {"model.condition_scale": 0.0}
        ),
        "batchnorm_mse": Trial(
            "BatchNorm and MSE, as in 2022",
            {
                "image.phase": "raw",
                "loss": SigmoidMse(),
                "plan.generator_rate": Constant(1e-3),
                "plan.discriminator_rate": Constant(1e-3),
            },
            nets_2022=True,
        ),
        "discriminator_wins": Trial(
            "a discriminator that wins", {"loss": Saturating()}
        ),
        "if": Trial("IF", {"image.phase": "if"}),
        "if_mel": Trial("IF-Mel", {"image.phase": "if", "image.scale": "mel"}),
        "pair": Trial(
            "MultiStep + cosine restarts",
            {
                "plan.generator_rate": MultiStep(
                    RATE, (N_IMAGES * 6 // 10, N_IMAGES * 8 // 10)
                ),
                "plan.discriminator_rate": CosineRestarts(
                    RATE, N_IMAGES // 4, floor=RATE / 4
                ),
            },
        ),
        "paper": Trial("the paper's design", PAPER, seconds=True),
        "base_high": Trial("IF, centred + H", HIGH),
        "if_high": Trial("IF + H", {"image.phase": "if"} | HIGH),
        "phase_high": Trial("raw phase + H", {"image.phase": "raw"} | HIGH),
        "if_mel_high": Trial(
            "IF-Mel + H", {"image.phase": "if", "image.scale": "mel"} | HIGH
        ),
        "mel_centred": Trial("IF-Mel, centred", {"image.scale": "mel"}),
        "mel_centred_high": Trial(
            "IF-Mel, centred + H", {"image.scale": "mel"} | HIGH
        ),
        "hears": Trial("hears what it draws", {"hears": True}),
        "paper_rate": Trial(
            "the paper's design, rate x 10",
            PAPER
            | {
                "plan.generator_rate": Constant(RATE),
                "plan.discriminator_rate": Constant(RATE),
            },
            seconds=True,
        ),
    }
)
