import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.tempo_heard import (
    FRAMES_PER_SECOND,
    MAX_LAG,
    STEP,
    TEMPOS_BPM,
    TempoJudge,
    autocorrelation,
    fit_tempo_judge,
    load_tempo_judge,
    onset_curves,
    pace,
    save_tempo_judge,
)
from course_utils.symbolic.blank import blank_sequence

SAME_TEMPO = 0.04  # a share, as in the target


def song(bpm, seed, n_beats=96):
    """Bass on each other beat, chords on beats, melody between; unsteady."""
    rng = np.random.default_rng(seed)
    sequence = blank_sequence(120.0, None)
    beat_s = 60 / bpm
    for beat in range(n_beats):
        sounds = [(0.0, 62, 60, 1.0), (0.0, 65, 55, 1.0)]
        if beat % 2 == 0:
            sounds.append((0.0, int(rng.choice([36, 41, 43])), 80, 2.0))
        for part in (0.0, 0.5):
            if rng.random() < 0.6:
                sounds.append((part, int(rng.integers(70, 82)), 75, 0.5))
        for part, pitch, velocity, length in sounds:
            start = (beat + part) * beat_s + 0.01 * rng.random()
            sequence.notes.add(
                pitch=pitch,
                velocity=velocity,
                start_time=start,
                end_time=start + length * beat_s,
            )
    sequence.total_time = n_beats * beat_s
    return sequence


@pytest.fixture(scope="module")
def judge():
    tempos = np.linspace(60, 110, 30)
    songs = [song(bpm, seed) for seed, bpm in enumerate(tempos)]
    return fit_tempo_judge(songs, tempos)


def test_a_pulse_is_like_itself_one_period_later():
    curve = np.zeros(60 * FRAMES_PER_SECOND)
    curve[::25] = 1.0  # every half second
    found = autocorrelation(curve)
    assert found.shape == (MAX_LAG,)
    assert found[[0, 25, 50]] == pytest.approx(1, abs=0.05)
    # a 25th of the frames has a pulse: their covariance is -1/24 variances
    assert found[[12, 37]] == pytest.approx(-1 / 24, abs=0.01)


def test_nothing_is_alike_in_what_does_not_vary():
    assert not autocorrelation(np.ones(100)).any()


def test_the_curves_hold_velocity_bass_and_length():
    sequence = blank_sequence(120.0, None)
    sequence.notes.add(pitch=40, velocity=50, start_time=0.4, end_time=4.4)
    sequence.notes.add(pitch=60, velocity=100, start_time=2.4, end_time=2.65)
    curves = onset_curves(sequence)
    first, second = (int(s * FRAMES_PER_SECOND) for s in (0.4, 2.4))
    assert curves[0, [first, second]] == pytest.approx([50, 100])
    assert curves[1, [first, second]] == pytest.approx([50, 0])
    # roots of 2 s (the longest that counts) and of a quarter second
    expected = [50 * 2**0.5, 100 * 0.5]
    assert curves[2, [first, second]] == pytest.approx(expected)


def test_twice_as_fast_is_one_octave_of_pace_away():
    slow, fast = pace(song(60, 1)), pace(song(120, 1))
    signs = np.array([1, 1, 1, -1, -1, -1, -1])
    # onsets are gathered in frames of 50 ms
    assert fast - slow == pytest.approx(signs, abs=0.25)


@pytest.mark.parametrize("bpm", [65.0, 78.0, 91.0, 104.0])
def test_the_tempo_of_songs_not_learnt_from_is_heard(judge, bpm):
    heard = judge.tempo_bpm(song(bpm, seed=100))
    assert heard == pytest.approx(bpm, rel=SAME_TEMPO)


def test_the_tempo_mark_is_not_read_and_waiting_changes_nothing(judge):
    plain = song(80.0, seed=101)
    marked = song(80.0, seed=101)
    marked.tempos[0].qpm = 33.0
    assert judge.tempo_bpm(marked) == judge.tempo_bpm(plain)


def test_the_tempos_tried_lie_closer_than_the_tolerance():
    assert np.diff(np.log(TEMPOS_BPM)) == pytest.approx(STEP)
    assert STEP < SAME_TEMPO / 4


def test_the_shipped_judge_hears_a_song_made_up_here():
    heard = load_tempo_judge().tempo_bpm(song(75.0, seed=102))
    assert heard == pytest.approx(75.0, rel=SAME_TEMPO)


def test_a_stored_judge_hears_as_before(judge, tmp_path):
    save_tempo_judge(judge, tmp_path / "tempo.json")
    again = load_tempo_judge(tmp_path / "tempo.json")
    assert again.weights == pytest.approx(judge.weights, rel=1e-4)


def test_a_single_note_has_no_tempo(judge):
    sequence = blank_sequence(120.0, None)
    sequence.notes.add(pitch=60, velocity=80, start_time=0, end_time=1)
    with pytest.raises(CourseError, match="begin at different moments"):
        judge.tempo_bpm(sequence)
    with pytest.raises(CourseError, match="begin at different moments"):
        judge.tempo_bpm(blank_sequence(120.0, None))


def test_tempos_must_be_given_and_in_range():
    with pytest.raises(CourseError, match="as many tempos as pieces"):
        fit_tempo_judge([song(80, 0)], [])
    with pytest.raises(CourseError, match="as many tempos as pieces"):
        fit_tempo_judge([song(80, 0)], [1.3])  # beats per second


@pytest.mark.parametrize(
    "content",
    [
        "x",
        "[]",
        '{"weights": [1, 2]}',
        "[" * 50_000,
        f'{{"weights": [1{"0" * 400}]}}',
    ],
)
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "tempo.json"
    path.write_text(content)
    with pytest.raises(CourseError, match="weights of a judge of tempo"):
        load_tempo_judge(path)


def test_without_weight_the_first_tempo_is_as_good_as_any():
    blank = TempoJudge(np.zeros(45))
    assert blank.tempo_bpm(song(80, 0)) == pytest.approx(40)
