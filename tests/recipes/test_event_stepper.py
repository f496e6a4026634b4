import pytest
import torch

from course_utils.models.music_transformer import init_music_transformer
from course_utils.recipes.event_stepper import EventStepper
from course_utils.recipes.event_task import METRICAL, PERFORMANCE

L, MEMORY = 14, 64
SIZES = {"width": 16, "n_layers": 2, "n_heads": 2, "feed_forward": 24}


@pytest.fixture(params=[PERFORMANCE, METRICAL], ids=lambda task: task.name)
def task(request):
    return request.param


@pytest.fixture(params=["relative", "rotary"])
def model(request, task, rng):
    network = task.new_model(
        SIZES | {"positions": request.param, "keep_probability": 0.5}
    )
    init_music_transformer(network, rng)
    return network


@pytest.fixture
def events(task, rng):
    return torch.randint(task.encoding.n_classes, (L,), generator=rng)


@pytest.fixture
def stepper(model, task):
    return lambda memory: EventStepper(model, task.facts, memory)


@pytest.fixture
def whole_forward(model, task):
    @torch.no_grad()
    def forward(events):
        return model(
            events[None],
            task.facts.contexts_of(events)[None],
            flags=task.facts.flags_of(events)[None],
        )[0][0]

    return forward


def steps(stepper, events, state=None):
    """Read events one by one; return the logits after each, and the state."""
    found = []
    for event in events:
        logits, state = stepper(event[None, None], state)
        assert logits.shape == (1, 1, stepper.model.config.vocab_size)
        found.append(logits[0, 0])
    return torch.stack(found), state


def test_step_by_step_the_logits_are_those_of_the_whole_row(
    stepper, whole_forward, events
):
    found, _ = steps(stepper(MEMORY), events)
    torch.testing.assert_close(found, whole_forward(events))


@pytest.mark.parametrize("length", [1, 5, L - 1])
def test_after_a_primer_read_at_once_too(
    stepper, whole_forward, events, length
):
    read = stepper(MEMORY)
    logits, state = read(events[None, :length], None)
    later, _ = steps(read, events[length:], state)
    found = torch.cat([logits[0], later])
    expected = whole_forward(events)[length - 1 :]
    torch.testing.assert_close(found, expected)


def test_a_full_memory_forgets_its_older_half(stepper, whole_forward, events):
    memory = 6
    found, state = steps(stepper(memory), events)
    held = 0  # a plain loop: events that are remembered
    for i, logits in enumerate(found):
        held = held + 1 if held < memory else memory // 2
        remembered = events[i + 1 - held : i + 1]
        expected = whole_forward(remembered)[-1]
        torch.testing.assert_close(logits, expected)
    assert torch.equal(state.events, remembered)


def test_of_a_long_primer_the_newest_half_memory_is_read(
    stepper, whole_forward, events
):
    logits, state = stepper(8)(events[None], None)
    assert torch.equal(state.events, events[-4:])
    expected = whole_forward(events[-4:])[-1]
    torch.testing.assert_close(logits[0, 0], expected)


@pytest.mark.parametrize("memory", [MEMORY, 10])
def test_a_state_can_be_gone_on_from_twice(stepper, events, memory):
    read = stepper(memory)
    _, state = read(events[None, :9], None)
    kept = state.events.clone()
    one, _ = steps(read, events[9:], state)
    steps(read, events[9:].flip(0), state)
    again, _ = steps(read, events[9:], state)
    assert torch.equal(one, again)
    assert torch.equal(state.events, kept)


def test_nothing_is_dropped_and_nothing_learnt_in_reading(model, task, events):
    read = EventStepper(model.train(), task.facts, MEMORY)
    one, _ = steps(read, events)
    again, _ = steps(read, events)
    assert torch.equal(one, again)
    assert not one.requires_grad
