import pytest

from course_utils.basics import presets
from course_utils.basics.checks import CourseError


def test_there_are_four_presets_in_every_notebook():
    assert presets.PRESETS == ("smoke", "cpu", "colab", "paper")
    for sizes in presets.notebook_table().values():
        assert tuple(sizes) == presets.PRESETS


def test_all_presets_of_a_notebook_set_the_same_sizes():
    for sizes in presets.notebook_table().values():
        assert len({tuple(sorted(one or {})) for one in sizes.values()}) == 1


def test_an_override_replaces_the_presets_value_and_none_does_not():
    table = presets.load("00_start_here", "cpu")
    assert presets.load("00_start_here", "cpu", n_steps=None) == table
    assert presets.load("00_start_here", "cpu", n_steps=7).n_steps == 7


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(CourseError, match="one of smoke, cpu, colab, paper"):
        presets.load("00_start_here", "huge")
    with pytest.raises(CourseError, match=r"notebook to be one of.*00_start"):
        presets.load("99_absent", "cpu")
    with pytest.raises(CourseError, match="size of 00_start_here"):
        presets.load("00_start_here", "cpu", n_stepz=1)
