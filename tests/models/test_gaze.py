import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.attention import (
    POSITIONS,
    AttentionConfig,
    CausalAttention,
)
from course_utils.models.chorale_transformer import (
    ChoraleTransformer,
    ChoraleTransformerConfig,
    init_chorale_transformer,
)
from course_utils.models.gaze import (
    attention_weights,
    chorale_gaze,
    distance_shares,
)

B, H, L, D = 2, 4, 9, 8


def layer(rng, positions):
    config = AttentionConfig(H * D, H, positions, max_distance=5)
    made = CausalAttention(config)
    for weight in made.parameters():
        weight.data.normal_(0.0, 0.3, generator=rng)
    return made.eval()


@pytest.mark.parametrize("positions", POSITIONS)
def test_values_weighted_by_the_gaze_are_what_the_layer_says(rng, positions):
    attention = layer(rng, positions)
    x = torch.randn(B, L, H * D, generator=rng)
    weights = attention_weights(attention, x)
    values = attention.project(x)[..., 2 * H * D :]
    values = values.unflatten(-1, (H, D)).transpose(1, 2)
    heard = (weights @ values).transpose(1, 2).flatten(2)
    expected, _ = attention(x)
    torch.testing.assert_close(attention.combine(heard), expected)


@pytest.mark.parametrize("positions", POSITIONS)
def test_each_row_adds_up_to_one_and_sees_no_future(rng, positions):
    x = torch.randn(B, L, H * D, generator=rng)
    weights = attention_weights(layer(rng, positions), x)
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, L))
    assert weights.triu(1).abs().max() == 0


def test_every_layer_and_head_of_a_chorale_has_a_gaze(rng):
    config = ChoraleTransformerConfig(
        width=32, n_layers=3, n_heads=4, feed_forward=16
    )
    model = ChoraleTransformer(config)
    init_chorale_transformer(model, rng)
    classes = torch.randint(1, 47, (20, 4), generator=rng)
    gaze = chorale_gaze(model, classes)
    assert gaze.shape == (3, 4, 20, 20)
    torch.testing.assert_close(gaze.sum(-1), torch.ones(3, 4, 20))
    changed = classes.clone()
    changed[15:] = 1  # row 16 is the first that hears of it
    torch.testing.assert_close(
        chorale_gaze(model, changed)[..., :16, :16], gaze[..., :16, :16]
    )


def test_shares_of_a_head_that_looks_three_back():
    weights = torch.zeros(1, 8, 8)
    places = torch.arange(8)
    weights[0, places, (places - 3).clamp(min=0)] = 1.0
    shares = distance_shares(weights, 5)
    assert shares.tolist() == [[0, 0, 0, 1, 0]]


def test_shares_of_an_even_gaze_by_hand():
    weights = torch.full((4, 4), 1.0).tril()
    weights = weights / weights.sum(-1, keepdim=True)
    expected = (1 / 3 + 1 / 4) / 2  # rows 2 and 3 have two before them
    torch.testing.assert_close(
        distance_shares(weights, 3), torch.full((3,), expected)
    )


def test_more_distances_than_events_are_refused():
    with pytest.raises(CourseError, match="distances"):
        distance_shares(torch.eye(4), 5)
