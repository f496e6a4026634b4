import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.evaluation.note_scores import sound_defects
from course_utils.recipes.note_hygiene import cleaned

RATE = 16_000


def tones(*levels, offset=0.0):
    wave = torch.sin(2 * math.pi * 220 * torch.arange(8000) / RATE)
    return torch.tensor(levels)[:, None] * (wave + offset)


def test_every_note_gets_the_peak_of_the_training():
    got = cleaned(tones(0.2, 0.5, 1.7), RATE, 0.5)
    assert torch.allclose(got.abs().amax(dim=1), torch.full((3,), 0.5))


def test_a_nearly_silent_note_is_not_blown_up():
    assert cleaned(tones(1e-3), RATE, 0.5).abs().max() < 0.02


def test_silence_stays_silence():
    assert not cleaned(torch.zeros(2, 1000), RATE, 0.5).any()


def test_the_end_is_silent_and_the_constant_part_gone():
    got = cleaned(tones(0.5, offset=0.3), RATE, 0.5)
    assert got[0, -1].abs() < 1e-6
    defects = sound_defects(got)
    assert not defects["dc"]
    assert not defects["clipped"]


def test_the_notes_given_are_not_changed():
    given = tones(0.5)
    before = given.clone()
    cleaned(given, RATE, 0.5)
    assert torch.equal(given, before)


def test_a_peak_beyond_full_scale_is_refused():
    with pytest.raises(CourseError, match="peak"):
        cleaned(tones(0.5), RATE, 1.5)
