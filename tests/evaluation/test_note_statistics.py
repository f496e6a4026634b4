import json
import math
from pathlib import Path

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation import note_statistics as statistics
from course_utils.evaluation.note_statistics import (
    LEAP,
    LONGEST,
    STATISTICS,
    statistics_of,
)
from course_utils.evaluation.overlapped_area import compare_tables
from course_utils.symbolic.blank import blank_sequence

# Written by reference/make_muspy_figures.py, which imports nothing of ours.
REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "muspy_figures.json").read_text()
)
ATOL = 1e-12  # both count whole numbers and divide once
STEP_S = 0.125  # a sixteenth at 120 quarters per minute


def piece(rows):
    """Rows are step, length in steps, pitch, velocity."""
    sequence = blank_sequence(120.0, None)
    for step, length, pitch, velocity in rows:
        sequence.notes.add(
            pitch=pitch,
            velocity=velocity,
            start_time=step * STEP_S,
            end_time=(step + length) * STEP_S,
        )
    ends = [note.end_time for note in sequence.notes]
    sequence.total_time = max(ends, default=0.0)
    return sequence


def line(pitches, length=2, velocity=80):
    return piece(
        [(i * length, length, p, velocity) for i, p in enumerate(pitches)]
    )


SCALE = line([60, 62, 64, 65, 67, 69, 71, 72], length=4)  # two bars


@pytest.mark.parametrize("name", REFERENCE["pieces"])
@pytest.mark.parametrize(
    "feature", [k for k in STATISTICS if k in REFERENCE["figures"]["line"]]
)
def test_the_figures_are_those_of_muspy(name, feature):
    compute, _ = STATISTICS[feature]
    expected = REFERENCE["figures"][name][feature]
    ours = compute(piece(REFERENCE["pieces"][name]))
    assert ours == pytest.approx(expected, abs=ATOL)


def test_eight_features_are_compared_with_muspy():
    assert len(set(STATISTICS) & set(REFERENCE["figures"]["line"])) == 8


@pytest.mark.parametrize("name", REFERENCE["pieces"])
def test_at_ticks_groove_consistency_says_nothing(name):
    figures = REFERENCE["figures"][name]
    assert figures["groove consistency at 480 ticks"] > 0.99
    assert figures["groove consistency"] < 0.99


def test_the_c_major_scale():
    shares = statistics.pitch_class_histogram(SCALE)
    expected = np.zeros(12)
    expected[[0, 2, 4, 5, 7, 9, 11]] = np.array([2, 1, 1, 1, 1, 1, 1]) / 8
    assert shares == pytest.approx(expected)
    # -(1/4 log2 1/4 + 6/8 log2 1/8)
    assert statistics.pitch_class_entropy(SCALE) == pytest.approx(2.75)
    assert statistics.pitch_entropy(SCALE) == pytest.approx(3)
    assert statistics.pitch_range(SCALE) == 12
    assert statistics.n_pitches(SCALE) == 8
    assert statistics.scale_consistency(SCALE) == pytest.approx(1)
    intervals = statistics.interval_histogram(SCALE)
    assert intervals[LEAP + 2] == pytest.approx(5 / 7)  # whole tones
    assert intervals[LEAP + 1] == pytest.approx(2 / 7)  # semitones
    assert intervals.sum() == pytest.approx(1)


def test_all_twelve_classes_alike_reach_the_highest_entropy():
    chromatic = line(range(60, 72))
    found = statistics.pitch_class_entropy(chromatic)
    assert found == pytest.approx(math.log2(12))
    assert statistics.scale_consistency(chromatic) == pytest.approx(7 / 12)


def test_one_pitch_has_no_entropy_and_no_range():
    drone = line([60] * 8)
    assert statistics.pitch_entropy(drone) == 0
    assert statistics.pitch_range(drone) == 0
    assert statistics.repetition(drone) == pytest.approx(1 - 1 / 5)


def test_transposing_changes_nothing_but_the_pitch_classes():
    higher = line([note.pitch + 5 for note in SCALE.notes], length=4)
    for name, (compute, _) in STATISTICS.items():
        if name != "pitch classes":
            assert compute(higher) == pytest.approx(compute(SCALE)), name
    rolled = np.roll(statistics.pitch_class_histogram(SCALE), 5)
    assert statistics.pitch_class_histogram(higher) == pytest.approx(rolled)


def test_polyphony_counts_where_something_sounds():
    # steps: 2 pitches in 0-3, 1 in 4-7, silence in 8-11, 3 in 12-15
    chords = piece(
        [(0, 8, 48, 80), (0, 4, 64, 80)]
        + [(12, 4, pitch, 80) for pitch in (60, 64, 67)]
    )
    assert statistics.polyphony(chords) == pytest.approx((8 + 4 + 12) / 12)
    assert statistics.polyphony_rate(chords) == pytest.approx(8 / 16)


def test_wide_leaps_and_long_notes_count_in_the_last_places():
    jumps = piece([(0, 2, 30, 80), (2, 40, 90, 80), (42, 1, 30, 80)])
    intervals = statistics.interval_histogram(jumps)
    assert intervals[0] == intervals[-1] == 0.5
    lengths = statistics.note_length_histogram(jumps)
    assert lengths[[0, 1, LONGEST - 1]] == pytest.approx([1 / 3] * 3)
    gaps = statistics.inter_onset_histogram(jumps)
    assert gaps[[1, LONGEST - 1]] == pytest.approx([0.5, 0.5])


def test_the_upper_line_is_what_is_on_top():
    chords = piece([(0, 4, 40, 80), (0, 4, 72, 80), (4, 4, 71, 80)])
    assert statistics.interval_histogram(chords)[LEAP - 1] == 1


def test_density_is_notes_per_second():
    assert statistics.note_density(SCALE) == pytest.approx(8 / (32 * STEP_S))


def test_the_groove_of_the_same_bar_again_and_of_its_opposite():
    same = piece(
        [(16 * bar + s, 1, 60, 80) for bar in range(3) for s in (0, 6)]
    )
    assert statistics.groove_consistency(same) == 1
    # the first four steps against the last four of 16: 8 of 16 differ
    other = piece(
        [(s, 1, 60, 80) for s in range(4)]
        + [(28 + s, 1, 60, 80) for s in range(4)]
    )
    assert statistics.groove_consistency(other) == pytest.approx(0.5)
    assert statistics.groove_consistency(other, 4) == pytest.approx(5 / 7)


def test_a_phrase_repeated_higher_is_a_repetition():
    phrase = [0, 4, 2, 7, 5]
    twice = line([60 + p for p in phrase] + [63 + p for p in phrase])
    # 7 groups of four; the second phrase has two that the first had
    assert statistics.repetition(twice) == pytest.approx(2 / 7)
    fresh = line([60, 61, 63, 66, 70, 75, 81])
    assert statistics.repetition(fresh) == 0


def test_loudness_is_mean_and_spread_of_velocity():
    loud = piece([(0, 2, 60, 40), (2, 2, 62, 80)])
    assert statistics.loudness(loud) == 60
    assert statistics.loudness_spread(loud) == 20


def test_drums_and_the_time_signature_are_not_read():
    drummed = piece([])
    drummed.CopyFrom(SCALE)
    drummed.notes.add(
        pitch=38, velocity=127, start_time=0, end_time=2, is_drum=True
    )
    drummed.time_signatures.add(time=0, numerator=5, denominator=8)
    for name, (compute, _) in STATISTICS.items():
        assert np.array_equal(compute(drummed), compute(SCALE)), name


def test_silence_has_no_statistics():
    for compute, _ in STATISTICS.values():
        with pytest.raises(CourseError, match="at least one pitched note"):
            compute(piece([]))


def test_what_is_too_short_is_refused():
    with pytest.raises(CourseError, match="bars of the piece"):
        statistics.groove_consistency(line([60]))
    with pytest.raises(CourseError, match="notes of a group"):
        statistics.repetition(line([60, 62, 64]))
    assert not statistics.interval_histogram(line([60])).any()


def test_a_set_of_pieces_can_be_compared_with_another():
    rng = np.random.default_rng(0)
    draws = rng.integers(55, 80, (8, 20))
    table = statistics_of([line(row.tolist()) for row in draws])
    assert set(table) == set(STATISTICS)
    assert table["pitch classes"].shape == (8, 12)
    assert table["pitch range"].shape == (8,)
    found = compare_tables(table, table)
    assert found["pitch range"].real_area > 0.8
