import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.meter_heard import written_triple
from course_utils.evaluation.meter_kinds import (
    KINDS,
    KindJudge,
    fit_kind_judge,
    load_kind_judge,
    save_kind_judge,
    written_kind,
)
from course_utils.symbolic.blank import blank_sequence

METERS = ((4, 4), (3, 4), (6, 8), (9, 8))  # one of each kind


def dance(meter, rng, n_bars=12):
    """A low note on each bar line, chords on the beats, chance between."""
    sequence = blank_sequence(120.0, meter)
    compound = meter[1] == 8
    n_beats, beat = (meter[0] // 3, 0.75) if compound else (meter[0], 0.5)
    for i in range(n_bars * n_beats):
        first = i % n_beats == 0
        root = int(rng.choice([48, 50, 53, 55]))
        pitches = [root] if first else [root + 16, root + 19]
        steps = [k * 0.25 for k in range(3)] if compound else [0.0, 0.25]
        for step in [s for s in steps if s == 0 or rng.random() < 0.4]:
            for pitch in pitches if step == 0 else [root + 12]:
                start = i * beat + step
                length = beat if step == 0 else 0.25
                sequence.notes.add(
                    pitch=pitch,
                    velocity=80,
                    start_time=start,
                    end_time=start + length,
                )
    sequence.total_time = n_bars * n_beats * beat
    return sequence


@pytest.fixture(scope="module")
def dances():
    rng = np.random.default_rng(3)
    return [dance(METERS[i % 4], rng) for i in range(64)]


@pytest.fixture(scope="module")
def judge(dances):
    return fit_kind_judge(dances[:40])


@pytest.mark.parametrize(
    ("meter", "kind"),
    [
        ((2, 4), "two or four"),
        ((2, 2), "two or four"),
        ((4, 4), "two or four"),
        ((3, 4), "three"),
        ((3, 2), "three"),
        ((6, 8), "six"),
        ((12, 8), "six"),
        ((9, 8), "nine"),
        ((3, 8), None),
        ((5, 4), None),
    ],
)
def test_every_meter_has_a_kind_or_none(meter, kind):
    assert written_kind(blank_sequence(100.0, meter)) == kind


def test_two_meters_of_one_kind_are_that_kind_and_of_two_none():
    sequence = blank_sequence(120.0, (4, 4))
    sequence.time_signatures.add(time=4.0, numerator=2, denominator=4)
    assert written_kind(sequence) == "two or four"
    sequence.time_signatures.add(time=8.0, numerator=3, denominator=4)
    assert written_kind(sequence) is None


def test_all_four_kinds_are_heard_in_pieces_not_learnt_from(dances, judge):
    for sequence in dances[40:]:
        assert judge.kind(sequence) == written_kind(sequence)
        assert judge.is_triple(sequence) == written_triple(sequence)


def test_the_time_signature_and_the_velocity_are_not_read(dances, judge):
    sequence = type(dances[40])()
    sequence.CopyFrom(dances[40])
    before = judge.chances(sequence)
    del sequence.time_signatures[:]
    for note in sequence.notes:
        note.velocity = 1
    assert judge.chances(sequence) == before


def test_the_chances_sum_to_one(dances, judge):
    chances = judge.chances(dances[41])
    assert tuple(chances) == KINDS
    assert sum(chances.values()) == pytest.approx(1)


def test_with_no_weight_all_kinds_are_as_likely(dances):
    n_inputs = 7 * 32
    blank = KindJudge(
        KINDS, np.zeros(n_inputs), np.ones(n_inputs), np.zeros((225, 4))
    )
    assert set(blank.chances(dances[0]).values()) == {0.25}


def test_one_kind_alone_teaches_nothing(dances):
    with pytest.raises(CourseError, match="at least two kinds"):
        fit_kind_judge(dances[::4])


def test_a_stored_judge_judges_as_before(dances, judge, tmp_path):
    save_kind_judge(judge, tmp_path / "meter.json")
    again = load_kind_judge(tmp_path / "meter.json")
    for sequence in dances[40:48]:
        expected = judge.chances(sequence)
        assert again.chances(sequence) == pytest.approx(expected, abs=1e-3)


def test_the_shipped_judge_hears_dances_made_up_here(dances):
    judge = load_kind_judge()
    assert judge.kinds == KINDS
    heard = [judge.kind(d) == written_kind(d) for d in dances[:16]]
    assert np.mean(heard) > 0.8  # chance: a quarter


@pytest.mark.parametrize("content", ["[]", "{}", '{"kinds": ["a"]', "x"])
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "judge.json"
    path.write_text(content)
    with pytest.raises(CourseError, match="kinds, mean, scale and weights"):
        load_kind_judge(path)


def test_shapes_that_do_not_fit_are_refused(judge, tmp_path):
    wrong = KindJudge(judge.kinds, judge.mean, judge.scale, judge.weights[1:])
    save_kind_judge(wrong, tmp_path / "judge.json")
    with pytest.raises(CourseError, match="shapes that do not fit"):
        load_kind_judge(tmp_path / "judge.json")
