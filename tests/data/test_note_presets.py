from collections import Counter

import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.presets import PRESETS
from course_utils.data.instruments import (
    VELOCITIES,
    catalogue,
    instrument_splits,
)
from course_utils.data.note_presets import CONFIGS, NotesConfig


def test_every_preset_has_its_notes_and_each_is_larger():
    assert tuple(CONFIGS) == PRESETS
    counts = [CONFIGS[preset].n_notes for preset in PRESETS]
    assert counts == sorted(counts)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_family_has_instruments_on_both_sides(preset):
    splits = instrument_splits()
    sides = Counter(
        (catalogue()[p].family, splits[catalogue()[p].name])
        for p in CONFIGS[preset].programs
    )
    families = {family for family, _ in sides}
    assert len(families) >= 4
    for family in families:
        assert sides[family, "train"] >= 2
        assert sides[family, "validation"] >= 1


def test_the_cpu_preset_is_large_enough_to_learn_pitch_and_family():
    config = CONFIGS["cpu"]
    assert len(config.pitches) >= 37
    assert len({catalogue()[p].family for p in config.programs}) >= 6
    assert config.n_notes * 128_044 < 300e6


def test_velocities_take_turns():
    config = NotesConfig((0, 3), tuple(range(60, 70)), velocities_per_pitch=2)
    for program in config.programs:
        turns = [config.turn(program, pitch) for pitch in config.pitches]
        assert {len(turn) for turn in turns} == {2}
        counts = Counter(v for turn in turns for v in turn)
        assert counts == dict.fromkeys(VELOCITIES, 4)
    assert config.turn(0, 60) != config.turn(3, 60)


def test_all_velocities_can_be_asked_for():
    config = NotesConfig((0,), (60,), velocities_per_pitch=5)
    assert config.turn(0, 60) == list(VELOCITIES)
    assert config.n_notes == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"programs": (14,)}, "program of the catalogue"),
        ({"pitches": (128,)}, "pitch from 0 to 127"),
        ({"velocities": (0,)}, "velocity from 1"),
        ({"velocities_per_pitch": 6}, "velocities per pitch"),
    ],
)
def test_impossible_notes_are_refused(fields, message):
    with pytest.raises(CourseError, match=message):
        NotesConfig(**({"programs": (0,), "pitches": (60,)} | fields))
