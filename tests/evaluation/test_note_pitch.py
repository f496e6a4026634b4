import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.pitch import midi_to_hz
from course_utils.evaluation.note_pitch import (
    note_pitch,
    note_pitches,
    pitch_shares,
)
from course_utils.symbolic.synth import render_note

RATE = 16_000
PITCH_ATOL = 0.25  # semitones: the judge's own grid


def harmonic(pitch, duration_s=2.0):
    time_s = np.arange(round(duration_s * RATE)) / RATE
    f0_hz = midi_to_hz(pitch)
    return sum(
        np.sin(2 * np.pi * k * f0_hz * time_s) / k
        for k in range(1, 9)
        if k * f0_hz < RATE / 2
    )


@pytest.mark.parametrize("pitch", [24, 40.3, 60, 84, 100])
def test_a_harmonic_tone_has_the_pitch_it_was_made_with(pitch):
    assert note_pitch(harmonic(pitch), RATE) == pytest.approx(
        pitch, abs=PITCH_ATOL
    )


def test_many_notes_are_judged_like_each_alone():
    notes = np.stack([harmonic(p, 0.3) for p in (55, 69)] + [np.zeros(4800)])
    heard = note_pitches(notes, RATE)
    assert heard[:2] == pytest.approx([55, 69], abs=PITCH_ATOL)
    assert np.isnan(heard[2])


def test_silence_has_no_pitch_and_counts_as_wrong():
    assert np.isnan(note_pitch(np.zeros(RATE), RATE))
    assert pitch_shares([np.nan, 60.0], [60, 60]) == {
        "exact": 0.5,
        "octave": 0.5,
    }


def test_octaves_are_told_apart_only_in_the_exact_share():
    heard = [60.4, 72.0, 36.3, 66.0, 60.6]
    shares = pitch_shares(heard, [60] * 5)
    assert shares == {"exact": 0.2, "octave": 0.6}


@pytest.mark.parametrize("program", [0, 40, 73])
def test_rendered_notes_sound_the_key_that_was_pressed(program):
    heard = note_pitch(render_note(program, 67, 100), RATE)
    assert heard == pytest.approx(67, abs=0.5)


@pytest.mark.parametrize("shape", [(100,), (1, RATE)])
def test_too_short_or_a_batch_is_refused(shape):
    with pytest.raises(CourseError, match="one note of"):
        note_pitch(np.ones(shape), RATE)


@pytest.mark.parametrize(("heard", "asked"), [([], []), ([60.0], [60, 61])])
def test_shares_need_pairs(heard, asked):
    with pytest.raises(CourseError, match="equally many"):
        pitch_shares(heard, asked)
