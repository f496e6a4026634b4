import pytest

from course_utils.basics.checks import CourseError
from course_utils.recipes.gansynth_presets import RECIPES
from course_utils.recipes.gansynth_speed import (
    FORMS,
    first_step,
    speed_table,
)


def test_every_size_is_timed_in_both_forms():
    rows = speed_table("smoke", batch_size=2, n_steps=1)
    model = RECIPES["smoke"].model
    shapes = [model.image_shape(block) for block in range(model.n_blocks)]
    assert [row["shape"] for row in rows] == shapes
    slow, fast = FORMS
    for row in rows:
        assert row[slow] > 0
        assert row["ratio"] == pytest.approx(row[fast] / row[slow])


def test_the_first_step_says_how_long_and_how_much():
    result = first_step("smoke")
    assert result["seconds"] > 0
    assert 0.05 < result["peak_gib"] < 100


def test_no_steps_are_refused():
    with pytest.raises(CourseError, match="steps"):
        speed_table("smoke", 2, 0)
