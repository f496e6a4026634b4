import pytest

from course_utils.basics.checks import CourseError
from course_utils.recipes import runs
from course_utils.recipes.lstm_session import LstmRecipe


def test_a_training_is_saved_as_often_as_it_is_told():
    recipe = LstmRecipe()
    assert runs.saved_every(recipe, None) == recipe
    assert runs.saved_every(recipe, 0.5).save_every_s == 0.5
    for seconds in (-1, float("nan"), 1e9):
        with pytest.raises(CourseError, match="seconds between two saves"):
            runs.saved_every(recipe, seconds)
