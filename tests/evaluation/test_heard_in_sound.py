import numpy as np
import pytest

from course_utils.evaluation.heard_in_sound import (
    key_in_sound,
    tempo_in_sound_bpm,
)

RATE = 16_000


def chords(roots, beat_s=0.5, minor=()):
    """A chord a beat, each with a sharp attack."""
    time_s = np.arange(round(beat_s * RATE)) / RATE
    parts = []
    for i, root in enumerate(roots):
        third = 3 if root % 12 in minor else 4
        tone = sum(
            np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * time_s)
            for p in (root, root + third, root + 7)
        )
        loud = 0.3 if i % 4 == 0 else 0.2
        parts.append(loud * tone * np.exp(-8 * time_s))
    return np.concatenate(parts)


@pytest.mark.parametrize("bpm", [72.0, 90.0, 110.0])
def test_a_steady_beat_is_heard(bpm):
    sound = chords([60, 65, 67, 60] * 6, beat_s=60 / bpm)
    assert tempo_in_sound_bpm(sound, RATE) == pytest.approx(bpm, rel=0.04)


def test_a_cadence_tells_its_key():
    major = chords([60, 65, 67, 60] * 3)
    assert key_in_sound(major, RATE) == "C major"
    assert key_in_sound(0.01 * major, RATE) == "C major"
    minor = chords([57, 62, 64, 57] * 3, minor=(9, 2))
    assert key_in_sound(minor, RATE) == "A minor"
    up = chords([62, 67, 69, 62] * 3)
    assert key_in_sound(up, RATE) == "D major"
