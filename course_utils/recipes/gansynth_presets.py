"""How the GAN of each preset is built and trained.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType

from course_utils.basics.checks import CourseError
from course_utils.data.note_set import NoteSetConfig
from course_utils.models import gansynth
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes.gansynth_notes import NOTES
from course_utils.recipes.note_variation import Variation
from course_utils.spectral.image import IMAGES, ImageConfig
from course_utils.spectral.scaling import PAPER_NORMALISER, Normaliser
from course_utils.training.gan_loop import GanPlan
from course_utils.training.gan_losses import NonSaturatingR1, WassersteinGp
from course_utils.training.gan_schedules import (
    Constant,
    CosineRestarts,
    MultiStep,
    Stage,
    growing_stages,
)


@dataclass(frozen=True)
class GanRecipe:
    """Everything that decides about a training but data and seed.

    Parameters
    ----------
    notes : NoteSetConfig
        Which notes are learnt.
    image : ImageConfig
        Their pictures.
    model : GanSynthConfig
        Both networks.
    loss : WassersteinGp or NonSaturatingR1
        What they are trained by.
    plan : GanPlan
        Stages, learning rates, length.
    normaliser : Normaliser, optional
        Range of the pictures; fitted to the training notes if not given.
    hears : bool
        Drawn pictures are played and analysed again before they are judged
        (see `spectral.reanalysis`).
    quiet_phase : bool
        The discriminator sees no phase where there is nothing to hear.
    soiled : Variation, optional
        How drawn and real notes are roughened and soiled before they are
        judged; drawn ones only if `hears`.
    variety_weight : float
        Of the term that asks for variety (see `training.gan_variety`); only
        for a training in one stage.
    bfloat16 : bool
        Multiply in bfloat16 where that is fast.
    """

    notes: NoteSetConfig
    image: ImageConfig
    model: GanSynthConfig
    loss: WassersteinGp | NonSaturatingR1
    plan: GanPlan
    normaliser: Normaliser | None = None
    hears: bool = True
    quiet_phase: bool = True
    soiled: Variation | None = None
    variety_weight: float = 0.0
    bfloat16: bool = True
    loss_name: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.soiled is not None and not self.hears:
            raise CourseError(
                "soiled notes with hears=True only",
                "hears=False",
                "a drawing that is not played cannot be soiled like a sound",
            )
        if self.variety_weight and len(self.plan.stages) > 1:
            raise CourseError(
                "a variety_weight of 0 where images grow",
                self.variety_weight,
                "variety is measured on images of full size",
            )
        object.__setattr__(self, "loss_name", type(self.loss).__name__)

    def facts(self) -> dict:
        """Return all of it as plain values, without the training's length.

        Two trainings with equal facts are steps of the same training.
        """
        facts = asdict(self)
        for free in ("n_images", "sample_every", "save_every_s"):
            del facts["plan"][free]
        return _plain(facts)


def _plain(value: object) -> object:
    """Return a value as a checkpoint will give it back: lists, no tuples."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _model(preset: str, **changes: object) -> GanSynthConfig:
    """Return the networks of a preset, for the notes of that preset."""
    notes = NOTES[preset]
    sizes = gansynth.PRESETS[preset] | changes
    return GanSynthConfig(len(notes.pitches), len(notes.timbres), **sizes)


def _image(preset: str) -> ImageConfig:
    """Return the pictures of the small presets.

    A larger offset than the paper's lifts the floor to 0.01, about 75 dB
    below the loudest value: what is softer is not heard, nor need be drawn.
    """
    return replace(IMAGES[preset], phase="if_centred", log_offset=0.01)


def _fast_plan(
    block: int, n_images: int, batch_size: int, sample_every: int
) -> GanPlan:
    """Return one stage at full size, with the 2022 study's two schedules.

    The generator is slower than the discriminator and begins at rest: the
    mean pictures that it starts from must not be lost before the
    discriminator knows them from real notes.
    """
    falls = tuple(n_images * tenths // 10 for tenths in (4, 6, 8))
    return GanPlan(
        stages=(Stage(block, n_images, batch_size),),
        generator_rate=MultiStep(2e-3, falls, warm_up=n_images // 40),
        discriminator_rate=CosineRestarts(8e-3, n_images // 4, floor=4e-3),
        half_life=max(n_images // 20, 1),
        n_images=n_images,
        sample_every=sample_every,
    )


# Half of the notes; nothing that would make another note of them.
SOILED = Variation(0, 0, 0.3, (-70.0, -30.0), (-6.0, 0.0), share=0.5)
FAST_LOSS = NonSaturatingR1(penalty_weight=2.0, class_weight=1.0)

# The batch of the paper is 8 for every size; its networks grow from 2 x 16.
RECIPES = MappingProxyType(
    {
        "smoke": GanRecipe(
            NOTES["smoke"],
            _image("smoke"),
            _model("smoke"),
            FAST_LOSS,
            _fast_plan(2, 256, 8, 128),
            soiled=SOILED,
            variety_weight=0.25,
        ),
        "cpu": GanRecipe(
            NOTES["cpu"],
            _image("cpu"),
            _model("cpu"),
            FAST_LOSS,
            _fast_plan(2, 40_000, 16, 2_500),
            soiled=SOILED,
            variety_weight=0.25,
        ),
        "colab": GanRecipe(
            NOTES["colab"],
            _image("colab"),
            _model("colab"),
            FAST_LOSS,
            _fast_plan(3, 400_000, 32, 20_000),
            soiled=SOILED,
            variety_weight=0.25,
        ),
        "paper": GanRecipe(
            NOTES["paper"],
            IMAGES["paper"],
            _model("paper"),
            WassersteinGp(),
            GanPlan(
                stages=growing_stages(7, 800_000, (8,) * 7),
                generator_rate=Constant(8e-4),
                discriminator_rate=Constant(8e-4),
                half_life=5_545,  # 0.999 a step of 8 images
                n_images=11_000_000,
                sample_every=100_000,
            ),
            normaliser=PAPER_NORMALISER,
            hears=False,
            quiet_phase=False,
            bfloat16=False,
        ),
    }
)
