import pytest
import torch

from course_utils.models.chorale_transformer import (
    ChoraleTransformer,
    ChoraleTransformerConfig,
    init_chorale_transformer,
)
from course_utils.sampling.choir import Choir

B, T = 3, 7
N_PITCHES = 12
TINY = {
    "n_pitches": N_PITCHES,
    "width": 16,
    "n_layers": 2,
    "n_heads": 2,
    "feed_forward": 24,
    "max_distance": 4,
    "keep_probability": 0.5,
}
NOTHING = torch.zeros(0, 4, dtype=torch.int64)


def network(rng, **sizes):
    model = ChoraleTransformer(ChoraleTransformerConfig(**(TINY | sizes)))
    init_chorale_transformer(model, rng)
    with torch.no_grad():
        model.readout.weight.mul_(5.0)  # sure enough to be right or wrong
    return model


@pytest.fixture
def grid(rng):
    return torch.randint(0, N_PITCHES + 1, (B, T, 4), generator=rng)


def sing(choir, grid):
    """Let the versions sing a grid; return the log-probability of it all."""
    prices = torch.zeros(grid.shape)
    for t, row in enumerate(grid.unbind(1)):
        choir.begin()
        for voice in range(4):
            logits = choir.logits(voice)
            prices[:, t, voice] = choir.sing(voice, row[:, voice], logits)
        choir.end()
    return prices


@torch.no_grad()
def whole_forward(model, grid):
    first = torch.zeros(len(grid), dtype=torch.int64)
    log_p = model.eval()(grid, first).log_softmax(-1)
    return log_p.gather(-1, grid[..., None])[..., 0]


@pytest.mark.parametrize("positions", ["relative", "rotary", "none"])
def test_a_choir_prices_each_note_as_the_whole_forward_does(
    rng, grid, positions
):
    model = network(rng, positions=positions)
    choir = Choir(model, B, NOTHING)
    prices, expected = sing(choir, grid), whole_forward(model, grid)
    assert expected.std() > 0.3
    torch.testing.assert_close(prices, expected)
    torch.testing.assert_close(choir.log_p, expected.sum(dim=(1, 2)))
    assert torch.equal(choir.classes, grid)


@pytest.mark.parametrize("length", [1, 3, T - 1])
def test_a_primer_is_read_in_one_go_as_if_it_had_been_sung(rng, grid, length):
    model = network(rng)
    grid[:, :length] = grid[:1, :length]
    sung = Choir(model, B, NOTHING)
    sing(sung, grid[:, :length])
    before = sung.log_p
    told = Choir(model, B, grid[0, :length])
    assert torch.equal(told.log_p, torch.zeros(B))
    for choir in (sung, told):
        sing(choir, grid[:, length:])
    assert torch.equal(told.classes, grid)
    torch.testing.assert_close(told.log_p, sung.log_p - before)


def test_versions_that_are_kept_go_on_from_their_own_past(rng, grid):
    model = network(rng)
    choir = Choir(model, B, NOTHING)
    half, chosen = T // 2, torch.tensor([2, 0, 2])
    sing(choir, grid[:, :half])
    choir.keep(chosen)
    sing(choir, grid[:, half:])
    expected = torch.cat([grid[chosen, :half], grid[:, half:]], dim=1)
    assert torch.equal(choir.classes, expected)
    prices = whole_forward(model, expected)
    torch.testing.assert_close(choir.log_p, prices.sum(dim=(1, 2)))


def test_to_keep_all_in_their_order_changes_nothing(rng, grid):
    model = network(rng)
    one, other = (Choir(model, B, grid[0, :2]) for _ in range(2))
    other.keep(torch.arange(B))
    for choir in (one, other):
        sing(choir, grid[:, 2:])
    torch.testing.assert_close(one.log_p, other.log_p)


def test_versions_do_not_hear_each_other(rng, grid):
    model = network(rng)
    together = sing(Choir(model, B, NOTHING), grid)
    for row, price in zip(grid, together, strict=True):
        alone = sing(Choir(model, 1, NOTHING), row[None])
        torch.testing.assert_close(alone[0], price)


def test_a_choir_needs_no_gradient_and_no_dropout(rng, grid):
    model = network(rng).train()
    choir = Choir(model, B, grid[0, :1])
    sing(choir, grid[:, 1:])
    assert not model.training
    assert not choir.log_p.requires_grad
