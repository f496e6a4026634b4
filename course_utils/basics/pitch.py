"""Pitch in its three spellings: MIDI number, frequency in Hz, name.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import math
import re

from course_utils.basics.checks import CourseError, check_range

A4_MIDI = 69
A4_HZ = 440.0
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}


def midi_to_hz(pitch: float) -> float:
    """Return the frequency in Hz of a MIDI pitch; 69 is A4 = 440 Hz.

    Equal temperament: each semitone multiplies the frequency by 2^(1/12).
    """
    return A4_HZ * 2.0 ** ((pitch - A4_MIDI) / 12)


def hz_to_midi(f0_hz: float) -> float:
    """Return the MIDI pitch, with its fraction, of a frequency in Hz.

    Raises
    ------
    CourseError
        If `f0_hz` is not positive.
    """
    if not f0_hz > 0:
        raise CourseError(
            "a frequency above 0 Hz", f0_hz, "silence has no pitch"
        )
    return A4_MIDI + 12 * math.log2(f0_hz / A4_HZ)


def midi_to_name(pitch: int) -> str:
    """Return the name of a MIDI pitch (0 to 127); 60 is C4."""
    check_range("MIDI pitch", pitch, 0, 127)
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def name_to_midi(name: str) -> int:
    """Return the MIDI pitch (0 to 127) of a name such as C4, F#3 or Bb2.

    Raises
    ------
    CourseError
        If the name cannot be read or lies outside 0 to 127.
    """
    match = re.fullmatch(r"([A-G])([#b]?)(-?\d+)", name)
    if match is None:
        raise CourseError(
            "a pitch name such as C4, F#3 or Bb2", repr(name), "spell it so"
        )
    step, accidental, octave = match.groups()
    pitch = 12 * (int(octave) + 1) + STEPS[step] + ACCIDENTALS[accidental]
    check_range(f"MIDI pitch of {name}", pitch, 0, 127)
    return pitch
