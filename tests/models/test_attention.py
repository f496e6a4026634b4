import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.basics.checks import CourseError
from course_utils.models.attention import (
    POSITIONS,
    AttentionConfig,
    CausalAttention,
    future,
    relative_logits,
    relative_logits_naive,
    rotate,
    skew,
)

B, H, L, D = 2, 4, 7, 8


def layer(rng, positions="relative", **sizes):
    words = {"width": H * D, "n_heads": H, "max_distance": 5} | sizes
    made = CausalAttention(AttentionConfig(positions=positions, **words))
    for weight in made.parameters():
        weight.data.normal_(generator=rng)
    return made.eval()


def draw(rng, *shape):
    return torch.randn(shape, generator=rng)


def test_skewing_by_hand():
    # Columns: distance 2, 1, 0; rows: query 0, 1, 2.
    rows = torch.tensor([[0, 0, 1], [0, 2, 3], [4, 5, 6]])
    seen = ~future(3, 3)
    assert torch.equal(
        skew(rows) * seen, torch.tensor([[1, 0, 0], [2, 3, 0], [4, 5, 6]])
    )


@pytest.mark.parametrize("n_keys", [L, L + 1, 3 * L])
@pytest.mark.parametrize("max_distance", [1, 5, 100])
def test_skewing_equals_the_naive_form(rng, n_keys, max_distance):
    queries = draw(rng, B, H, L, D)
    embedding = draw(rng, H, max_distance, D)
    seen = ~future(L, n_keys)
    skewed = relative_logits(queries, embedding, n_keys)
    naive = relative_logits_naive(queries, embedding, n_keys)
    assert skewed.shape == (B, H, L, n_keys)
    torch.testing.assert_close(skewed[..., seen], naive[..., seen])


def test_relative_logits_by_the_definition(rng):
    queries, embedding = draw(rng, 1, 1, L, D), draw(rng, 1, 3, D)
    found = relative_logits(queries, embedding, L)[0, 0]
    for i in range(L):
        for j in range(i + 1):
            expected = queries[0, 0, i] @ embedding[0, min(i - j, 2)]
            torch.testing.assert_close(found[i, j], expected)


def test_turned_products_depend_on_the_distance_alone(rng):
    query, key = draw(rng, 1, D), draw(rng, 1, D)
    near = rotate(query, 9) @ rotate(key, 4).T
    far = rotate(query, 1005) @ rotate(key, 1000).T
    torch.testing.assert_close(near, far, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(near, rotate(query, 9) @ rotate(key, 5).T)
    torch.testing.assert_close(rotate(query, 9).norm(), query.norm())


@pytest.mark.parametrize("positions", POSITIONS)
def test_attention_never_sees_the_future(rng, positions):
    x = draw(rng, 1, L, H * D).requires_grad_()
    layer(rng, positions)(x)[0][:, 3].sum().backward()
    seen = x.grad.abs().sum(dim=-1)[0] > 0
    assert seen.tolist() == [True] * 4 + [False] * (L - 4)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("cuts", [[1] * L, [3, 4], [4, 1, 2]])
def test_the_cached_output_is_the_uncached_one(rng, positions, cuts):
    attention = layer(rng, positions)
    x = draw(rng, B, L, H * D)
    cache, parts = None, []
    for part in x.split(cuts, dim=1):
        y, cache = attention(part, cache)
        parts.append(y)
    whole, (keys, _) = attention(x)
    torch.testing.assert_close(
        torch.cat(parts, dim=1), whole, rtol=1e-4, atol=1e-4
    )
    torch.testing.assert_close(cache[0], keys)


def test_without_positions_it_is_torchs_attention(rng):
    attention = layer(rng, "relative")
    attention.distances.data.zero_()
    x = draw(rng, B, L, H * D)
    three = attention.project(x).view(B, L, 3, H, D).permute(2, 0, 3, 1, 4)
    reference = scaled_dot_product_attention(*three, is_causal=True)
    reference = attention.combine(reference.transpose(1, 2).flatten(2))
    torch.testing.assert_close(
        attention(x)[0], reference, rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize("positions", POSITIONS)
def test_the_order_of_the_past_matters_only_with_positions(rng, positions):
    attention = layer(rng, positions)
    x = draw(rng, 1, L, H * D)
    swapped = x[:, [1, 0, *range(2, L)]]
    same = torch.allclose(
        attention(x)[0][:, -1], attention(swapped)[0][:, -1], atol=1e-5
    )
    # Beyond max_distance the relative form cannot tell either; hence 100.
    assert same == (positions == "none") or positions == "relative"
    if positions == "relative":
        far = layer(rng, "relative", max_distance=100)
        assert not torch.allclose(far(x)[0][:, -1], far(swapped)[0][:, -1])


@pytest.mark.parametrize("positions", POSITIONS)
def test_dropout_acts_in_training_only(rng, positions):
    attention = layer(rng, positions, keep_probability=0.5)
    x = draw(rng, 1, L, H * D)
    torch.testing.assert_close(attention(x)[0], attention(x)[0])
    attention.train()
    assert not torch.allclose(attention(x)[0], attention(x)[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"positions": "absolute"}, "positions, one of"),
        ({"width": 30, "n_heads": 4}, "multiple of 2 x 4 heads"),
        ({"max_distance": 0}, "max_distance"),
        ({"keep_probability": 0.0}, "keep_probability"),
    ],
)
def test_impossible_sizes_are_refused(words, message):
    with pytest.raises(CourseError, match=message):
        AttentionConfig(**words)
