import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.meter_heard import (
    accents,
    fit_meter_judge,
    self_likeness,
    written_triple,
)
from course_utils.symbolic.blank import blank_sequence


def waltz_or_march(beats, rng, n_bars=12):
    """A low long note on the first beat, chords and chance on the others."""
    sequence = blank_sequence(120.0, (beats, 4))
    for bar in range(n_bars):
        root = int(rng.choice([48, 50, 53, 55]))
        for beat in range(beats):
            start = 0.5 * (bar * beats + beat)
            pitches = [root] if beat == 0 else [root + 16, root + 19]
            for pitch in pitches:
                length = 0.5 if rng.random() < 0.7 else 0.25
                sequence.notes.add(
                    pitch=pitch,
                    velocity=80,
                    start_time=start,
                    end_time=start + length * (2 if beat == 0 else 1),
                )
    sequence.total_time = 0.5 * n_bars * beats
    return sequence


@pytest.fixture
def dances():
    rng = np.random.default_rng(3)
    return [waltz_or_march(3 + i % 2, rng) for i in range(40)]


def test_the_judge_hears_pieces_it_did_not_learn_from(dances):
    judge = fit_meter_judge(dances[:24])
    for sequence in dances[24:]:
        assert judge.is_triple(sequence) == written_triple(sequence)


def test_it_listens_to_the_notes_and_not_to_the_time_signature(dances):
    judge = fit_meter_judge(dances[:24])
    waltz = dances[24]
    waltz.time_signatures[0].numerator = 4
    assert judge.is_triple(waltz)


def test_the_velocities_do_not_matter(dances):
    before = self_likeness(dances[0])
    for note in dances[0].notes:
        note.velocity = 1
    assert np.array_equal(self_likeness(dances[0]), before)


def test_accents_are_standardised_over_the_piece(dances):
    rows = accents(dances[0])
    assert rows.shape[1] == 6
    assert rows.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-9)
    assert rows.std(axis=0) == pytest.approx(np.ones(6), abs=1e-3)


def test_a_short_piece_can_be_heard(dances):
    judge = fit_meter_judge(dances[:24])
    short = blank_sequence(120.0, (4, 4))
    short.notes.add(pitch=60, velocity=80, start_time=0, end_time=0.5)
    short.total_time = 0.5
    assert judge.is_triple(short) in (True, False)


@pytest.mark.parametrize(
    ("meter", "triple"),
    [((3, 4), True), ((6, 8), True), ((4, 4), False), ((2, 2), False)],
)
def test_the_written_meter_goes_in_threes_or_not(meter, triple):
    assert written_triple(blank_sequence(100.0, meter)) == triple


def test_a_meter_that_changes_is_neither():
    sequence = blank_sequence(120.0, (4, 4))
    sequence.time_signatures.add(time=4.0, numerator=3, denominator=4)
    assert written_triple(sequence) is None


def test_one_kind_of_meter_alone_teaches_nothing(dances):
    with pytest.raises(CourseError, match="pieces in three and pieces"):
        fit_meter_judge(dances[::2])
