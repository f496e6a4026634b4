import numpy as np
import pytest
import torch


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(440)


@pytest.fixture
def np_rng():
    return np.random.default_rng(440)
