"""The page of whole trainings on paper: each number computed, none typed.

The directive `course-full-run WORD` writes one step of the arithmetic, with
our own networks at preset `paper`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course_utils.experiments import benchmark_records
from course_utils.experiments import full_run_costs as costs
from course_utils.experiments.full_run_steps import (
    FLOAT_BYTES,
    StepCost,
    gan_run,
    gan_step,
    transformer_step,
)
from course_utils.experiments.gpus import GIGA, GPUS, TERA, Gpu
from course_utils.experiments.machine_peaks import starts_seconds
from course_utils.recipes import gansynth_presets, transformer_presets
from course_utils.recipes.transformer_tasks import task_of

ENCODING = "performance"
GAN, MUSIC = "convolutions", "bfloat16"  # see `Gpu.peaks`
SHOWN = ("T4", "V100", "A100", "H100")
MANY = 8  # processors
MANY_OF = ("A100", "H100")
# 11 million images took 88 hours on one V100 (magenta's issue 1607); its
# README says three to four days.
REPORTED_HOURS = {"a user's report": 88, "3 days": 72, "4 days": 96}


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("course-full-run", FullRun)
    return {"version": "1", "parallel_read_safe": True}


class FullRun(SphinxDirective):
    """The directive `course-full-run WORD`; words are those of `TOLD`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one step of the arithmetic."""
        self.env.note_dependency(str(benchmark_records.history_path()))
        return self.parse_text_to_nodes(TOLD[self.arguments[0]]())


@cache
def start_s() -> float:
    """Return the seconds of starting an operation, as last measured."""
    records = benchmark_records.history()
    return records[-1].peaks["start_s"] if records else starts_seconds()


@cache
def gan(n_devices: int = 1) -> tuple[StepCost, ...]:
    """Return the steps of GANSynth's whole training."""
    recipe = gansynth_presets.RECIPES["paper"]
    plan = recipe.plan
    words = (recipe.model, recipe.loss, plan.stages, plan.n_images)
    return tuple(gan_run(*words, n_devices))


@cache
def music(bfloat16: bool, batch_size: int | None = None) -> StepCost:
    """Return the step of the Transformer, as often as it is done."""
    recipe = transformer_presets.RECIPES[ENCODING]["paper"]
    sizes = transformer_presets.SIZES[ENCODING]["paper"]
    config = task_of(ENCODING).new_model(sizes).config
    batch_size = batch_size or recipe.batch_size
    step = transformer_step(config, batch_size, recipe.length, bfloat16)
    return replace(step, n_steps=recipe.n_steps)


def music_on(gpu: Gpu, n_devices: int = 1) -> list[StepCost]:
    """Return the Transformer's steps in the precision of a processor."""
    recipe = transformer_presets.RECIPES[ENCODING]["paper"]
    each = recipe.batch_size // n_devices
    return [music(gpu.bfloat16_tflops is not None, each)]


def rows(heads: str, lines: list[tuple]) -> str:
    """Return a Markdown table; all columns but the first hold numbers."""
    n_columns = heads.count("|") + 1
    rule = "|---|" + "--:|" * (n_columns - 1)
    body = [f"| {' | '.join(map(str, line))} |" for line in lines]
    return "\n".join([f"| {heads} |", rule, *body]) + "\n"


def gpus() -> str:
    """Return what the processors have."""
    heads = (
        "processor | float32, TFLOP/s | TF32 | bfloat16 | memory, GB | "
        "GB/s | link, GB/s"
    )
    lines = [
        (
            gpu.name,
            gpu.float32_tflops,
            gpu.tf32_tflops or "–",
            gpu.bfloat16_tflops or "–",
            gpu.memory_gb,
            f"{gpu.memory_gb_per_s:,}",
            gpu.link_gb_per_s,
        )
        for gpu in GPUS.values()
    ]
    return rows(heads, lines)


def gan_sizes() -> str:
    """Return what a step of the GAN asks for, at each size of its images."""
    recipe = gansynth_presets.RECIPES["paper"]
    heads = (
        "image | GFLOP an image | operations of a step | memory for a "
        "batch, GB"
    )
    lines = []
    for stage in recipe.plan.stages:
        if stage.fades_in:
            continue
        batch_size = stage.batch_size
        step = gan_step(recipe.model, recipe.loss, stage.block, batch_size)
        _, n_rows, n_frames = recipe.model.image_shape(stage.block)
        lines.append(
            (
                f"{n_rows} × {n_frames}",
                f"{step.flops / batch_size / GIGA:,.2f}",
                f"{len(step.works):,}",
                f"{step.memory_bytes / GIGA:.2f}",
            )
        )
    return rows(heads, lines)


def gan_total() -> str:
    """Return the sum over the GAN's stages, and the least hours from it."""
    plan = gansynth_presets.RECIPES["paper"].plan
    flops = costs.run_flops(gan())
    t4 = GPUS["T4"]
    seconds = flops / (TERA * t4.float32_tflops)
    least = costs.least_hours(gan(), t4, GAN)
    return (
        f"1. {plan.n_images:,} images, stage by stage, ask for "
        f"{power(flops)} FLOP: on average "
        f"{flops / plan.n_images / GIGA:,.0f} GFLOP an image.\n"
        f"2. A T4 does {t4.float32_tflops} · 10¹² a second in float32. "
        f"{power(flops)} / ({t4.float32_tflops} · 10¹²) = {seconds:,.0f} s = "
        f"{seconds / costs.HOUR:.0f} h, if it did nothing but multiply.\n"
        f"3. Operations that move more bytes than they multiply (norms, "
        "activations, the optimiser) wait for the memory instead. Each "
        "operation at the slower of the two, all added up: "
        f"**{least:.0f} h**. No program of these operations can be "
        "faster on a T4.\n"
    )


def hours(steps_of: Callable[[Gpu], list], precision: str) -> str:
    """Return the hours on one processor of each kind."""
    least, most = sorted(costs.SHARES)
    heads = (
        "processor | least, h | starting the operations, h | "
        f"expected, h ({100 * most:.0f} % to {100 * least:.0f} % of the "
        "roofline)"
    )
    lines = []
    for name in SHOWN:
        gpu, steps = GPUS[name], steps_of(GPUS[name])
        fast, slow = costs.hours_range(steps, gpu, precision, start_s())
        lines.append(
            (
                name,
                f"{costs.least_hours(steps, gpu, precision):.1f}",
                f"{costs.launch_hours(steps, start_s()):.1f}",
                f"**{fast:.0f} to {slow:.0f}**",
            )
        )
    return rows(heads, lines)


def check() -> str:
    """Return what published times say about the arithmetic."""
    v100 = GPUS["V100"]
    least = costs.least_hours(gan(), v100, GAN)
    flops = costs.run_flops(gan()) / (TERA * v100.float32_tflops) / costs.HOUR
    lines = [
        (
            name,
            told,
            f"{100 * least / told:.0f} %",
            f"{100 * flops / told:.0f} %",
        )
        for name, told in REPORTED_HOURS.items()
    ]
    return rows(
        "reported for one V100 | hours | share of the roofline | share of "
        "float32's peak",
        lines,
    )


def many(steps_of: Callable[[Gpu, int], list], precision: str) -> str:
    """Return the hours on several processors that share each batch."""
    heads = (
        f"{MANY} × | least, h | starting the operations, h | messages, h | "
        "expected, h | expected GPU-hours | times as fast as one"
    )
    lines = []
    for name in MANY_OF:
        gpu = GPUS[name]
        steps = steps_of(gpu, MANY)
        words = (gpu, precision, start_s())
        fast, slow = costs.hours_range(steps, *words, MANY)
        one_fast, one_slow = costs.hours_range(steps_of(gpu, 1), *words)
        talk = sum(
            s.n_steps * costs.message_seconds(s.n_weights, MANY, gpu)
            for s in steps
        )
        lines.append(
            (
                name,
                f"{costs.least_hours(steps, gpu, precision):.1f}",
                f"{costs.launch_hours(steps, start_s()):.1f}",
                f"{talk / costs.HOUR:.2f}",
                f"**{fast:.1f} to {slow:.1f}**",
                f"{MANY * fast:.0f} to {MANY * slow:.0f}",
                f"{one_fast / fast:.1f} to {one_slow / slow:.1f}",
            )
        )
    return rows(heads, lines)


def messages() -> str:
    """Return how many bytes the processors exchange in a step."""
    gpu = GPUS["H100"]
    told = {"GANSynth": gan()[-1], "Transformer": music(True)}
    lines = []
    for name, step in told.items():
        n_bytes = FLOAT_BYTES * step.n_weights
        sent = n_bytes * 2 * (MANY - 1) / MANY
        seconds = costs.message_seconds(step.n_weights, MANY, gpu)
        lines.append(
            (
                name,
                f"{step.n_weights / 1e6:.1f}",
                f"{n_bytes / 1e6:.0f}",
                f"{sent / 1e6:.0f}",
                f"{1e3 * seconds:.2f}",
            )
        )
    return rows(
        "network | million weights | gradients, MB | sent by each of "
        f"{MANY}, MB | on an H100's link, ms",
        lines,
    )


def music_total() -> str:
    """Return the sum of the Transformer's training."""
    recipe = transformer_presets.RECIPES[ENCODING]["paper"]
    step = music(True)
    n_events = recipe.batch_size * recipe.length
    total = step.n_steps * step.flops
    moved = sum(work.n_bytes for work in step.works)
    h100 = GPUS["H100"]
    multiply = step.flops / (TERA * h100.bfloat16_tflops)
    move = moved / (GIGA * h100.memory_gb_per_s)
    return (
        f"1. One step reads {recipe.batch_size} × {recipe.length:,} = "
        f"{n_events:,} events and asks for {power(step.flops)} FLOP: "
        f"{step.flops / n_events / 1e6:.0f} MFLOP an event. The network has "
        f"{step.n_weights / 1e6:.1f} million weights.\n"
        f"2. {step.n_steps:,} steps are {power(step.n_steps * n_events)} "
        f"events and {power(total)} FLOP.\n"
        f"3. Each step moves {moved / GIGA:,.0f} GB through the memory, for "
        "relative attention writes down a number for each pair of events, "
        "in each head and layer, several times.\n"
        f"4. On an H100 that is {1e3 * multiply:.0f} ms of multiplying and "
        f"{1e3 * move:.0f} ms of moving in each step: the memory is the "
        "limit, by far.\n"
    )


def memory() -> str:
    """Return what fits into the memory of each processor."""
    gan_recipe = gansynth_presets.RECIPES["paper"]
    music_recipe = transformer_presets.RECIPES[ENCODING]["paper"]
    gan_words = (
        gan_recipe.model,
        gan_recipe.loss,
        gan_recipe.model.n_blocks - 1,
    )
    gan_of = partial(gan_step, *gan_words)
    wanted = gan_recipe.plan.stages[-1].batch_size, music_recipe.batch_size
    lines = []
    for name in SHOWN:
        gpu = GPUS[name]
        half = gpu.bfloat16_tflops is not None
        music_of = partial(music, half)
        lines.append(
            (
                f"{name}, {gpu.memory_gb} GB",
                f"{gan_of(wanted[0]).memory_bytes / GIGA:.1f}",
                costs.largest_batch(gan_of, wanted[0], gpu),
                f"{music_of(wanted[1]).memory_bytes / GIGA:.1f}",
                costs.largest_batch(music_of, wanted[1], gpu),
            )
        )
    return rows(
        f"processor | GANSynth, {wanted[0]} images: GB | images that fit | "
        f"Transformer, {wanted[1]} crops: GB | crops that fit",
        lines,
    )


def here() -> str:
    """Return what share of this machine's peak our trainings reach."""
    records = benchmark_records.history()
    cases = records[-1].cases if records else ()
    lines = [
        (case.name, f"{100 * case.share:.0f} %")
        for case in cases
        if case.part == "Training"
    ]
    if not lines:
        return "Nothing was measured yet; `make bench` does.\n"
    return rows("training step | share of this machine's peak", lines)


def power(value: float) -> str:
    """Return a large number as a power of ten: `2.35 · 10¹⁸`."""
    mantissa, exponent = f"{value:.2e}".split("e")
    raised = str(int(exponent)).translate(
        str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    )
    return f"{mantissa} · 10{raised}"


def gan_on(gpu: Gpu, n_devices: int = 1) -> list[StepCost]:
    """Return the GAN's steps; its precision is that of any processor."""
    return list(gan(n_devices))


TOLD = {
    "gpus": gpus,
    "gan-sizes": gan_sizes,
    "gan-total": gan_total,
    "gan-hours": partial(hours, gan_on, GAN),
    "check": check,
    "gan-many": partial(many, gan_on, GAN),
    "music-total": music_total,
    "music-hours": partial(hours, music_on, MUSIC),
    "music-many": partial(many, music_on, MUSIC),
    "memory": memory,
    "messages": messages,
    "here": here,
}
