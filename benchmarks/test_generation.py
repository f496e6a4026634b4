"""How fast each network plays or writes, beside the way without our care."""

import numpy as np
import pytest
import torch

from course_utils.basics.runtime import torch_rng
from course_utils.experiments.roofline import count_work, total_flops
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.models.music_transformer import (
    MusicTransformer,
    init_music_transformer,
)
from course_utils.recipes import lstm
from course_utils.recipes.composing import compose_takes
from course_utils.recipes.gansynth_player import load_player
from course_utils.recipes.lstm_speed import plain_compose
from course_utils.recipes.transformer_speed import config_of
from course_utils.symbolic.grid_continuations import PolyphonyContinuation

N_NOTES = 16
N_STEPS = 64  # sixteenths that the LSTM writes: four bars
HEARD, READ, READ_PLAINLY = 512, 16, 2  # events


def matrix_by_vector(matrices, n_times):
    """Return a function that reads each matrix once for each event."""
    pairs = [(m, np.ones(m.shape[1], np.float32)) for m in matrices]

    def multiply():
        for _ in range(n_times):
            for matrix, vector in pairs:
                matrix @ vector

    return multiply


def matrices_of(net, *left_out):
    """Return the weights that multiply, as arrays."""
    return [
        weight.detach().numpy()
        for name, weight in net.named_parameters()
        if weight.ndim == 2 and not name.startswith(left_out)
    ]


@pytest.mark.benchmark(group="Generation")
def test_the_gan_plays(compare):
    player = load_player()
    pitches = [player.pitches[i % len(player.pitches)] for i in range(N_NOTES)]
    timbre = player.timbres[0] if player.timbres else None
    z = player.draw_z(N_NOTES, torch_rng(0))

    def together():
        player.notes(pitches, timbre, z)

    def one_by_one():
        for i, pitch in enumerate(pitches):
            player.notes([pitch], timbre, z[i : i + 1])

    compare(
        "GAN, shipped",
        together,
        unit="note",
        n_items=N_NOTES,
        baseline=("one note after the other", one_by_one),
        limit=(
            "its products at the peak of this machine",
            total_flops(count_work(together)),
        ),
    )


@pytest.mark.benchmark(group="Generation")
def test_the_lstm_writes(compare, pieces):
    model = lstm.new_model("cpu", 0).eval()
    stepper = LstmStepper(model)
    bars = PolyphonyContinuation(pieces[0], N_STEPS)
    words = {"temperature": 1.0, "top_p": 0.95, "key_pull": 0.5}

    def write():
        ((_, events),) = compose_takes(
            stepper, bars, 1, rng=torch_rng(0), **words
        )
        return len(events)

    n_events = write()
    matrices = matrices_of(model, "embedding")
    compare(
        "LSTM, cpu preset",
        write,
        unit="event",
        n_items=n_events,
        baseline=(
            "torch.nn.LSTM, one call an event",
            lambda: plain_compose(model, n_events, 0),
        ),
        limit=(
            "its matrices times a vector",
            matrix_by_vector(matrices, n_events),
        ),
    )


@pytest.mark.benchmark(group="Generation")
@torch.no_grad()
def test_the_transformer_writes(compare):
    net = MusicTransformer(config_of("cpu", "rotary")).eval()
    init_music_transformer(net, torch_rng(0))
    shape = (1, HEARD + READ)
    rows = torch.randint(net.config.vocab_size, shape, generator=torch_rng(0))
    _, heard = net(rows[:, :HEARD])

    def cached():
        caches = heard
        for place in range(HEARD, HEARD + READ):
            _, caches = net(rows[:, place : place + 1], None, caches)

    def from_the_start():
        for place in range(HEARD, HEARD + READ_PLAINLY):
            net(rows[:, : place + 1])

    compare(
        "Transformer, cpu preset",
        cached,
        unit="event",
        n_items=READ,
        baseline=("without a cache", from_the_start),
        n_baseline_items=READ_PLAINLY,
        limit=(
            "its matrices times a vector",
            matrix_by_vector(matrices_of(net, "events"), READ),
        ),
    )
