"""What one step of a training asks for, counted on networks without numbers.

Shapes are enough to count: torch runs the very functions that train, with
tensors that have no content (`FakeTensorMode`), so that networks of any size
take seconds and no memory.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.functional import cross_entropy

from course_utils.basics.checks import check_range
from course_utils.experiments.roofline import (
    Work,
    count_learning,
    n_weights,
    total_flops,
)
from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import GanSynthConfig, Labels
from course_utils.models.generator import Generator
from course_utils.models.music_transformer import (
    MusicTransformer,
    MusicTransformerConfig,
)
from course_utils.training.gan_losses import (
    Batch,
    NonSaturatingR1,
    WassersteinGp,
)
from course_utils.training.gan_schedules import Stage

FLOAT_BYTES = 4
ADAM_PASSES = 7  # reads weight, gradient and two averages, writes three
AVERAGE_PASSES = 3  # reads weight and average, writes the average
RESIDENT = 4  # weights, gradients and Adam's two averages


@dataclass(frozen=True)
class StepCost:
    """What one kind of step asks for, and how many there are.

    Parameters
    ----------
    works : tuple of Work
        Its operations.
    n_steps : float
        How often it is done.
    kept_bytes : int
        What the forward pass keeps for the gradient.
    n_weights : int
        That are learnt.
    """

    works: tuple[Work, ...]
    n_steps: float
    kept_bytes: int
    n_weights: int

    @property
    def flops(self) -> float:
        """Return the FLOP of one step."""
        return total_flops(self.works)

    @property
    def memory_bytes(self) -> int:
        """Return the bytes that are needed at once, at least."""
        return self.kept_bytes + RESIDENT * FLOAT_BYTES * self.n_weights


@cache
def gan_step(
    config: GanSynthConfig,
    loss: WassersteinGp | NonSaturatingR1,
    block: int,
    batch_size: int,
) -> StepCost:
    """Count one step of both networks of the GAN.

    Parameters
    ----------
    config : GanSynthConfig
        Sizes of the networks.
    loss : WassersteinGp or NonSaturatingR1
        Of a step with its penalty.
    block : int
        Size of the images. While a block fades in, a step asks for about
        one part in a hundred more, which is left out.
    batch_size : int
        B.
    """
    with FakeTensorMode():
        generator, discriminator = Generator(config), Discriminator(config)
        real = torch.zeros(batch_size, *config.image_shape(block))
        z = torch.zeros(batch_size, config.n_latent)
        pitch = torch.zeros(batch_size, dtype=torch.int64)
        labels = Labels(pitch, pitch)
        judge = partial(discriminator, block=block)

        def drawn() -> Batch:
            return Batch(generator(z, labels, block), labels)

        def judged() -> Tensor:
            with torch.no_grad():
                fake = drawn()
            words = (judge, Batch(real, labels), fake, torch.Generator(), 0)
            return loss.discriminator_loss(*words)[0]

        works, kept = count_learning(judged)
        discriminator.requires_grad_(False)
        works += count_learning(
            lambda: loss.generator_loss(judge, drawn())[0]
        )[0]
        n_learnt = n_weights(generator, discriminator)
        works += _updates(n_learnt, n_weights(generator))
    return StepCost(tuple(works), 1, kept, n_learnt)


def gan_run(
    config: GanSynthConfig,
    loss: WassersteinGp | NonSaturatingR1,
    stages: Sequence[Stage],
    n_images: int,
    n_devices: int = 1,
) -> list[StepCost]:
    """Count a whole training: one kind of step a stage.

    Parameters
    ----------
    config, loss
        As in `gan_step`.
    stages : sequence of Stage
        The last one goes on until `n_images`.
    n_images : int
        Real images shown in all.
    n_devices : int
        That share each batch; the steps are those of one device.
    """
    steps = []
    left = n_images
    for i, stage in enumerate(stages):
        last = i == len(stages) - 1
        shown = left if last else min(stage.n_images, left)
        left -= shown
        each = share_of_batch(stage.batch_size, n_devices)
        cost = gan_step(config, loss, stage.block, each)
        n_steps = shown / stage.batch_size
        steps.append(replace(cost, n_steps=n_steps))
    return steps


@cache
def transformer_step(
    config: MusicTransformerConfig,
    batch_size: int,
    length: int,
    bfloat16: bool,
) -> StepCost:
    """Count one step of the Transformer.

    Parameters
    ----------
    config : MusicTransformerConfig
        Sizes of the network.
    batch_size, length : int
        B and L.
    bfloat16 : bool
        Multiply in bfloat16. Softmax is then counted in bfloat16 too, where
        a graphics processor takes float32: the bytes are a little too few.
    """
    with FakeTensorMode():
        model = MusicTransformer(config).train()
        events = torch.zeros(batch_size, length, dtype=torch.int64)
        shape = (batch_size, length, len(config.context_sizes))
        contexts = torch.zeros(shape, dtype=torch.int64)
        shape = (batch_size, length, config.n_flags)
        flags = torch.zeros(shape, dtype=torch.bool)

        def nll() -> Tensor:
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits, _ = model(events, contexts, None, flags)
            return cross_entropy(logits.flatten(0, 1), events.flatten())

        works, kept = count_learning(nll)
        n_learnt = n_weights(model)
        works += _updates(n_learnt, n_learnt)
        return StepCost(tuple(works), 1, kept, n_learnt)


def _updates(n_learnt: int, n_averaged: int) -> list[Work]:
    """Return the work of Adam and of the running average, fused."""
    passes = ADAM_PASSES * n_learnt, AVERAGE_PASSES * n_averaged
    return [Work(0, FLOAT_BYTES * n_numbers) for n_numbers in passes]


def share_of_batch(batch_size: int, n_devices: int) -> int:
    """Return how many items of a batch each device takes.

    Raises
    ------
    CourseError
        If there are more devices than items.
    """
    check_range("devices", n_devices, 1, batch_size)
    return -(-batch_size // n_devices)  # the fullest device sets the pace
