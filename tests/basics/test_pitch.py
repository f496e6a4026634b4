import librosa
import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.pitch import (
    hz_to_midi,
    midi_to_hz,
    midi_to_name,
    name_to_midi,
)

PITCHES = range(128)


def test_a4_is_440_hz_and_an_octave_doubles():
    assert midi_to_hz(69) == 440.0
    assert midi_to_hz(81) == 880.0
    assert midi_to_hz(57) == 220.0


def test_frequencies_equal_librosas():
    ours = [midi_to_hz(pitch) for pitch in PITCHES]
    assert ours == pytest.approx(list(librosa.midi_to_hz(PITCHES)), rel=1e-12)


def test_every_pitch_survives_the_way_to_hz_and_back():
    for pitch in PITCHES:
        assert hz_to_midi(midi_to_hz(pitch)) == pytest.approx(pitch, abs=1e-9)


def test_every_pitch_survives_the_way_to_its_name_and_back():
    for pitch in PITCHES:
        assert name_to_midi(midi_to_name(pitch)) == pitch


def test_names_equal_librosas():
    ours = [midi_to_name(pitch) for pitch in PITCHES]
    assert ours == [librosa.midi_to_note(p, unicode=False) for p in PITCHES]


def test_flats_are_read():
    assert name_to_midi("Bb2") == name_to_midi("A#2") == 46


@pytest.mark.parametrize("name", ["H4", "C", "c4", "C##4", "4C", ""])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(CourseError, match="a pitch name such as C4"):
        name_to_midi(name)


@pytest.mark.parametrize("name", ["C-2", "C10"])
def test_a_name_outside_midi_is_refused(name):
    with pytest.raises(CourseError, match="from 0 to 127"):
        name_to_midi(name)


@pytest.mark.parametrize("pitch", [-1, 128])
def test_a_pitch_outside_midi_has_no_name(pitch):
    with pytest.raises(CourseError, match="MIDI pitch from 0 to 127"):
        midi_to_name(pitch)


@pytest.mark.parametrize("f0_hz", [0.0, -1.0, float("nan")])
def test_silence_has_no_pitch(f0_hz):
    with pytest.raises(CourseError, match="above 0 Hz"):
        hz_to_midi(f0_hz)
