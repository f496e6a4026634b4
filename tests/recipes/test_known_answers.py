import numpy as np
import pytest

from course_utils.evaluation.feature_distances import (
    extract,
    feature_distances,
)
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.recipes import known_answers
from course_utils.recipes.known_answers import (
    METRICS,
    add_noise,
    answers,
    features_apart,
    shares,
    truths,
)
from course_utils.recipes.known_changes import (
    CHANGES,
    QUESTIONS,
    RATE,
    SEMITONES,
    played,
    sound_alone,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.meter import bar_lines_s


def tune(seed, n_bars=4):
    """Bars of 3/4, a bass on each first beat, chords on the others."""
    rng = np.random.default_rng(seed)
    music = blank_sequence(120.0, (3, 4))
    for beat in range(3 * n_bars):
        chord = rng.choice([60, 62, 64, 65, 67, 69, 71], 2, replace=False)
        for pitch in [48, *chord] if beat % 3 == 0 else chord:
            music.notes.add(
                pitch=int(pitch),
                velocity=90 if beat % 3 == 0 else 60,
                start_time=beat / 2,
                end_time=beat / 2 + 0.5,
            )
    music.total_time = 1.5 * n_bars
    return played(music)


@pytest.fixture(scope="module")
def one():
    return tune(1)


@pytest.fixture
def changed(one):
    def make(name):
        rng = np.random.default_rng(0)
        return CHANGES[name].make(one, tune(2), rng)

    return make


def notes_of(example):
    return [
        (n.pitch, round(n.start_time, 6), round(n.end_time, 6), n.velocity)
        for n in example.notes.notes
    ]


def test_the_changes_do_what_they_say(one, changed):
    before = notes_of(one)
    assert changed("the same") is one
    soft = changed("6 dB softer")
    assert np.array_equal(soft.sound, one.sound / 2)
    up = notes_of(changed("3 semitones up"))
    assert [(n[0] - SEMITONES, *n[1:]) for n in up] == before
    fast = changed("25 % faster")
    assert fast.notes.tempos[0].qpm == pytest.approx(150)
    assert fast.notes.total_time == pytest.approx(4.8)
    assert len(bar_lines_s(fast.notes)) == 4
    trumpet = changed("on a trumpet")
    assert notes_of(trumpet) == before
    levels = [np.sqrt(np.mean(x.sound**2)) for x in (one, trumpet)]
    assert levels[0] == pytest.approx(levels[1], rel=1e-3)
    assert notes_of(one) == before  # nothing was changed in place


def test_shuffled_bars_and_pitches_keep_what_they_should(one, changed):
    bars, pitches = changed("bars shuffled"), changed("pitches shuffled")
    before = notes_of(one)
    moved = notes_of(bars)
    assert moved != before
    assert sorted((p, round(s % 1.5, 6)) for p, s, *_ in moved) == sorted(
        (p, round(s % 1.5, 6)) for p, s, *_ in before
    )
    assert bars.notes.total_time == one.notes.total_time
    assert [n[1:] for n in notes_of(pitches)] == [n[1:] for n in before]
    assert sorted(n[0] for n in notes_of(pitches)) == sorted(
        n[0] for n in before
    )
    samples = changed("samples shuffled")
    assert samples.notes is None
    assert np.array_equal(np.sort(samples.sound), np.sort(one.sound))


def test_the_truth_is_known_for_every_change_and_question():
    table = truths()
    assert table.shape == (len(CHANGES), len(METRICS))
    assert np.all(table[0] == 1)
    louder = list(CHANGES).index("6 dB softer")
    for metric, truth in zip(METRICS.values(), table[louder], strict=True):
        assert metric.question in QUESTIONS
        assert truth == (metric.question != "loudness")
    other = CHANGES["another piece"]
    assert other.truth("piece") is False
    assert other.truth("key") is None


def test_every_metric_judges_every_change(one, monkeypatch):
    monkeypatch.setattr(
        known_answers,
        "CHANGES",
        {n: CHANGES[n] for n in ("the same", "samples shuffled")},
    )
    rows = answers([one, tune(2)], 0)
    notes = [name for name, m in METRICS.items() if m.needs_notes]
    assert len(rows) == 2 * (2 * len(METRICS) - len(notes))
    same = [row for row in rows if row["change"] == "the same"]
    assert all(row["says"] is row["truth"] is True for row in same)
    table = shares(rows)
    assert table[0].tolist() == [1.0] * len(METRICS)
    for name, share in zip(METRICS, table[1], strict=True):
        assert np.isnan(share) == (name in notes)
    ks = list(METRICS).index("KS score")
    assert table[1, ks] == 1  # it does not see the order of the samples


def test_features_of_the_same_sound_are_not_apart(one):
    assert features_apart(one, one) == 0
    first, second = map(sound_alone, np.array_split(one.sound, 2))
    apart = feature_distances(first.features, second.features)
    assert apart == one.floor
    later = features_apart(one, sound_alone(2 * one.sound))
    config = FeatureConfig(RATE)
    loud = extract(2 * one.sound, config)
    by_hand = feature_distances(extract(one.sound, config), loud)
    means = np.mean([by_hand[name] / apart[name] for name in apart])
    assert later == pytest.approx(means)


@pytest.mark.parametrize("snr_db", [-6.0, 0.0, 20.0])
def test_noise_has_the_level_asked_for(one, snr_db):
    noisy = add_noise(one.sound, snr_db, np.random.default_rng(0))
    noise = noisy - one.sound
    found = 10 * np.log10(np.mean(one.sound**2) / np.mean(noise**2))
    assert found == pytest.approx(snr_db, abs=0.01)
