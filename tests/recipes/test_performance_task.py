import math

import pytest
import torch

from course_utils.recipes import performance_task
from course_utils.recipes.performance_task import PerformanceTask, windows
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    N_CLASSES,
    N_PITCHES,
    count_notes,
    events_to_sequence,
)
from course_utils.symbolic.performance_contexts import contexts_of, keys_down

TASK = PerformanceTask()
TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "feed_forward": 24}


@pytest.fixture
def model(rng):
    made = TASK.new_model(TINY)
    TASK.init(made, rng)
    with torch.no_grad():
        made.flag_bias.normal_(generator=rng)
    return made.eval()


def piece(rng, length):
    return torch.randint(N_CLASSES, (length,), generator=rng)


@torch.no_grad()
def priced_alone(model, events):
    """Nats of each event but the first, with no other piece, no padding."""
    known = events[:-1]
    logits, _ = model(
        known[None], contexts_of(known)[None], flags=keys_down(known)[None]
    )
    log_p = logits[0].double().log_softmax(-1)
    return -log_p.gather(-1, events[1:, None])[:, 0]


def test_the_loss_is_the_mean_price_of_all_events_but_the_first(model, rng):
    rows = [piece(rng, length) for length in (5, 40, 12)]
    expected = torch.cat([priced_alone(model, row) for row in rows]).mean()
    loss = TASK.loss(model, [(row, 0) for row in rows])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    later = TASK.loss(model, [(row, 77) for row in rows])
    assert later == loss


def test_padding_is_not_in_the_loss(model, rng):
    short, long = piece(rng, 6), piece(rng, 50)
    alone = [TASK.loss(model, [(row, 0)]).item() for row in (short, long)]
    together = TASK.loss(model, [(short, 0), (long, 0)]).item()
    assert together == pytest.approx((5 * alone[0] + 49 * alone[1]) / 54)


def test_a_crop_with_nothing_to_predict_costs_nothing(model, rng):
    assert TASK.loss(model, [(piece(rng, 1), 0)]) == 0


def test_figures_are_those_of_each_piece_priced_alone(model, rng):
    pieces = [piece(rng, length) for length in (30, 7, 55)]
    prices = [priced_alone(model, row) for row in pieces]
    figures = TASK.figures(model, pieces)
    events = torch.cat(prices)
    mean = sum(row.mean().item() for row in prices) / 3
    n_notes = sum(count_notes(row.tolist()) for row in pieces)
    assert figures["nll"] == pytest.approx(events.mean().item(), rel=1e-5)
    assert figures["perplexity"] == pytest.approx(math.exp(figures["nll"]))
    assert figures["nll_piece_mean"] == pytest.approx(mean, rel=1e-5)
    per_note = events.sum().item() / n_notes
    assert figures["nll_per_note"] == pytest.approx(per_note, rel=1e-5)
    assert figures["n_tokens"] == len(events) == 29 + 6 + 54
    assert (figures["n_notes"], figures["n_pieces"]) == (n_notes, 3)


def test_a_long_piece_is_priced_after_half_a_window_at_least(
    model, rng, monkeypatch
):
    memory, half = 16, 8
    monkeypatch.setattr(performance_task, "MEMORY", memory)
    events = piece(rng, 45)
    total = 0.0
    for i in range(1, 45):
        start = 0 if i < memory else half * (1 + (i - memory) // half)
        assert min(i, half) <= i - start < memory
        total += priced_alone(model, events[start : i + 1])[-1].item()
    nll = TASK.figures(model, [events])["nll"]
    assert nll == pytest.approx(total / 44, rel=1e-5)


@pytest.mark.parametrize("memory", [2, 3, 16, 17, 1024])
@pytest.mark.parametrize("n_events", [1, 2, 3, 16, 17, 24, 25, 1000, 5001])
def test_windows_price_every_event_but_the_first_once(n_events, memory):
    priced = []
    for start, first, end in windows(n_events, memory):
        assert 0 <= start < first < end <= n_events
        assert end - start <= memory
        assert start == 0 or first - start >= memory // 2
        priced += range(first, end)
    assert priced == list(range(1, n_events))


def test_figures_are_without_dropout_and_leave_the_model_as_it_was(rng):
    model = TASK.new_model(TINY | {"keep_probability": 0.5})
    TASK.init(model, rng)
    pieces = [piece(rng, 20), piece(rng, 9)]
    quiet = TASK.figures(model.eval(), pieces)
    assert not model.training
    assert TASK.figures(model.train(), pieces) == quiet
    assert model.training


def test_the_network_knows_pitches_contexts_and_keys(model):
    config = model.config
    assert (config.vocab_size, config.n_inputs) == (388, 388)
    assert config.n_flags == N_PITCHES
    # A key that is down speaks of its NOTE_ON and its NOTE_OFF.
    assert config.n_flagged == FIRST_NOTE_OFF + N_PITCHES == FIRST_TIME_SHIFT
    assert config.interval_context == 0


def test_a_piece_is_encoded_with_its_pedal_held_down():
    sequence = blank_sequence(120.0, None)
    sequence.notes.add(pitch=60, velocity=80, end_time=0.5)
    sequence.notes.add(pitch=64, velocity=80, start_time=1, end_time=2)
    sequence.total_time = 2.0
    dry = TASK.encode(sequence)
    for time, value in ((0.1, 127), (1.5, 0)):
        sequence.control_changes.add(
            time=time, control_number=64, control_value=value
        )
    ends = [
        events_to_sequence(events.tolist()).notes[0].end_time
        for events in (dry, TASK.encode(sequence))
    ]
    assert ends == [0.5, 1.5]
    assert dry.dtype == torch.int64


def test_a_crop_is_varied_in_key_and_tempo(rng):
    crop = torch.tensor([60, FIRST_TIME_SHIFT + 79, FIRST_NOTE_OFF + 60])
    found = {tuple(TASK.vary(crop, rng).tolist()) for _ in range(30)}
    assert len(found) > 10
