import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.pitch import midi_to_hz
from course_utils.models.classifier import (
    FLOOR_DB,
    ROWS_PER_SEMITONE,
    ClassifierConfig,
    NoteClassifier,
    row_matrix,
)
from course_utils.models.initialise import init_weights

TINY = ClassifierConfig(
    pitches=(60, 62, 64), timbres=("flute", "reed"), n_samples=4000
)


def tone(pitch, n_samples=4000, rate=16_000):
    time_s = torch.arange(n_samples) / rate
    return torch.sin(2 * math.pi * midi_to_hz(pitch) * time_s)[None]


@pytest.fixture
def net(rng):
    net = NoteClassifier(TINY)
    init_weights(net, rng)
    return net


@pytest.mark.parametrize("n_samples", [4000, 16_000, 64_000])
def test_every_length_gives_logits_and_features(n_samples, rng):
    config = ClassifierConfig((60, 61), ("reed",) * 3, n_samples=n_samples)
    heard = NoteClassifier(config)(torch.randn(2, n_samples, generator=rng))
    assert heard.pitch.shape == (2, 2)
    assert heard.timbre.shape == (2, 3)
    assert heard.features.shape == (2, config.n_features)


def test_the_level_of_a_note_does_not_matter(net, rng):
    notes = torch.randn(3, 4000, generator=rng)
    loud, soft = net(notes), net(notes / 500)
    assert torch.allclose(loud.pitch, soft.pitch, atol=1e-4)
    assert torch.allclose(loud.features, soft.features, atol=1e-4)


def test_silence_is_heard_as_something_finite(net):
    heard = net(torch.zeros(1, 4000))
    assert heard.pitch.isfinite().all()
    assert net.picture(torch.zeros(1, 4000)).abs().max() == 0


@pytest.mark.parametrize("pitch", [60, 72, 96])
def test_a_pure_tone_lights_the_row_of_its_pitch(net, pitch):
    row = net.picture(tone(pitch))[0].mean(dim=1).argmax().item()
    lowest = min(TINY.pitches) - 3
    heard = lowest + row / ROWS_PER_SEMITONE
    assert heard == pytest.approx(pitch, abs=1 / ROWS_PER_SEMITONE)


def test_the_picture_is_the_level_in_db(net, rng):
    notes = torch.randn(1, 4000, generator=rng)
    picture = net.picture(notes)
    assert picture.max() == pytest.approx(1)
    both = torch.cat([notes[:, :2048], notes[:, :1952] / 10], dim=1)
    first, last = (net.picture(both)[0, :, t].mean() for t in (0, -1))
    assert first > last  # 20 dB softer, and nothing is pooled over time
    assert net.picture(both).min() >= 1 - FLOOR_DB / FLOOR_DB


def test_rows_are_averages_up_to_half_the_rate():
    matrix = row_matrix(TINY)
    assert torch.allclose(matrix.sum(dim=1), torch.ones(len(matrix)))
    assert (matrix >= 0).all()
    assert TINY.row_hz[-1] < TINY.sample_rate / 2
    ratio = TINY.row_hz[1:] / TINY.row_hz[:-1]
    assert torch.allclose(ratio, ratio[0].expand_as(ratio))


def test_hearing_in_parts_is_hearing_at_once(net, rng):
    notes = torch.randn(5, 4000, generator=rng)
    parts, whole = net.hear(notes, batch_size=2), net(notes)
    assert torch.allclose(parts.timbre, whole.timbre, atol=1e-5)
    assert not parts.pitch.requires_grad


def test_one_seed_gives_one_net(rng):
    nets = [NoteClassifier(TINY) for _ in range(2)]
    for net in nets:
        init_weights(net, rng.manual_seed(1))
    first, second = (list(net.parameters()) for net in nets)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("shape", [(1, 3999), (4000,)])
def test_notes_of_another_length_are_refused(net, shape):
    with pytest.raises(CourseError, match=r"shape \(B, 4000\)"):
        net(torch.zeros(shape))


def test_a_broken_sample_is_refused(net):
    with pytest.raises(CourseError, match="finite samples"):
        net(torch.full((1, 4000), math.nan))


def test_no_note_is_refused(net):
    with pytest.raises(CourseError, match="at least one note"):
        net.hear(torch.zeros(0, 4000))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"pitches": ()}, "number of pitches"),
        ({"timbres": ()}, "number of timbres"),
        ({"pitches": (60, 128)}, "highest pitch"),
        ({"n_samples": 1000}, "n_samples"),
        ({"n_fft": 2}, "n_fft"),
        ({"hop_length": 0}, "hop_length"),
    ],
)
def test_impossible_sizes_are_refused(change, match):
    sizes = {"pitches": (60,), "timbres": ("reed",)} | change
    with pytest.raises(CourseError, match=match):
        ClassifierConfig(**sizes)
