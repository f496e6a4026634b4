import numpy as np
import pytest
from symbolic_examples import piece

from course_utils.basics.checks import CourseError
from course_utils.symbolic.expression import perform
from course_utils.symbolic.meter import bar_starts, seconds_to_quarters


def score():
    """Four bars of 3/4 in two parts, all equally loud."""
    upper = [(0.5 * k, 0.5 * k + 0.5, 72 + k % 5, 100) for k in range(12)]
    lower = [(1.5 * k, 1.5 * k + 1.5, 48 + k, 100, 1) for k in range(4)]
    return piece([*upper, *lower], meter=(3, 4))


def test_the_same_seed_gives_the_same_performance():
    one, two, other = (
        perform(score(), np.random.default_rng(seed)).SerializeToString()
        for seed in (3, 3, 4)
    )
    assert one == two != other


def test_the_score_is_left_alone(np_rng):
    before = score()
    perform(before, np_rng)
    assert before == score()


def test_pitches_parts_and_bars_stay(np_rng):
    played = perform(score(), np_rng)
    names = [(n.pitch, n.instrument) for n in played.notes]
    assert names == [(n.pitch, n.instrument) for n in score().notes]
    np.testing.assert_allclose(bar_starts(played)[:4], [0, 3, 6, 9])
    assert played.time_signatures[0].numerator == 3


def test_without_spread_every_note_stays_on_its_beat(np_rng):
    played = perform(score(), np_rng, spread_s=0.0)
    starts = [note.start_time for note in played.notes]
    quarters = seconds_to_quarters(played, starts)
    expected = [note.start_time * 2 for note in score().notes]
    np.testing.assert_allclose(quarters, expected, atol=1e-6)


def test_without_rubato_and_spread_the_times_are_the_scores(np_rng):
    played = perform(score(), np_rng, rubato=0.0, spread_s=0.0)
    np.testing.assert_allclose(
        [n.end_time for n in played.notes],
        [n.end_time for n in score().notes],
        atol=1e-9,
    )


def test_velocities_swell_and_the_melody_stands_out(np_rng):
    played = perform(score(), np_rng)
    velocities = np.array([note.velocity for note in played.notes])
    assert velocities.std() > 5
    assert velocities.min() >= 1
    assert velocities.max() <= 127
    on_top = np.array([n.pitch >= 72 for n in played.notes])
    together = [0, 3, 6, 9]  # upper notes that sound with a lower one
    lower = np.flatnonzero(~on_top)
    assert (velocities[together] - velocities[lower]).mean() > 4


def test_a_recording_has_no_beat(np_rng):
    played = perform(score(), np_rng, keep_tempo=False)
    assert [t.qpm for t in played.tempos] == [120]
    assert not played.time_signatures


def test_notes_are_never_empty_or_before_the_beginning(np_rng):
    played = perform(score(), np_rng, spread_s=0.2)
    for note in played.notes:
        assert note.start_time >= 0
        assert note.end_time > note.start_time


def test_out_of_range_is_refused(np_rng):
    with pytest.raises(CourseError, match="rubato"):
        perform(score(), np_rng, rubato=0.9)
    with pytest.raises(CourseError, match="spread_s"):
        perform(score(), np_rng, spread_s=-1)
