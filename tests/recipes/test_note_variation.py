import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes.note_variation import (
    Variation,
    resample,
    soil_notes,
    vary_notes,
)

N = 4000
STILL = Variation(0, 0, 0.0, (-200, -200), (0, 0))


def tone(f_hz):
    return torch.sin(2 * math.pi * f_hz * torch.arange(N) / 16_000)[None]


def test_speed_1_without_delay_changes_nothing(rng):
    notes = torch.randn(3, N, generator=rng)
    same = resample(notes, torch.ones(3), torch.zeros(3, dtype=torch.long))
    assert torch.equal(same, notes)


def test_a_note_at_double_speed_is_an_octave_higher_and_ends_early():
    fast = resample(tone(500), torch.tensor([2.0]), torch.tensor([0]))
    half = N // 2
    assert torch.allclose(fast[:, :half], tone(1000)[:, :half], atol=1e-4)
    assert (fast[:, half:] == 0).all()


def test_a_slow_note_lies_between_its_samples():
    slow = resample(tone(100), torch.tensor([0.5]), torch.tensor([0]))
    assert torch.allclose(slow, tone(50), atol=1e-3)


def test_a_delay_is_silence_before_the_note(rng):
    notes = torch.randn(1, N, generator=rng)
    late = resample(notes, torch.ones(1), torch.tensor([30]))
    assert (late[:, :30] == 0).all()
    assert torch.equal(late[:, 30:], notes[:, :-30])


def test_variation_of_nothing_is_the_note_itself(rng):
    notes, pitches = tone(300), torch.tensor([60])
    varied, heard = vary_notes(notes, pitches, (60,), STILL, rng)
    assert torch.allclose(varied, notes, atol=1e-6)
    assert heard.tolist() == [60]


def test_no_note_leaves_the_known_pitches(rng):
    pitches = torch.tensor([60, 61, 62, 63] * 50)
    notes = torch.randn(200, 100, generator=rng)
    known = (60, 61, 63)
    _, heard = vary_notes(notes, pitches, known, Variation(), rng)
    assert set(heard[pitches != 62].tolist()) == set(known)
    assert set(heard[pitches == 62].tolist()) <= {60, 61, 62, 63}
    assert (heard - pitches).abs().max() == 2


def test_noise_has_the_level_asked_for(rng):
    hiss = Variation(0, 0, 0.0, (-20, -20), (0, 0))
    notes = tone(440).expand(20, N)
    varied, _ = vary_notes(notes, torch.full((20,), 69), (69,), hiss, rng)
    rms = (varied - notes).square().mean().sqrt().item()
    assert rms == pytest.approx(0.1, rel=0.02)


def test_one_seed_varies_alike(rng):
    notes, pitches = tone(440).expand(4, N), torch.full((4,), 69)
    first, second = (
        vary_notes(notes, pitches, (69,), Variation(), rng.manual_seed(2))[0]
        for _ in range(2)
    )
    assert torch.equal(first, second)


def test_more_than_an_octave_is_refused():
    with pytest.raises(CourseError, match="max_semitones"):
        Variation(max_semitones=13)


def test_only_a_share_of_the_notes_is_soiled(rng):
    hiss = Variation(0, 0, 0.0, (-20, -20), (0, 0), share=0.25)
    notes = tone(440).repeat(400, 1)
    changed = (soil_notes(notes, hiss, rng) != notes).any(dim=1)
    assert changed.float().mean().item() == pytest.approx(0.25, abs=0.07)
    with pytest.raises(CourseError, match="share"):
        Variation(share=1.5)


def test_gradients_pass_through_the_soil(rng):
    notes = tone(440).repeat(3, 1).requires_grad_(True)
    soft = Variation(0, 0, 0.0, (-60, -60), (-6, -6))
    soil_notes(notes, soft, rng).sum().backward()
    gain = 10 ** (-6 / 20)
    assert torch.allclose(notes.grad, torch.full_like(notes, gain))


def test_soil_moves_neither_onset_nor_pitch(rng):
    notes = torch.cat([torch.zeros(1, 500), tone(440)[:, 500:]], dim=1)
    rough = Variation(0, 0, 0.3, (-200, -200), (-12, 6))
    soiled = soil_notes(notes.repeat(8, 1), rough, rng)
    assert soiled[:, :500].abs().max() < 1e-6
    peaks = torch.fft.rfft(soiled).abs().argmax(dim=1)
    assert set(peaks.tolist()) == {int(torch.fft.rfft(notes).abs().argmax())}
