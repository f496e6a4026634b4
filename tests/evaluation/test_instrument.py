import numpy as np
import pytest

from course_utils.evaluation.instrument import (
    MAX_CLIP_S,
    SAME_INSTRUMENT,
    timbre,
    timbre_distance,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.synth import sequence_to_waveform

RATE = 16_000
PIANO, TRUMPET, FLUTE = 0, 56, 73


def played(program, seed, velocity=80):
    rng = np.random.default_rng(seed)
    music = blank_sequence(100.0, None)
    for i in range(10):
        for pitch in 60 + rng.choice(20, 2, replace=False):
            music.notes.add(
                pitch=int(pitch),
                velocity=velocity,
                start_time=0.4 * i,
                end_time=0.4 * (i + 1),
                program=program,
            )
    music.total_time = 4.0
    return sequence_to_waveform(music, RATE)


@pytest.mark.parametrize("program", [PIANO, TRUMPET, FLUTE])
def test_other_notes_are_the_same_instrument(program):
    clips = [played(program, 1)], [played(program, 2)]
    assert 0 < timbre_distance(*clips, RATE) < SAME_INSTRUMENT


def test_the_same_notes_may_be_another_instrument():
    piano, trumpet = played(PIANO, 1), played(TRUMPET, 1)
    there = timbre_distance([piano], [trumpet], RATE)
    assert there > SAME_INSTRUMENT
    assert timbre_distance([trumpet], [piano], RATE) == pytest.approx(there)


def test_level_and_silence_do_not_matter():
    clip = played(PIANO, 1)
    quiet = np.concatenate([0.1 * clip, np.zeros(RATE, clip.dtype)])
    assert timbre_distance([clip], [quiet], RATE) < 1.0
    assert timbre_distance([clip], [clip], RATE) == 0


def test_clips_of_a_side_are_pooled():
    a, b = played(PIANO, 1), played(TRUMPET, 1)
    assert timbre_distance([a, b], [b, a], RATE) == pytest.approx(0)


def test_the_first_minute_is_heard():
    clip = np.tile(played(PIANO, 1), 20)
    n = round(MAX_CLIP_S * RATE)
    assert len(clip) > n
    heard = timbre(clip, RATE)
    assert heard.shape[0] == 12
    assert np.array_equal(heard, timbre(clip[:n], RATE))
