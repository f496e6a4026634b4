import math

import pytest
from symbolic_examples import piece, random_piece

from course_utils.symbolic.survival import (
    compare_sequences,
    match_notes,
    mean_qpm,
)


def test_a_piece_survives_itself(np_rng):
    sequence = random_piece(np_rng)
    found = compare_sequences(sequence, sequence)
    assert found.notes_kept == found.programs_kept == 1
    assert found.onset_ms == found.length_ms == found.velocity == 0
    assert found.meter_kept
    assert found.bars_kept
    assert found.tempo_kept


def test_errors_by_hand():
    before = piece([(0, 1, 60, 80, 0, 5), (1, 2, 62, 90)], meter=(3, 4))
    after = piece([(0.1, 1.1, 60, 84), (1, 1.5, 62, 90)], meter=(3, 4))
    found = compare_sequences(before, after)
    assert found.onset_ms == pytest.approx(50)
    assert found.length_ms == pytest.approx(250)
    assert found.velocity == 2
    assert found.programs_kept == 0.5


def test_missing_and_late_notes_are_not_kept():
    before = piece([(0, 1, 60, 80), (1, 2, 62, 80), (2, 3, 64, 80)])
    after = piece([(0, 1, 60, 80), (1.3, 2, 62, 80), (2, 3, 65, 80)])
    assert compare_sequences(before, after).notes_kept == pytest.approx(1 / 3)


def test_each_note_answers_once_and_the_nearest_first():
    ours = piece([(0, 1, 60, 80), (0.1, 1, 60, 80)]).notes
    theirs = piece([(0.12, 1, 60, 80)]).notes
    assert match_notes(list(ours), list(theirs)) == [(1, 0)]


def test_of_equal_onsets_the_ends_decide():
    ours = piece([(0, 1, 60, 80), (0, 2, 60, 80)]).notes
    theirs = piece([(0, 2, 60, 80), (0, 1, 60, 80)]).notes
    pairs = match_notes(list(ours), list(theirs))
    assert sorted(pairs) == [(0, 1), (1, 0)]


def test_a_missing_time_signature_is_a_lost_meter():
    before = piece([(0, 4, 60, 80)], meter=(4, 4))
    found = compare_sequences(before, piece([(0, 4, 60, 80)]))
    assert not found.meter_kept
    assert found.bars_kept  # 4/4 is what a reader assumes
    waltz = piece([(0, 4, 60, 80)], meter=(3, 4))
    assert not compare_sequences(waltz, before).bars_kept


def test_the_mean_tempo_counts_durations():
    sequence = piece([(0, 10, 60, 80)])
    sequence.tempos.add(time=9.0, qpm=240.0)
    assert mean_qpm(sequence) == pytest.approx((9 * 120 + 240) / 10)


def test_an_empty_copy_keeps_nothing():
    found = compare_sequences(piece([(0, 1, 60, 80)]), piece([]))
    assert found.notes_kept == 0
    assert math.isnan(found.onset_ms)
