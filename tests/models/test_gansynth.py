import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.gansynth import (
    PRESETS,
    GanSynthConfig,
    Judgement,
    Labels,
)

# Frames, rows and channels of every block: FACTS from the code of Engel et
# al. (2019), networks.py, with 7 resolutions from 2 x 16 on.
PAPER_BLOCKS = [
    (2, 16, 256),
    (4, 32, 256),
    (8, 64, 256),
    (16, 128, 256),
    (32, 256, 128),
    (64, 512, 64),
    (128, 1024, 32),
]
SMALL = {"channels": (4, 4), "start": (2, 2)}


def test_blocks_of_the_paper():
    config = GanSynthConfig(61, 0, **PRESETS["paper"])
    blocks = [
        (*reversed(config.block_size(block)), config.channels[block])
        for block in range(config.n_blocks)
    ]
    assert blocks == PAPER_BLOCKS
    assert config.n_inputs == 317
    assert config.image_shape() == (2, 1024, 128)
    assert config.image_shape(0) == (2, 16, 2)
    assert config.kernel == (3, 3)
    # min(4096 / 2^b, 256) for b = 1 ... 7
    rule = [min(4096 // 2**b, 256) for b in range(1, 8)]
    assert list(config.channels) == rule


@pytest.mark.parametrize(
    ("preset", "shape"),
    [
        ("smoke", (2, 128, 64)),
        ("cpu", (2, 512, 64)),
        ("colab", (2, 512, 128)),
    ],
)
def test_the_small_presets_draw_whole_images(preset, shape):
    config = GanSynthConfig(4, 3, **PRESETS[preset])
    assert config.image_shape() == shape
    rows = {config.image_shape(b)[1] for b in range(config.n_blocks)}
    assert rows == {shape[1]}  # they grow in time only
    folded = (config.n_colours, *config.block_size(config.n_blocks - 1))
    assert math.prod(folded) == math.prod(shape)


def test_a_config_from_a_checkpoint_equals_the_first():
    first = GanSynthConfig(4, 3, **SMALL)
    again = GanSynthConfig(4, 3, channels=[4, 4], start=[2, 2])
    assert first == again


def test_a_flat_image_gets_a_flat_kernel():
    config = GanSynthConfig(1, 0, (4, 4), (1, 2), growth=(1, 2))
    assert config.kernel == (1, 3)


@pytest.mark.parametrize("block", [-1, 2])
def test_blocks_that_are_not_there_are_refused(block):
    config = GanSynthConfig(4, 3, **SMALL)
    assert config.last_block(None) == 1
    with pytest.raises(CourseError, match="expected block from 0 to 1"):
        config.last_block(block)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"n_pitches": 0}, "n_pitches from 1 to 128"),
        ({"n_timbres": -1}, "n_timbres from 0"),
        ({"n_latent": 0}, "n_latent from 1"),
        ({"mean_frames": -1}, "mean_frames from 0"),
        ({"channels": ()}, "of 1 or more"),
        ({"channels": (4, 0)}, "of 1 or more"),
        ({"start": (0, 2)}, "of 1 or more"),
        ({"growth": (0, 2)}, "of 1 or more"),
        ({"folding": (2, 0)}, "of 1 or more"),
    ],
)
def test_impossible_sizes_are_refused(change, match):
    sizes = {"n_pitches": 4, "n_timbres": 3} | SMALL | change
    with pytest.raises(CourseError, match=match):
        GanSynthConfig(**sizes)


def test_a_judgement_of_notes_is_the_score_and_the_logits_asked_for():
    judgement = Judgement(
        torch.tensor([1.0, 2.0]),
        torch.tensor([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]),
        torch.tensor([[100.0, 200.0], [300.0, 400.0]]),
    )
    labels = Labels(torch.tensor([2, 0]), torch.tensor([0, 1]))
    assert judgement.of(labels).tolist() == [1 + 30 + 100, 2 + 40 + 400]


def test_without_timbres_a_judgement_is_score_and_pitch():
    judgement = Judgement(
        torch.tensor([1.0]), torch.tensor([[10.0, 20.0]]), torch.zeros(1, 0)
    )
    labels = Labels(torch.tensor([1]), torch.tensor([0]))
    assert judgement.of(labels).tolist() == [21.0]


def test_labels_are_as_long_as_their_batch():
    labels = Labels(torch.tensor([2, 0, 1]), torch.tensor([0, 1, 1]))
    assert len(labels) == 3
