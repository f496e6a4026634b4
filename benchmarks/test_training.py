"""One training step of each network, beside a plain one of the same size."""

import math

import pytest
import torch
from plain_gan import plain_step
from torch.nn.functional import cross_entropy

from course_utils.basics.runtime import torch_rng
from course_utils.data.streams import TokenStream
from course_utils.evaluation.likelihood import PADDING
from course_utils.experiments.roofline import count_work, total_flops
from course_utils.models.gansynth import Labels
from course_utils.models.lstm import EventLstm
from course_utils.models.music_transformer import (
    MusicTransformer,
    init_music_transformer,
)
from course_utils.recipes import gansynth_presets, lstm
from course_utils.recipes.gansynth_speed import new_nets
from course_utils.recipes.lstm_speed import padded_windows
from course_utils.recipes.transformer_speed import PlainTransformer, config_of
from course_utils.symbolic import polyphony
from course_utils.training.gan_losses import Batch
from course_utils.training.gan_schedules import Place
from course_utils.training.gan_steps import (
    GanRules,
    average_step,
    discriminator_step,
    generator_step,
)
from course_utils.training.rates import set_rate
from course_utils.training.steps import sequence_step

PEAK = "its products at the peak of this machine"
PASSES = 3  # a gradient costs two forward passes beside the first
CROPS, CROP = 2, 512
RATE = 1e-4


@pytest.mark.benchmark(group="Training")
def test_the_gan_learns(compare):
    recipe = gansynth_presets.RECIPES["cpu"]
    config, batch_size = recipe.model, recipe.plan.stages[0].batch_size
    nets = new_nets(recipe, 0, torch.contiguous_format)
    for optimizer in (nets.generator_optimizer, nets.discriminator_optimizer):
        set_rate(optimizer, RATE)
    pitch = torch.arange(batch_size) % config.n_pitches
    labels = Labels(pitch, torch.zeros_like(pitch))
    rng, rules = torch_rng(0), GanRules(recipe.loss)
    place = Place(0, config.n_blocks - 1, 1.0, batch_size)
    images = 2 * torch.rand(batch_size, *config.image_shape()) - 1
    n_steps = recipe.loss.penalty_every

    def ours():
        for step in range(n_steps):
            words = (nets, rules, Batch(images, labels), labels)
            discriminator_step(*words, place, step, rng)
            generator_step(nets, rules, labels, place, rng)
            average_step(nets, 10_000, batch_size, recipe.plan.half_life)

    step = plain_step(config, images.transpose(1, 2).flatten(1, 2))
    compare(
        "GAN, cpu preset",
        ours,
        unit="image",
        n_items=n_steps * batch_size,
        baseline=(
            "a plain GAN of this size",
            lambda: [step() for _ in range(n_steps)],
        ),
        limit=(PEAK, total_flops(count_work(ours))),
    )


@pytest.mark.benchmark(group="Training")
def test_the_lstm_learns(compare, pieces):
    recipe = lstm.RECIPES["cpu"]
    events = [polyphony.sequence_to_events(piece) for piece in pieces]
    sizes = (recipe.batch_size, recipe.length)
    ours, plain = lstm.new_model("cpu", 0), lstm.new_model("cpu", 0)
    optimizers = [
        torch.optim.Adam(model.parameters(), recipe.learning_rate)
        for model in (ours.train(), plain.train())
    ]
    stream = TokenStream(events, *sizes, 0)
    windows = padded_windows(events, *sizes, 0)

    def learn():
        inputs, targets, _ = next(stream)
        words = (inputs, targets, None, recipe.clip_norm)
        sequence_step(ours, optimizers[0], *words)

    def learn_plainly():
        inputs, targets = next(windows)
        logits = plain(inputs)[0].flatten(0, 1)
        loss = cross_entropy(logits, targets.flatten(), ignore_index=PADDING)
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()

    n_events = math.prod(sizes)
    compare(
        "LSTM, cpu preset",
        learn,
        unit="event",
        n_items=n_events,
        baseline=("torch.nn.LSTM on padded windows", learn_plainly),
        n_baseline_items=mean_length(events, *sizes) * sizes[0],
        limit=(PEAK, PASSES * n_events * products_of(ours)),
    )


def mean_length(pieces, batch_size, length):
    """Return the events of a padded window that are not padding, on average.

    The mean of many windows, for which a batch in the test is too few.
    """
    windows = padded_windows(pieces, batch_size, length, 0)
    found = [
        (targets != PADDING).sum() / batch_size
        for _, (_, targets) in zip(range(50), windows, strict=False)
    ]
    return float(torch.stack(found).mean())


def products_of(model: EventLstm):
    """Return the FLOP of reading one event: two a weight that multiplies."""
    weights = [w for w in model.lstm.parameters() if w.ndim == 2]
    return 2 * sum(w.numel() for w in [*weights, model.readout.weight])


@pytest.mark.benchmark(group="Training")
def test_the_transformer_learns(compare):
    config = config_of("cpu", "rotary")
    net, plain = MusicTransformer(config), PlainTransformer(config, CROP)
    init_music_transformer(net, torch_rng(0))
    shape = (CROPS, CROP + 1)
    rows = torch.randint(config.vocab_size, shape, generator=torch_rng(0))

    def step_of(network, read):
        optimizer = torch.optim.AdamW(network.train().parameters(), RATE)

        def step():
            logits = read(network(rows[:, :-1])).flatten(0, 1)
            optimizer.zero_grad()
            cross_entropy(logits, rows[:, 1:].flatten()).backward()
            optimizer.step()

        return step

    dense = [w for w in net.parameters() if w.ndim == 2]
    n_dense = sum(w.numel() for w in dense) - net.events.weight.numel()
    pairs = CROP / 2  # no event looks at later ones
    attention = 2 * 2 * config.n_layers * config.width * pairs
    flops = PASSES * CROPS * CROP * (2 * n_dense + attention)
    compare(
        "Transformer, cpu preset",
        step_of(net, lambda found: found[0]),
        unit="event",
        n_items=CROPS * CROP,
        baseline=(
            "torch.nn.TransformerEncoder",
            step_of(plain, lambda found: found),
        ),
        limit=(PEAK, flops),
    )
