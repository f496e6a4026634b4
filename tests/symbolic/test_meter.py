import numpy as np
import pytest
from note_seq import sequences_lib
from symbolic_examples import piece, random_piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic.meter import (
    bar_lines_s,
    bar_starts,
    lies_on_grid,
    meters_of,
    quantise,
    quarters_to_seconds,
    seconds_to_quarters,
    step_positions,
    steps_per_bar,
)


def changing():
    """Two bars of 3/4 at 120, then 4/4; at 60 from the third bar's middle."""
    sequence = piece([(0, 12, 60, 80)], meter=(3, 4))
    sequence.time_signatures.add(time=3.0, numerator=4, denominator=4)
    sequence.tempos.add(time=4.0, qpm=60)
    return sequence


@pytest.mark.parametrize(
    ("signature", "steps"),
    [
        ((4, 4), 16),
        ((3, 4), 12),
        ((2, 2), 16),
        ((3, 2), 24),
        ((6, 8), 12),
        ((3, 8), 6),
        ((7, 8), 14),
        ((12, 8), 24),
        ((5, 16), 5),
        ((2, 32), 1),
    ],
)
def test_steps_of_a_bar(signature, steps):
    assert steps_per_bar(signature) == steps


def test_a_bar_that_is_no_whole_number_of_steps_is_refused():
    with pytest.raises(CourseError, match=r"5/32, 2\.5 steps.*more steps"):
        steps_per_bar((5, 32))
    assert steps_per_bar((5, 32), steps_per_quarter=8) == 5


@pytest.mark.parametrize("signature", [(0, 4), (3, 5), (4, 0), (300, 4)])
def test_impossible_time_signatures_are_refused(signature):
    with pytest.raises(CourseError, match="a time signature such as"):
        steps_per_bar(signature)


def test_quarters_follow_the_tempo():
    sequence = changing()
    quarters = seconds_to_quarters(sequence, [0.0, 1.0, 4.0, 6.0])
    np.testing.assert_allclose(quarters, [0, 2, 8, 10])


def test_seconds_and_quarters_are_inverse(np_rng):
    sequence = changing()
    times = np_rng.uniform(0, 20, 500)
    back = quarters_to_seconds(sequence, seconds_to_quarters(sequence, times))
    np.testing.assert_allclose(back, times, atol=1e-9)


def test_without_tempo_or_meter_midi_defaults_hold():
    sequence = piece([(0, 4, 60, 80)])
    del sequence.tempos[:]
    assert seconds_to_quarters(sequence, 1.0) == 2.0
    (only,) = meters_of(sequence)
    assert (only.start, only.numerator, only.denominator) == (0, 4, 4)


def test_bars_follow_a_change_of_meter_and_tempo():
    # 16 quarters in all: bars at 0 and 3 of 3/4, at 6, 10 and 14 of 4/4
    np.testing.assert_allclose(bar_starts(changing()), [0, 3, 6, 10, 14])
    np.testing.assert_allclose(bar_lines_s(changing()), [0, 1.5, 3, 6, 10])


def test_a_new_meter_cuts_a_bar_short():
    sequence = piece([(0, 4, 60, 80)], meter=(4, 4))
    sequence.time_signatures.add(time=1.0, numerator=3, denominator=4)
    np.testing.assert_allclose(bar_starts(sequence), [0, 2, 5])
    bars = step_positions(sequence, 24)[:, 0]
    assert bars.tolist() == [0] * 8 + [1] * 12 + [2] * 4


def test_positions_in_3_4_by_hand():
    sequence = piece([(0, 4, 60, 80)], meter=(3, 4))
    found = step_positions(sequence, 14)
    assert found[[0, 1, 4, 11, 12, 13]].tolist() == [
        [0, 0, 0],
        [0, 0, 1],
        [0, 1, 4],
        [0, 2, 11],
        [1, 0, 0],
        [1, 0, 1],
    ]


def test_six_eight_has_six_beats():
    sequence = piece([(0, 4, 60, 80)], meter=(6, 8))
    assert step_positions(sequence, 12)[:, 1].tolist() == [
        0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]  # fmt: skip


def test_a_bar_line_between_two_steps_begins_at_the_later_one():
    sequence = piece([(0, 4, 60, 80)], meter=(5, 32))  # 2.5 steps a bar
    found = step_positions(sequence, 6)
    assert found[:, 0].tolist() == [0, 0, 0, 1, 1, 2]
    assert found[:, 2].tolist() == [0, 1, 2, 0, 1, 0]


@pytest.mark.parametrize("meter", [(3, 4), (4, 4), (7, 8), (5, 16), (3, 2)])
@pytest.mark.parametrize("qpm", [60.0, 97.3, 168.0])
def test_positions_repeat_with_the_bar_at_any_tempo(meter, qpm):
    sequence = piece([(0, 9, 60, 80)], meter=meter, qpm=qpm)
    steps = steps_per_bar(meter)
    found = step_positions(sequence, 40 * steps)
    index = np.arange(40 * steps)
    np.testing.assert_array_equal(found[:, 0], index // steps)
    np.testing.assert_array_equal(found[:, 2], index % steps)


def test_quantise_equals_note_seq_where_note_seq_can(np_rng):
    sequence = random_piece(np_rng, qpm=97.0)
    ours = quantise(sequence)
    theirs = sequences_lib.quantize_note_sequence(sequence, 4)
    for a, b in zip(ours.notes, theirs.notes, strict=True):
        assert a.quantized_start_step == b.quantized_start_step
        assert a.quantized_end_step == b.quantized_end_step
    assert ours.total_quantized_steps == theirs.total_quantized_steps
    assert ours.quantization_info == theirs.quantization_info


def test_quantise_takes_the_changes_that_note_seq_refuses():
    sequence = changing()
    with pytest.raises(sequences_lib.MultipleTimeSignatureError):
        sequences_lib.quantize_note_sequence(sequence, 4)
    del sequence.time_signatures[1:]
    with pytest.raises(sequences_lib.MultipleTempoError):
        sequences_lib.quantize_note_sequence(sequence, 4)
    sequence.notes.add(start_time=6.0, end_time=7.0, pitch=62, velocity=80)
    note = quantise(sequence).notes[-1]
    assert (note.quantized_start_step, note.quantized_end_step) == (40, 44)


@pytest.mark.parametrize("qpm", [61.7, 97.0, 120.0, 133.3])
def test_halfway_always_goes_to_the_later_step(qpm):
    step_s = 15 / qpm
    notes = [((k + 0.5) * step_s, (k + 3) * step_s, 60, 80) for k in range(99)]
    starts = [
        note.quantized_start_step
        for note in quantise(piece(notes, qpm=qpm)).notes
    ]
    assert starts == list(range(1, 100))


def test_quantise_leaves_the_original_alone():
    sequence = piece([(0, 1, 60, 80)])
    before = sequence.SerializeToString()
    quantise(sequence)
    assert sequence.SerializeToString() == before


@pytest.mark.parametrize(("late", "on_grid"), [(0.1, True), (0.2, False)])
def test_most_notes_of_a_score_lie_on_the_grid(late, on_grid, np_rng):
    sixteenth_s = 0.15
    starts = np.arange(1, 21) + late * np_rng.choice([-1, 1], 20)
    notes = [(start, start + 1, 60, 80) for start in starts * sixteenth_s]
    assert lies_on_grid(piece(notes, qpm=100.0)) == on_grid


def test_what_knows_nothing_of_its_tempo_marks_does_not(np_rng):
    music = random_piece(np_rng)
    for note in music.notes:
        note.start_time = np_rng.uniform(0, 60)
    assert not lies_on_grid(music)
    del music.notes[:]
    assert not lies_on_grid(music)
