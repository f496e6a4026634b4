import pytest
import torch

from course_utils.models.music_transformer import init_music_transformer
from course_utils.recipes.performance_stepper import PerformanceStepper
from course_utils.recipes.performance_task import PerformanceTask
from course_utils.symbolic.performance import N_CLASSES
from course_utils.symbolic.performance_contexts import contexts_of, keys_down

L, MEMORY = 14, 64
SIZES = {"width": 16, "n_layers": 2, "n_heads": 2, "feed_forward": 24}


@pytest.fixture(params=["relative", "rotary"])
def model(request, rng):
    network = PerformanceTask().new_model(
        SIZES | {"positions": request.param, "keep_probability": 0.5}
    )
    init_music_transformer(network, rng)
    return network


@pytest.fixture
def events(rng):
    return torch.randint(N_CLASSES, (L,), generator=rng)


@torch.no_grad()
def whole_forward(model, events):
    return model(
        events[None],
        contexts_of(events)[None],
        flags=keys_down(events)[None],
    )[0][0]


def steps(stepper, events, state=None):
    """Read events one by one; return the logits after each, and the state."""
    found = []
    for event in events:
        logits, state = stepper(event[None, None], state)
        assert logits.shape == (1, 1, N_CLASSES)
        found.append(logits[0, 0])
    return torch.stack(found), state


def test_step_by_step_the_logits_are_those_of_the_whole_row(model, events):
    found, _ = steps(PerformanceStepper(model, MEMORY), events)
    torch.testing.assert_close(found, whole_forward(model, events))


@pytest.mark.parametrize("length", [1, 5, L - 1])
def test_after_a_primer_read_at_once_too(model, events, length):
    stepper = PerformanceStepper(model, MEMORY)
    logits, state = stepper(events[None, :length], None)
    later, _ = steps(stepper, events[length:], state)
    found = torch.cat([logits[0], later])
    expected = whole_forward(model, events)[length - 1 :]
    torch.testing.assert_close(found, expected)


def test_a_full_memory_forgets_its_older_half(model, events):
    memory = 6
    found, state = steps(PerformanceStepper(model, memory), events)
    held = 0  # a plain loop: events that are remembered
    for i, logits in enumerate(found):
        held = held + 1 if held < memory else memory // 2
        remembered = events[i + 1 - held : i + 1]
        expected = whole_forward(model, remembered)[-1]
        torch.testing.assert_close(logits, expected)
    assert torch.equal(state.events, remembered)


def test_of_a_long_primer_the_newest_half_memory_is_read(model, events):
    logits, state = PerformanceStepper(model, 8)(events[None], None)
    assert torch.equal(state.events, events[-4:])
    expected = whole_forward(model, events[-4:])[-1]
    torch.testing.assert_close(logits[0, 0], expected)


@pytest.mark.parametrize("memory", [MEMORY, 10])
def test_a_state_can_be_gone_on_from_twice(model, events, memory):
    stepper = PerformanceStepper(model, memory)
    _, state = stepper(events[None, :9], None)
    kept = state.events.clone()
    one, _ = steps(stepper, events[9:], state)
    steps(stepper, events[9:].flip(0), state)
    again, _ = steps(stepper, events[9:], state)
    assert torch.equal(one, again)
    assert torch.equal(state.events, kept)


def test_nothing_is_dropped_and_nothing_learnt_in_reading(model, events):
    stepper = PerformanceStepper(model.train(), MEMORY)
    one, _ = steps(stepper, events)
    again, _ = steps(stepper, events)
    assert torch.equal(one, again)
    assert not one.requires_grad
