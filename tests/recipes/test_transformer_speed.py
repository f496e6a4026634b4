import json

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes import transformer_speed
from course_utils.recipes.transformer_speed import (
    PlainTransformer,
    config_of,
    reading_speed,
    training_speed,
)
from course_utils.symbolic.performance import N_CLASSES

L = 8


@pytest.mark.parametrize("training", [True, False])
def test_the_plain_transformer_does_not_see_what_comes(training):
    torch.manual_seed(1)
    net = PlainTransformer(config_of("smoke", "none"), L).train(training)
    events = torch.randint(N_CLASSES, (2, L))
    other = events.clone()
    other[:, 4] = (other[:, 4] + 1) % N_CLASSES

    def logits(rows):
        torch.manual_seed(2)  # the same units are dropped
        return net(rows)

    change = (logits(events) - logits(other)).abs().amax(dim=(0, 2)) > 1e-5
    assert change.tolist() == [i >= 4 for i in range(L)]
    assert logits(events).shape == (2, L, N_CLASSES)


@pytest.mark.parametrize("positions", ["relative", "rotary", "none"])
def test_both_have_the_sizes_of_the_preset(positions):
    config = config_of("smoke", positions)
    assert config.positions == positions
    assert config.vocab_size == config.n_inputs == N_CLASSES
    plain = PlainTransformer(config, L)
    assert len(plain.encoder.layers) == config.n_layers
    layer = plain.encoder.layers[0]
    assert layer.linear1.out_features == config.feed_forward
    assert layer.dropout.p == pytest.approx(1 - config.keep_probability)
    assert layer.self_attn.dropout == 1 - config.attention_keep_probability


def test_a_training_is_timed_in_three_ways():
    found = training_speed("smoke", L, 1)
    ways = ("relative", "rotary", "plain")
    assert set(found) == {f"{way}_per_s" for way in ways} | {
        "relative_ratio",
        "rotary_ratio",
    }
    assert min(found.values()) > 0
    for way in ("relative", "rotary"):
        ratio = found[f"{way}_per_s"] / found["plain_per_s"]
        assert found[f"{way}_ratio"] == pytest.approx(ratio)


def test_reading_is_timed_with_and_without_a_cache():
    found = reading_speed("smoke", L, 2)
    assert set(found) == {"cached_per_s", "uncached_per_s", "ratio"}
    assert min(found.values()) > 0
    ratio = found["cached_per_s"] / found["uncached_per_s"]
    assert found["ratio"] == pytest.approx(ratio)


@pytest.mark.parametrize("n_read", [0, L])
def test_there_must_be_events_to_read_and_events_before(n_read):
    with pytest.raises(CourseError, match="events read from 1 to 7"):
        reading_speed("smoke", L, n_read)


def test_no_step_cannot_be_timed():
    with pytest.raises(CourseError, match="steps from 1"):
        training_speed("smoke", L, 0)


def test_both_go_into_one_file(tmp_path, capsys):
    out = tmp_path / "speed.json"
    words = f"{out} --preset smoke --steps 1 --events 20"
    transformer_speed.main(words.split())
    found = json.loads(out.read_text())
    assert found == json.loads(capsys.readouterr().out)
    assert (found["preset"], found["n_events"]) == ("smoke", 20)
    assert {"plain_per_s"} < set(found["training"])
    assert {"ratio"} < set(found["reading"])
