from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from course_utils.models.gansynth import GanSynthConfig
from course_utils.models.generator import Generator
from course_utils.models.layers import init_equalised
from course_utils.spectral.image import IMAGES
from course_utils.training.checkpoint import save_state


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(440)


@pytest.fixture
def np_rng():
    return np.random.default_rng(440)


@pytest.fixture(scope="session")
def gan_checkpoint(tmp_path_factory):
    """Write an untrained GAN: an octave, three timbres, quarter seconds."""
    config = GanSynthConfig(
        13, 3, (8, 8), (64, 16), growth=(1, 2), folding=(2, 2), n_latent=16
    )
    generator = Generator(config)
    init_equalised(generator, torch.Generator().manual_seed(3))
    image = replace(IMAGES["smoke"], phase="if_centred", log_offset=1e-3)
    state = {
        "kind": "gansynth",
        "about": {"preset": "smoke", "seed": 3, "data": "notes"},
        "config": asdict(config),
        "image": asdict(image),
        "normaliser": {
            "magnitude_scale": 0.18,
            "magnitude_offset": 0.31,
            "phase_scale": 0.9,
        },
        "pitches": list(range(60, 73)),
        "timbres": ["brass", "flute", "mallet"],
        "peak": 0.5,
        "n_images": 0,
        "seconds": 0.0,
        "weights": generator.state_dict(),
    }
    path = tmp_path_factory.mktemp("gan") / "model.safetensors"
    save_state(path, state)
    return path
