"""How fast the GAN trains, at each size and in each precision.

    python -m course_utils.recipes.gansynth_speed --preset paper

Taught in: notebooks/23_gansynth_training.ipynb
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence

import torch

from course_utils.basics.checks import check_range
from course_utils.basics.presets import PRESETS, check_preset
from course_utils.basics.runtime import torch_rng
from course_utils.models.discriminator import Discriminator
from course_utils.models.gansynth import Labels
from course_utils.models.generator import Generator
from course_utils.models.layers import init_equalised
from course_utils.recipes.gansynth_presets import RECIPES, GanRecipe
from course_utils.training.gan_losses import Batch
from course_utils.training.gan_schedules import Place
from course_utils.training.gan_steps import (
    GanNets,
    GanRules,
    discriminator_step,
    generator_step,
)
from course_utils.training.rates import set_rate

GIB = 2**30
FORMS = {
    "float32, contiguous": (False, torch.contiguous_format),
    "bfloat16, channels last": (True, torch.channels_last),
}


def new_nets(
    recipe: GanRecipe, seed: int, memory_format: torch.memory_format
) -> GanNets:
    """Return untrained networks of a recipe in one layout of memory."""
    rng = torch_rng(seed)
    nets = [
        kind(recipe.model) for kind in (Generator, Discriminator, Generator)
    ]
    for net in nets:
        init_equalised(net, rng)
        net.to(memory_format=memory_format)
    return GanNets(*nets)


def step_seconds(
    nets: GanNets,
    recipe: GanRecipe,
    block: int,
    batch_size: int,
    bfloat16: bool,
) -> float:
    """Return the seconds of one step of both networks, without a warm-up.

    Parameters
    ----------
    nets : GanNets
        Their weights change.
    recipe : GanRecipe
        Its loss is used; drawn images are not played and analysed again.
    block : int
        Size of the images.
    batch_size : int
        B.
    bfloat16 : bool
        Precision of the products.
    """
    config = recipe.model
    rng = torch_rng(0)
    rules = GanRules(recipe.loss, bfloat16=bfloat16)
    place = Place(0, block, 1.0, batch_size)
    pitch = torch.arange(batch_size) % config.n_pitches
    labels = Labels(pitch, torch.zeros_like(pitch))
    images = torch.rand(batch_size, *config.image_shape(block), generator=rng)
    for optimizer in (nets.generator_optimizer, nets.discriminator_optimizer):
        set_rate(optimizer, 1e-4)
    began = time.perf_counter()
    real = Batch(2 * images - 1, labels)
    discriminator_step(nets, rules, real, labels, place, 0, rng)
    generator_step(nets, rules, labels, place, rng)
    return time.perf_counter() - began


def speed_table(
    preset: str, batch_size: int, n_steps: int, seed: int = 0
) -> list[dict[str, object]]:
    """Time both forms at each size, in turn, so that drift hits both.

    Returns
    -------
    list of dict
        One row a size: `shape`, images per second in each form (median of
        the steps), and their `ratio`.
    """
    check_range("steps", n_steps, 1, 10_000)
    recipe = RECIPES[check_preset(preset)]
    nets = {
        form: new_nets(recipe, seed, layout)
        for form, (_, layout) in FORMS.items()
    }
    rows = []
    for block in range(recipe.model.n_blocks):
        taken: dict[str, list[float]] = {form: [] for form in FORMS}
        for _ in range(n_steps + 1):
            for form, (bfloat16, _) in FORMS.items():
                taken[form].append(
                    step_seconds(
                        nets[form], recipe, block, batch_size, bfloat16
                    )
                )
        speed = {
            form: batch_size / float(torch.tensor(seconds[1:]).median())
            for form, seconds in taken.items()
        }
        slow, fast = speed.values()
        shape = recipe.model.image_shape(block)
        rows.append({"shape": shape, **speed, "ratio": fast / slow})
    return rows


def first_step(preset: str, seed: int = 0) -> dict[str, float]:
    """Run one step at batch 1 and full size, in float32.

    Returns
    -------
    dict
        `seconds`, and `peak_gib`: the most memory this process ever had.
    """
    recipe = RECIPES[check_preset(preset)]
    nets = new_nets(recipe, seed, torch.contiguous_format)
    last = recipe.model.n_blocks - 1
    seconds = step_seconds(nets, recipe, last, 1, bfloat16=False)
    scale = 1 if sys.platform == "darwin" else 1024  # bytes or kibibytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    return {"seconds": seconds, "peak_gib": peak / GIB}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the first step, then the table, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parsed = parser.parse_args(arguments)
    result = {
        "preset": parsed.preset,
        "batch_size": parsed.batch_size,
        "threads": torch.get_num_threads(),
        "first_step": first_step(parsed.preset),
        "rows": speed_table(parsed.preset, parsed.batch_size, parsed.steps),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
