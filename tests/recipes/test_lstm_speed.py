import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.evaluation.likelihood import PADDING
from course_utils.recipes.lstm_speed import (
    composing_speed,
    padded_windows,
    training_speed,
)

PIECES = [list(range(3, 40)), list(range(50, 55))] * 4


def test_windows_hold_each_event_once_and_padding_for_the_rest():
    batches = padded_windows(PIECES, 8, 10, seed=0)
    for _ in range(5):
        inputs, targets = next(batches)
        assert inputs.shape == targets.shape == (8, 10)
        real = targets != PADDING
        assert torch.equal(targets[real], inputs[real] + 1)
        assert (~real).any()


def test_both_ways_of_training_are_timed():
    found = training_speed(PIECES * 40, "smoke", n_steps=2)
    assert all(value > 0 for value in found.values())
    # Streams waste nothing: a batch of 16 x 64 teaches 1,024 events.
    per_step = found["ours_events_per_s"] / found["ours_steps_per_s"]
    assert per_step == pytest.approx(16 * 64, rel=0.2)
    wasted = found["plain_events_per_s"] / found["plain_steps_per_s"]
    assert wasted < per_step


def test_both_ways_of_composing_are_timed():
    found = composing_speed("smoke", n_steps=4, n_runs=1)
    assert set(found) == {"ours_composed_per_s", "plain_composed_per_s"}
    assert all(value > 0 for value in found.values())


def test_no_steps_are_refused():
    with pytest.raises(CourseError, match="steps"):
        training_speed(PIECES, "smoke", 0)
