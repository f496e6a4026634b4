import torch
from torch import nn

from course_utils.models.initialise import init_weights


def test_one_seed_gives_one_network(rng):
    first, second = nn.Conv1d(3, 4, 5), nn.Conv1d(3, 4, 5)
    init_weights(first, torch.Generator().manual_seed(1))
    init_weights(second, torch.Generator().manual_seed(1))
    assert torch.equal(first.weight, second.weight)
    init_weights(second, torch.Generator().manual_seed(2))
    assert not torch.equal(first.weight, second.weight)


def test_the_bound_counts_inputs_times_kernel(rng):
    layer = nn.Conv1d(8, 64, 8)
    init_weights(layer, rng)
    bound = 64**-0.5
    assert 0.98 * bound < layer.weight.abs().max() <= bound
    assert (layer.bias == 0).all()
