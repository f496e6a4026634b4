import json

import pytest
import torch

from course_utils.experiments.transform_speed import (
    compare_speed,
    draw_in_a_loop,
    draw_in_batches,
    main,
)
from course_utils.spectral.image import ImageConfig
from course_utils.spectral.phase import wrap_half_turns

TINY = ImageConfig(8_000, 1_000, 64, 16, 64)
SIZES = (11, TINY.n_samples)  # not a multiple of the batch size


def test_both_ways_draw_the_same_images(rng):
    waveform = torch.randn(SIZES, generator=rng)
    loop = draw_in_a_loop(waveform, TINY)
    batched = draw_in_batches(waveform, TINY)
    assert loop.shape == batched.shape == (11, *TINY.shape)
    torch.testing.assert_close(loop[:, 0], batched[:, 0], atol=1e-3, rtol=0)
    # where a bin is nearly empty, float32 leaves its phase to chance
    heard = (loop[:, 0] > -4) & (loop[:, 0].roll(1, dims=-1) > -4)
    error = wrap_half_turns(loop[:, 1] - batched[:, 1])[heard]
    assert heard.float().mean() > 0.5
    assert error.abs().max() < 1e-3


def test_the_comparison_leaves_the_number_of_threads_as_it_was(rng):
    waveform = torch.randn(SIZES, generator=rng)
    before = torch.get_num_threads()
    result = compare_speed(waveform, TINY)
    assert torch.get_num_threads() == before
    assert result["ratio"] == pytest.approx(result["batched"] / result["loop"])
    assert min(result.values()) > 0


def test_the_command_prints_one_json_object(capsys):
    main(["--image", "smoke", "--n-clips", "3"])
    result = json.loads(capsys.readouterr().out)
    assert result["n_clips"] == 3
    assert {"loop", "batched", "ratio"} <= set(result)
