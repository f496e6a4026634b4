import math

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.evaluation.note_scores import (
    FLOOR_DB,
    log_spectra,
    nearest_distances,
    sound_defects,
)

N = 4000


def noise(rng, n_notes, level=0.1):
    return level * torch.randn(n_notes, N, generator=rng)


def test_a_copy_lies_at_distance_0_even_when_softer(rng):
    train = noise(rng, 5)
    found = nearest_distances(log_spectra(train[3:] / 7), log_spectra(train))
    assert found == pytest.approx([0, 0], abs=1e-3)


def test_distance_is_the_rms_difference_in_db():
    size = 12
    even = np.full((1, size), -10 / math.sqrt(size))
    other = np.stack([even[0] * 1.6, even[0] * 3])
    assert nearest_distances(even, other) == pytest.approx([6])


def test_spectra_reach_from_the_floor_to_the_loudest_bin(rng):
    pulse = torch.zeros(1, N)
    pulse[0, 500] = 1
    for notes in (noise(rng, 1), pulse):
        rows = log_spectra(notes)
        level_db = rows * math.sqrt(rows.shape[1])
        assert level_db.max() == pytest.approx(0, abs=1e-5)
        assert level_db.min() >= FLOOR_DB - 1e-4


def test_silence_has_a_flat_spectrum_of_the_floor():
    rows = log_spectra(torch.zeros(1, N))
    assert rows * math.sqrt(rows.shape[1]) == pytest.approx(FLOOR_DB)


def test_more_noise_moves_notes_away_from_their_originals(rng):
    time_s = torch.arange(N) / 16_000
    pitch_hz = torch.tensor([[220.0], [330.0], [440.0]])
    train = torch.sin(2 * math.pi * pitch_hz * time_s)
    hiss = noise(rng, 3, 1.0)
    spectra = log_spectra(train)
    ladder = [
        nearest_distances(log_spectra(train + a * hiss), spectra).mean()
        for a in (0, 0.003, 0.03, 0.3)
    ]
    assert ladder == sorted(ladder)


def test_faults_are_counted_each_in_its_own_note():
    notes = torch.stack(
        [
            torch.sin(torch.arange(N) * math.tau / 40) / 2,
            torch.sin(torch.arange(N) * math.tau / 40) * 1.5,
            torch.zeros(N),
            torch.sin(torch.arange(N) * math.tau / 40) / 2 + 0.1,
            torch.full((N,), math.nan),
        ]
    )
    found = sound_defects(notes)
    assert found["clipped"] == 1
    assert found["silent"] == 2  # NaN has no sound either
    assert found["dc"] == 1
    assert found["not_finite"] == 1
    assert found["highest_peak"] == pytest.approx(1.5)
    assert found["largest_dc"] == pytest.approx(0.1 / 0.6, rel=1e-3)


def test_a_sound_note_has_no_fault(rng):
    found = sound_defects(torch.sin(torch.arange(N) / 7.0)[None] * 0.9)
    assert not any(found[k] for k in ("clipped", "silent", "dc"))


@pytest.mark.parametrize("shape", [(0, N), (N,)])
def test_faults_need_notes(shape):
    with pytest.raises(CourseError, match=r"notes of shape \(M, N\)"):
        sound_defects(torch.zeros(shape))


def test_spectra_need_notes():
    with pytest.raises(CourseError):
        log_spectra(torch.zeros(0, N))


@pytest.mark.parametrize("shape", [(0, 4), (3, 5), (4,)])
def test_spectra_of_two_kinds_are_refused(shape):
    with pytest.raises(CourseError, match="two sets of log-spectra"):
        nearest_distances(np.zeros((2, 4)), np.zeros(shape))
