import numpy as np
import pytest
from note_seq.protobuf import music_pb2

from course_utils.evaluation.copying import (
    copied_share,
    likeness,
    shared_run,
)

RATE = 4_000


def noise(seed, seconds):
    return np.random.default_rng(seed).normal(size=round(seconds * RATE))


def melody(pitches):
    music = music_pb2.NoteSequence()
    music.tempos.add(qpm=60)
    for i, pitch in enumerate(pitches):
        music.notes.add(pitch=pitch, start_time=i, end_time=i + 1, velocity=80)
    music.total_time = len(pitches)
    return music


def test_likeness_is_the_best_correlation_of_a_plain_loop(np_rng):
    piece, clip = np_rng.normal(size=20), np_rng.normal(size=100)
    best = max(
        piece @ part / np.linalg.norm(piece) / np.linalg.norm(part)
        for part in (clip[i : i + 20] for i in range(81))
    )
    assert likeness(piece, clip) == pytest.approx(best)


def test_likeness_does_not_depend_on_level_and_place(np_rng):
    clip = np_rng.normal(size=500)
    assert likeness(0.01 * clip[200:300], clip) == pytest.approx(1)
    assert likeness(-clip[200:300], clip) < 0.9
    assert likeness(clip[450:], clip[480:]) < 0.9
    assert likeness(np.zeros(10), clip) == 0
    assert likeness(clip[:10], np.zeros(50)) == 0


def test_a_copied_half_is_half_a_copy():
    real, new = noise(1, 8), noise(2, 4)
    mixed = np.concatenate([0.2 * real[3 * RATE : 7 * RATE], new])
    assert copied_share([real], [mixed], RATE) == 0.5
    assert copied_share([new, real], [mixed], RATE) == 1
    assert copied_share([noise(3, 8)], [mixed], RATE) == 0


def test_a_copy_under_some_noise_is_still_one():
    real = noise(1, 6)
    assert copied_share([real], [real + 0.3 * noise(2, 6)], RATE) == 1
    assert copied_share([real], [real + 2 * noise(2, 6)], RATE) == 0


def test_silence_is_not_looked_for():
    real = noise(1, 3)
    new = np.concatenate([np.zeros(5 * RATE), real])
    assert copied_share([real], [new], RATE) == 1


def test_a_run_in_another_key_is_shared(np_rng):
    pitches = np_rng.integers(50, 80, 40).tolist()
    other = np_rng.integers(50, 80, 40).tolist()
    real = melody(pitches)
    n_all = len(pitches) * (1 + 4 + 3) - 1  # a note, its steps, its holding
    n_events, share = shared_run([real], [melody([p + 3 for p in pitches])])
    assert share > 0.9
    assert n_events <= n_all + 1
    half = melody(pitches[:20] + other[:20])
    n_half, share_half = shared_run([real], [half])
    assert n_half < n_events
    assert 0.4 < share_half < 0.6
    assert shared_run([real], [melody(other)])[1] < 0.2
    assert shared_run([real], [melody(other), half]) == (n_half, share_half)


def test_pieces_without_notes_share_nothing():
    empty, real = music_pb2.NoteSequence(), melody([60, 62])
    assert shared_run([real], [empty]) == (0, 0.0)
    assert shared_run([empty], [real]) == (0, 0.0)
