import math

import pytest
import torch

from course_utils.recipes import event_task
from course_utils.recipes.event_task import METRICAL, PERFORMANCE, windows
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    N_PITCHES,
    events_to_sequence,
)

TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "feed_forward": 24}


@pytest.fixture(params=[PERFORMANCE, METRICAL], ids=lambda task: task.name)
def task(request):
    return request.param


@pytest.fixture
def model(task, rng):
    made = task.new_model(TINY)
    task.init(made, rng)
    with torch.no_grad():
        made.flag_bias.normal_(generator=rng)
    return made.eval()


@pytest.fixture
def piece(task, rng):
    n_classes = task.encoding.n_classes
    return lambda length: torch.randint(n_classes, (length,), generator=rng)


@torch.no_grad()
def priced_alone(model, facts, events):
    """Nats of each event but the first, with no other piece, no padding."""
    known = events[:-1]
    logits, _ = model(
        known[None],
        facts.contexts_of(known)[None],
        flags=facts.flags_of(known)[None],
    )
    log_p = logits[0].double().log_softmax(-1)
    return -log_p.gather(-1, events[1:, None])[:, 0]


def test_the_loss_is_the_mean_price_of_all_events_but_the_first(
    model, task, piece
):
    rows = [piece(length) for length in (5, 40, 12)]
    expected = torch.cat(
        [priced_alone(model, task.facts, row) for row in rows]
    ).mean()
    loss = task.loss(model, [(row, 0) for row in rows])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    later = task.loss(model, [(row, 77) for row in rows])
    assert later == loss


def test_padding_is_not_in_the_loss(model, task, piece):
    short, long = piece(6), piece(50)
    alone = [task.loss(model, [(row, 0)]).item() for row in (short, long)]
    together = task.loss(model, [(short, 0), (long, 0)]).item()
    assert together == pytest.approx((5 * alone[0] + 49 * alone[1]) / 54)


def test_a_crop_with_nothing_to_predict_costs_nothing(model, task, piece):
    assert task.loss(model, [(piece(1), 0)]) == 0


def test_figures_are_those_of_each_piece_priced_alone(model, task, piece):
    pieces = [piece(length) for length in (30, 7, 55)]
    prices = [priced_alone(model, task.facts, row) for row in pieces]
    figures = task.figures(model, pieces)
    events = torch.cat(prices)
    mean = sum(row.mean().item() for row in prices) / 3
    n_notes = sum(task.encoding.count_notes(row.tolist()) for row in pieces)
    assert figures["nll"] == pytest.approx(events.mean().item(), rel=1e-5)
    assert figures["perplexity"] == pytest.approx(math.exp(figures["nll"]))
    assert figures["nll_piece_mean"] == pytest.approx(mean, rel=1e-5)
    per_note = events.sum().item() / n_notes
    assert figures["nll_per_note"] == pytest.approx(per_note, rel=1e-5)
    assert figures["n_tokens"] == len(events) == 29 + 6 + 54
    assert (figures["n_notes"], figures["n_pieces"]) == (n_notes, 3)


def test_a_long_piece_is_priced_after_half_a_window_at_least(
    model, task, piece, monkeypatch
):
    memory, half = 16, 8
    monkeypatch.setattr(event_task, "MEMORY", memory)
    events = piece(45)
    total = 0.0
    for i in range(1, 45):
        start = 0 if i < memory else half * (1 + (i - memory) // half)
        assert min(i, half) <= i - start < memory
        total += priced_alone(model, task.facts, events[start : i + 1])[
            -1
        ].item()
    nll = task.figures(model, [events])["nll"]
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


def test_figures_are_without_dropout_and_leave_the_model_as_it_was(
    task, piece, rng
):
    model = task.new_model(TINY | {"keep_probability": 0.5})
    task.init(model, rng)
    pieces = [piece(20), piece(9)]
    quiet = task.figures(model.eval(), pieces)
    assert not model.training
    assert task.figures(model.train(), pieces) == quiet
    assert model.training


def test_a_network_of_performances_knows_which_keys_are_down():
    config = PERFORMANCE.new_model(TINY).config
    assert (config.vocab_size, config.n_inputs) == (388, 388)
    assert config.n_flags == N_PITCHES
    # A key that is down speaks of its NOTE_ON and its NOTE_OFF.
    assert config.n_flagged == FIRST_NOTE_OFF + N_PITCHES == FIRST_TIME_SHIFT
    assert config.interval_context == 0


def test_a_network_of_metrical_events_knows_which_notes_are_usual():
    config = METRICAL.new_model(TINY).config
    assert (config.vocab_size, config.n_inputs) == (396, 396)
    assert config.n_flags == config.n_flagged == 259
    assert config.interval_context == 0


def test_a_piece_is_encoded_with_its_pedal_held_down():
    sequence = blank_sequence(120.0, None)
    sequence.notes.add(pitch=60, velocity=80, end_time=0.5)
    sequence.notes.add(pitch=64, velocity=80, start_time=1, end_time=2)
    sequence.total_time = 2.0
    dry = PERFORMANCE.encode(sequence)
    for time, value in ((0.1, 127), (1.5, 0)):
        sequence.control_changes.add(
            time=time, control_number=64, control_value=value
        )
    ends = [
        events_to_sequence(events.tolist()).notes[0].end_time
        for events in (dry, PERFORMANCE.encode(sequence))
    ]
    assert ends == [0.5, 1.5]
    assert dry.dtype == torch.int64


def test_a_crop_is_varied_in_key_and_tempo(rng):
    crop = torch.tensor([60, FIRST_TIME_SHIFT + 79, FIRST_NOTE_OFF + 60])
    found = {tuple(PERFORMANCE.vary(crop, rng).tolist()) for _ in range(30)}
    assert len(found) > 10
