import math

import pytest
import torch
from torch.nn import functional

from course_utils.models.layers import (
    EqualConv2d,
    EqualLinear,
    ImageToVector,
    VectorToImage,
    add_minibatch_std,
    downsample,
    fold,
    he_scale,
    init_equalised,
    leaky_relu,
    pixel_norm,
    unfold,
    upsample,
)

ATOL = 1e-5  # float32 sums over a few hundred products


def drawn(layer, rng):
    """Draw all numbers of a layer, biases too, so that none is hidden."""
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_(generator=rng)
    return layer


def test_leaky_relu_by_hand():
    x = torch.tensor([-10.0, 0.0, 3.0])
    assert leaky_relu(x).tolist() == [-2.0, 0.0, 3.0]


def test_pixel_norm_by_hand():
    pixel = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1)
    length = math.sqrt((9 + 16) / 2)
    normed = pixel_norm(pixel).flatten().tolist()
    assert normed == pytest.approx([3 / length, 4 / length])


@pytest.mark.parametrize("shape", [(3, 7), (3, 7, 4, 5)])
def test_every_pixel_gets_a_mean_square_of_1(shape, rng):
    x = 100 * torch.randn(shape, generator=rng)
    mean_square = pixel_norm(x).square().mean(dim=1)
    assert (mean_square - 1).abs().max() < ATOL


def test_pixel_norm_forgets_length_and_keeps_direction(rng):
    x = torch.randn(2, 8, 3, 3, generator=rng)
    normed = pixel_norm(x)
    assert torch.allclose(pixel_norm(1000 * x), normed, atol=ATOL)
    cosine = functional.cosine_similarity(x, normed, dim=1)
    assert (cosine - 1).abs().max() < ATOL


def test_pixel_norm_of_nothing_is_nothing():
    x = torch.zeros(1, 4, 2, 2, requires_grad=True)
    pixel_norm(x).sum().backward()
    assert pixel_norm(x).abs().max() == 0
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (1, 3)])
def test_equal_conv_is_a_convolution_with_scaled_weights(kernel, rng):
    layer = drawn(EqualConv2d(5, 7, kernel), rng)
    plain = torch.nn.Conv2d(5, 7, kernel, padding="same")
    fan_in = 5 * kernel[0] * kernel[1]
    plain.weight.data = layer.weight.data * math.sqrt(2 / fan_in)
    plain.bias.data = layer.bias.data
    x = torch.randn(2, 5, 6, 4, generator=rng)
    assert (layer(x) - plain(x)).abs().max() < ATOL


def test_equal_linear_is_a_dense_layer_with_scaled_weights(rng):
    layer = drawn(EqualLinear(6, 4), rng)
    x = torch.randn(3, 6, generator=rng)
    expected = x @ layer.weight.T * math.sqrt(2 / 6) + layer.bias
    assert (layer(x) - expected).abs().max() < ATOL


@pytest.mark.parametrize("n_in", [1, 64, 256])
def test_he_scale_keeps_the_size_of_a_signal(n_in, rng):
    layer = EqualConv2d(n_in, 512, (3, 3))
    init_equalised(layer, rng)
    x = torch.randn(4, n_in, 16, 16, generator=rng)
    inside = functional.relu(layer(x))[..., 1:-1, 1:-1]
    # He et al. (2015): after a ReLU the mean square is that of the input.
    assert inside.square().mean().item() == pytest.approx(1.0, rel=0.1)
    assert he_scale(9 * n_in) == layer.scale


def test_adam_moves_all_layers_alike_only_when_they_are_equalised(rng):
    moved = []
    for n_in in (1, 256):
        layer = EqualConv2d(n_in, 8)
        init_equalised(layer, rng)
        optimizer = torch.optim.Adam(layer.parameters(), lr=1e-3)
        before = layer.weight.detach().clone()
        x = torch.randn(4, n_in, 5, 5, generator=rng)
        layer(x).square().mean().backward()
        optimizer.step()
        step = (layer.weight.detach() - before).abs().mean()
        moved.append((step / before.std()).item())
    assert moved[0] == pytest.approx(moved[1], rel=0.3)
    assert moved[0] == pytest.approx(1e-3, rel=0.3)


def test_vector_to_image_is_a_transposed_convolution(rng):
    layer = drawn(VectorToImage(9, 5, 4, 3), rng)
    x = torch.randn(2, 9, generator=rng)
    expected = functional.conv_transpose2d(
        x[:, :, None, None], layer.weight * math.sqrt(2 / 9), layer.bias
    )
    assert layer(x).shape == (2, 5, 4, 3)
    assert (layer(x) - expected).abs().max() < ATOL


def test_vector_to_image_is_a_convolution_over_a_padded_vector(rng):
    rows, frames = 16, 2
    layer = drawn(VectorToImage(9, 5, rows, frames), rng)
    x = torch.randn(2, 9, generator=rng)
    edge = (frames - 1, frames - 1, rows - 1, rows - 1)
    padded = functional.pad(x[:, :, None, None], edge)
    kernel = layer.weight.transpose(0, 1).flip(2, 3) * layer.scale
    expected = functional.conv2d(padded, kernel, layer.bias)
    assert (layer(x) - expected).abs().max() < ATOL


def test_image_to_vector_is_a_convolution_that_covers_the_image(rng):
    layer = drawn(ImageToVector(5, 7, 4, 2), rng)
    x = torch.randn(3, 5, 4, 2, generator=rng)
    kernel = layer.weight * math.sqrt(2 / (5 * 4 * 2))
    expected = functional.conv2d(x, kernel, layer.bias)
    assert (layer(x) - expected[:, :, 0, 0]).abs().max() < ATOL


def test_upsampling_repeats_and_downsampling_averages_by_hand():
    x = torch.tensor([[1.0, 2.0]])[None, None]
    large = torch.tensor([[1.0, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2]])
    assert torch.equal(upsample(x, (2, 3))[0, 0], large)
    four = torch.tensor([[1.0, 2.0], [3.0, 6.0]])[None, None]
    assert downsample(four, (2, 2)).item() == 3.0


@pytest.mark.parametrize("factors", [(2, 2), (1, 2), (4, 1)])
def test_downsampling_undoes_upsampling(factors, rng):
    x = torch.randn(2, 3, 4, 5, generator=rng)
    back = downsample(upsample(x, factors), factors)
    assert (back - x).abs().max() < 1e-6


@pytest.mark.parametrize("factors", [(2, 2), (1, 2), (2, 4)])
def test_folding_can_be_undone_and_keeps_every_number(factors, rng):
    x = torch.randn(2, 3, 8, 12, generator=rng)
    folded = fold(x, factors)
    rows, frames = factors
    assert folded.shape == (2, 3 * rows * frames, 8 // rows, 12 // frames)
    assert torch.equal(unfold(folded, factors), x)
    assert torch.equal(fold(unfold(folded, factors), factors), folded)


def test_folding_is_torchs_pixel_unshuffle(rng):
    x = torch.randn(2, 3, 8, 12, generator=rng)
    assert torch.equal(fold(x, (2, 2)), functional.pixel_unshuffle(x, 2))


def test_minibatch_std_by_hand():
    x = torch.tensor([[1.0, 0.0], [3.0, 0.0]]).reshape(2, 2, 1, 1)
    # The first channel's deviation is 1, the second's 0: together 0.5.
    assert add_minibatch_std(x).shape == (2, 3, 1, 1)
    assert add_minibatch_std(x)[:, 2].flatten().tolist() == pytest.approx(
        [0.5, 0.5], abs=1e-3
    )


def test_a_collapsed_batch_has_a_minibatch_std_of_nearly_0(rng):
    x = torch.randn(1, 6, 4, 2, generator=rng)
    varied = torch.randn(8, 6, 4, 2, generator=rng)
    collapsed = add_minibatch_std(x.expand(8, -1, -1, -1))
    assert collapsed[:, 6].max() <= 1.001e-4  # the root of the tiny 1e-8
    assert add_minibatch_std(varied)[:, 6].min() > 0.5
    assert torch.equal(add_minibatch_std(varied)[:, :6], varied)


def test_minibatch_std_of_equal_items_has_a_gradient(rng):
    x = torch.randn(1, 6, 4, 2, generator=rng).repeat(3, 1, 1, 1)
    x.requires_grad_()
    add_minibatch_std(x)[:, 6].sum().backward()
    assert x.grad.isfinite().all()


def test_the_order_of_a_batch_does_not_matter_to_its_std(rng):
    x = torch.randn(5, 3, 4, 2, generator=rng)
    flipped = add_minibatch_std(x.flip(0))[0, 3, 0, 0]
    assert flipped.item() == pytest.approx(
        add_minibatch_std(x)[0, 3, 0, 0].item(), rel=1e-5
    )


def test_first_weights_are_standard_normal_and_biases_zero(rng):
    layer = EqualConv2d(64, 64)
    init_equalised(layer, rng)
    assert layer.bias.abs().max() == 0
    assert layer.weight.mean().abs() < 0.02
    assert layer.weight.std().item() == pytest.approx(1.0, rel=0.02)


def test_one_seed_gives_one_network(rng):
    layers = [EqualConv2d(3, 4) for _ in range(3)]
    for layer, seed in zip(layers, (1, 1, 2), strict=True):
        init_equalised(layer, rng.manual_seed(seed))
    same, again, other = (layer.weight for layer in layers)
    assert torch.equal(same, again)
    assert not torch.equal(same, other)
