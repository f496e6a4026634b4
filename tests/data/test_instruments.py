from collections import Counter, defaultdict

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.instruments import (
    FAMILIES,
    SOURCES,
    catalogue,
    find_instrument,
    instrument_splits,
)

OTHER_PITCH = {14, 16, 17, 18, 19, 31, 47, 55, 78, 86, 97, 98}


def test_programs_that_sound_another_pitch_are_left_out():
    assert not OTHER_PITCH & set(catalogue())


def test_names_are_nsynths_and_unique():
    names = [item.name for item in catalogue().values()]
    assert len(set(names)) == len(names)
    assert find_instrument(56).name == "brass_acoustic_000"
    for item in catalogue().values():
        assert item.family in FAMILIES
        assert item.source in SOURCES


@pytest.mark.parametrize(
    ("first", "family"),
    [(24, "guitar"), (32, "bass"), (56, "brass"), (64, "reed"), (72, "flute")],
)
def test_families_follow_general_midi(first, family):
    eight = [p for p in catalogue() if first <= p < first + 8]
    assert {catalogue()[p].family for p in eight} == {family}


def test_a_fifth_of_each_family_is_held_out():
    splits = instrument_splits()
    sides = defaultdict(Counter)
    for item in catalogue().values():
        sides[item.family][splits[item.name]] += 1
    assert set(sides) == set(FAMILIES)
    for counts in sides.values():
        n = sum(counts.values())
        assert counts["validation"] == max(round(0.2 * n), 1)


def test_an_unknown_program_is_named():
    with pytest.raises(CourseError, match="got 14"):
        find_instrument(14)
