import pytest
import torch
from torch import nn
from torch.nn import functional

from course_utils.training.whole_chance import WholeChance

B, ROWS = 6, torch.tensor([1, 2, 5])


def in_part(compute):
    """Compute with the chance of rows 1, 2 and 5 of six."""
    torch.manual_seed(7)
    with WholeChance(B, ROWS):
        result = compute()
    return result, torch.get_rng_state()


def in_whole(compute):
    torch.manual_seed(7)
    return compute(), torch.get_rng_state()


def assert_part_of(part, whole):
    torch.testing.assert_close(part[0], whole[0][ROWS])
    assert torch.equal(part[1], whole[1])  # all draw as much


@pytest.mark.parametrize("draw", [torch.rand, torch.randn])
def test_a_part_draws_what_the_whole_draws_in_its_rows(draw):
    for b in (3, torch.Size([3, 4])):
        shape = (b, 2) if b == 3 else (b,)
        whole = (6, 2) if b == 3 else (torch.Size([6, 4]),)
        part = in_part(lambda shape=shape: draw(*shape))
        assert_part_of(part, in_whole(lambda whole=whole: draw(*whole)))


def test_generators_go_on_alike(rng):
    other = torch.Generator().manual_seed(440)
    with WholeChance(B, ROWS):
        part = torch.rand(3, 2, generator=rng)
    assert torch.equal(part, torch.rand(6, 2, generator=other)[ROWS])
    assert torch.equal(rng.get_state(), other.get_state())


def turned(x):
    """Lay the same numbers out with the second axis first, as nn.LSTM."""
    n_rows, length, width = x.shape
    laid_out = torch.empty(length, n_rows, width)
    return laid_out.copy_(x.transpose(0, 1)).transpose(0, 1)


@pytest.mark.parametrize("layout", [torch.clone, turned])
@pytest.mark.parametrize("rows", [ROWS, torch.tensor([4])])
def test_dropout_drops_the_same_in_every_layout(rng, layout, rows):
    whole = layout(torch.randn(B, 5, 4, generator=rng))
    part = layout(whole[rows])
    torch.manual_seed(7)
    expected = functional.dropout(whole, 0.4)[rows]
    torch.manual_seed(7)
    with WholeChance(B, rows):
        assert torch.equal(functional.dropout(part, 0.4), expected)


def test_attention_drops_the_same(rng):
    words = {"dropout_p": 0.3, "is_causal": True}
    three = torch.randn(3, B, 2, 7, 4, generator=rng)
    attend = functional.scaled_dot_product_attention
    part = in_part(lambda: attend(*three[:, ROWS], **words))
    assert_part_of(part, in_whole(lambda: attend(*three, **words)))


def test_an_lstm_drops_the_same_between_its_layers(rng):
    lstm = nn.LSTM(4, 5, 3, batch_first=True, dropout=0.3)
    x = torch.randn(B, 7, 4, generator=rng)
    state = tuple(torch.randn(2, 3, B, 5, generator=rng))
    own = tuple(part[:, ROWS].contiguous() for part in state)
    part, whole = (
        in_part(lambda: lstm(x[ROWS], own)),
        in_whole(lambda: lstm(x, state)),
    )
    torch.testing.assert_close(part[0][0], whole[0][0][ROWS])
    for ours, theirs in zip(part[0][1], whole[0][1], strict=True):
        torch.testing.assert_close(ours, theirs[:, ROWS])
    assert torch.equal(part[1], whole[1])


def test_nothing_is_drawn_where_nothing_is_dropped(rng):
    lstm = nn.LSTM(4, 5, 3, batch_first=True, dropout=0.3).eval()
    x = torch.randn(3, 7, 4, generator=rng)
    before = torch.get_rng_state()
    with WholeChance(B, ROWS):
        assert torch.equal(functional.dropout(x, 0.0), x)
        assert torch.equal(functional.dropout(x, 0.5, training=False), x)
        inside = lstm(x)[0]
        q = x[:, None]
        attended = functional.scaled_dot_product_attention(q, q, q)
    assert torch.equal(torch.get_rng_state(), before)
    torch.testing.assert_close(inside, lstm(x)[0])
    assert torch.equal(
        attended, functional.scaled_dot_product_attention(q, q, q)
    )


def test_chance_of_unknown_rows_is_an_error_of_ours():
    message = "chance without rows"
    with WholeChance(B, ROWS), pytest.raises(AssertionError, match=message):
        torch.rand(4, 2)
