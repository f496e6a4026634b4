"""What whole trainings would cost: closed forms of counts and of hours."""

from dataclasses import replace

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.experiments import full_run_costs as costs
from course_utils.experiments.full_run_steps import (
    StepCost,
    gan_run,
    gan_step,
    share_of_batch,
    transformer_step,
)
from course_utils.experiments.gpus import GPUS
from course_utils.experiments.roofline import (
    Peaks,
    Work,
    count_work,
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
from course_utils.training.gan_losses import NonSaturatingR1, WassersteinGp
from course_utils.training.gan_schedules import growing_stages

SMALL = GanSynthConfig(5, 0, (8, 8, 4), (4, 2), n_latent=8)
BATCH = 2
GP_PASSES = 12  # of the discriminator: 3 there, 4 for the penalty, 5 back
PASSES_TOLERANCE = 0.1  # the first layer has no gradient into its image
NET = MusicTransformerConfig(10, 10, 16, 2, 2, 32, keep_probability=1.0)
A_GPU = replace(GPUS["H100"], name="x", float32_tflops=1e-3)


def forward_flops():
    generator, discriminator = Generator(SMALL), Discriminator(SMALL)
    labels = Labels(*(torch.zeros(BATCH, dtype=torch.int64) for _ in "pt"))
    z = torch.zeros(BATCH, SMALL.n_latent)
    images = torch.zeros(BATCH, *SMALL.image_shape())
    for net in (generator, discriminator):
        for weight in net.parameters():
            weight.data.zero_()
    with torch.no_grad():
        drawn = total_flops(count_work(lambda: generator(z, labels)))
        judged = total_flops(count_work(lambda: discriminator(images)))
    return drawn, judged, n_weights(generator, discriminator)


def test_a_gan_step_asks_for_so_many_passes_of_both_networks():
    drawn, judged, n_learnt = forward_flops()
    step = gan_step(SMALL, WassersteinGp(), 2, BATCH)
    # The generator: one pass to be judged, one and its gradient to learn.
    # The discriminator: with a penalty, and twice for the generator.
    expected = 4 * drawn + (GP_PASSES + 2) * judged
    assert step.flops == pytest.approx(expected, rel=PASSES_TOLERANCE)
    assert step.n_weights == n_learnt


def test_the_penalty_is_what_makes_a_step_dear():
    dear = gan_step(SMALL, WassersteinGp(), 2, BATCH)
    cheap = gan_step(SMALL, NonSaturatingR1(penalty_weight=1.0), 2, BATCH)
    assert dear.flops > cheap.flops
    assert dear.kept_bytes > cheap.kept_bytes


def test_a_growing_run_has_as_many_steps_as_its_images_ask_for():
    stages = growing_stages(3, 100, (BATCH,) * 3)
    steps = gan_run(SMALL, WassersteinGp(), stages, 1_000)
    assert [s.n_steps for s in steps] == [50, 50, 50, 50, 300]
    assert sum(s.n_steps for s in steps) * BATCH == 1_000
    whole = costs.run_flops(steps)
    assert whole == sum(s.n_steps * s.flops for s in steps)


def test_a_short_run_ends_within_its_stages():
    stages = growing_stages(3, 100, (BATCH,) * 3)
    steps = gan_run(SMALL, WassersteinGp(), stages, 150)
    assert [s.n_steps for s in steps] == [50, 25, 0, 0, 0]


def test_devices_share_a_batch_and_none_may_be_idle():
    assert share_of_batch(16, 8) == 2
    assert share_of_batch(9, 8) == 2  # one has two; the others wait
    with pytest.raises(CourseError, match="devices"):
        share_of_batch(4, 8)


def test_a_transformer_step_asks_for_six_flop_a_weight_and_attention():
    batch, length = 2, 64
    step = transformer_step(NET, batch, length, bfloat16=False)
    width, layers = NET.width, NET.n_layers
    dense = layers * (4 * width**2 + 2 * width * NET.feed_forward)
    dense += width * NET.vocab_size
    # Logits, distances and values: each L x L products a layer, three times.
    attention = 3 * 3 * 2 * layers * width * length**2
    expected = batch * (6 * dense * length + attention)
    assert step.flops == pytest.approx(expected, rel=1e-6)
    with torch.device("meta"):
        assert step.n_weights == n_weights(MusicTransformer(NET))


def test_half_precision_asks_for_the_same_products_and_fewer_bytes():
    single = transformer_step(NET, 2, 256, bfloat16=False)
    half = transformer_step(NET, 2, 256, bfloat16=True)
    assert half.flops == single.flops
    assert half.kept_bytes < single.kept_bytes


def test_hours_follow_from_peaks_shares_and_launches():
    works = (Work(3.6e12, 0.0), Work(0.0, 0.0))
    steps = [StepCost(works, 1_000, 0, 0)]
    gpu = replace(A_GPU, float32_tflops=1.0, tf32_tflops=None)
    assert costs.run_flops(steps) == 3.6e15
    assert costs.least_hours(steps, gpu, "convolutions") == 1.0
    assert costs.launch_hours(steps, 1.8) == 1.0
    fast, slow = costs.hours_range(steps, gpu, "convolutions", 0.0)
    assert (fast, slow) == (1 / max(costs.SHARES), 1 / min(costs.SHARES))
    launched = costs.hours_range(steps, gpu, "convolutions", 18.0)
    assert launched == (10.0, 10.0)


def test_a_ring_sends_almost_twice_the_gradients():
    gpu = replace(A_GPU, link_gb_per_s=1e-9)  # one byte a second
    assert costs.message_seconds(10, 1, gpu) == 0
    assert costs.message_seconds(10, 2, gpu) == 40
    assert costs.message_seconds(10, 8, gpu) == 70


def test_the_largest_batch_is_halved_until_it_fits():
    gpu = replace(A_GPU, memory_gb=1e-9 * 100)  # a hundred bytes

    def step_of(batch_size):
        return StepCost((), 1, 10 * batch_size, 1)

    assert costs.largest_batch(step_of, 16, gpu) == 8
    assert costs.largest_batch(step_of, 4, gpu) == 4
    tiny = replace(gpu, memory_gb=1e-9)
    assert costs.largest_batch(step_of, 16, tiny) == 0


def test_precision_falls_back_where_a_processor_lacks_it():
    t4, h100 = GPUS["T4"], GPUS["H100"]
    assert t4.peaks("bfloat16") == Peaks(8.1e12, 320e9)
    assert h100.peaks("bfloat16") == Peaks(989.4e12, 3350e9)
    assert h100.peaks("convolutions").flops_per_s == 494.7e12
