import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.lstm import PRESETS, EventLstm, LstmConfig

TINY = LstmConfig(vocab_size=11, width=6, n_layers=2)


@pytest.fixture
def model(rng):
    model = EventLstm(TINY).eval()
    init_weights(model, rng)
    return model


def test_the_past_decides_and_the_future_does_not(model, rng):
    x = torch.randn(2, 10, 6, generator=rng, requires_grad=True)
    model.embedding.register_forward_hook(lambda _m, _i, _o: x)
    logits, _ = model(torch.zeros(2, 10, dtype=torch.long))
    logits[:, 4].sum().backward()
    assert x.grad[:, 5:].abs().max() == 0
    assert x.grad[:, :5].abs().amin(dim=(0, 2)).min() > 0


def test_a_carried_state_gives_what_one_pass_gives(model, rng):
    tokens = torch.randint(0, 11, (3, 9), generator=rng)
    whole, _ = model(tokens)
    first, state = model(tokens[:, :4])
    second, _ = model(tokens[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


def test_the_number_of_weights_is_what_the_formula_says():
    n_weights = sum(w.numel() for w in EventLstm(TINY).parameters())
    v, d = TINY.vocab_size, TINY.width
    one_layer = 4 * (d * d + d * d + d + d)  # four gates, two biases
    assert n_weights == v * d + 2 * one_layer + d * v + v


def test_the_seed_decides_the_weights():
    def weights(seed):
        model = EventLstm(TINY)
        init_weights(model, torch.Generator().manual_seed(seed))
        return torch.cat([w.flatten() for w in model.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_dropout_acts_in_training_only(model, rng):
    tokens = torch.randint(0, 11, (1, 5), generator=rng)
    assert torch.equal(model(tokens)[0], model(tokens)[0])
    model.train()
    assert not torch.equal(model(tokens)[0], model(tokens)[0])


def test_every_preset_builds():
    assert tuple(PRESETS) == ("smoke", "cpu", "colab", "paper")
    for sizes in PRESETS.values():
        LstmConfig(vocab_size=259, **sizes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"n_layers": 0},
        {"keep_probability": 0.0},
        {"vocab_size": 1},
    ],
)
def test_an_impossible_size_is_refused(wrong):
    with pytest.raises(CourseError, match=next(iter(wrong))):
        LstmConfig(**{"vocab_size": 11} | wrong)


def test_a_missing_batch_axis_is_named(model):
    with pytest.raises(CourseError, match=r"tokens of shape \(B, L\)"):
        model(torch.zeros(5, dtype=torch.long))
