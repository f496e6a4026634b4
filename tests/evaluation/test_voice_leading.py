import numpy as np
import pytest
from music21.note import Note
from music21.voiceLeading import VoiceLeadingQuartet

from course_utils.basics.checks import CourseError
from course_utils.evaluation.voice_leading import (
    RANGES,
    count_faults,
    faults_per_100_chords,
    random_harmony,
)
from course_utils.symbolic.chorale import N_VOICES, REST

WHITE_KEYS = (0, 2, 4, 5, 7, 9, 11)
C_MAJOR = [72, 67, 64, 48]
LOW_HIGH = [(voice, end) for voice in range(N_VOICES) for end in (0, 1)]
PAIRS = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def faults_of(*chords):
    """Return only the faults that occur."""
    counts = count_faults(np.array(chords))
    del counts["n_chords"]
    return {fault: n for fault, n in counts.items() if n}


def outer(*chords):
    """Return the faults of soprano and bass alone."""
    return faults_of(*([high, REST, REST, low] for high, low in chords))


def random_grid(seed, n_steps=200):
    """Four voices that leap, cross and rest; many notes are held."""
    rng = np.random.default_rng(seed)
    grid = rng.integers((58, 53, 46, 39), (83, 76, 71, 64), (n_steps, 4))
    grid[rng.random((n_steps, 4)) < 0.1] = REST
    for step in range(1, n_steps):
        held = rng.random(N_VOICES) < 0.4
        grid[step, held] = grid[step - 1, held]
    return grid


def onsets(grid):
    return np.diff(grid, axis=0) != 0


@pytest.mark.parametrize(
    "chords",
    [
        [(67, 60), (69, 62)],
        [(69, 62), (67, 60)],
        [(79, 48), (77, 46)],  # two octaves and a fifth
        [(67, 60), (81, 62)],  # a fifth, then a twelfth
    ],
)
def test_fifths_in_similar_motion_are_parallel(chords):
    assert outer(*chords) == {"parallel_fifths": 1}


@pytest.mark.parametrize(
    "chords",
    [
        [(72, 60), (74, 62)],
        [(72, 48), (71, 47)],
        [(60, 60), (62, 62)],  # unisons
        [(60, 60), (74, 62)],  # a unison, then an octave
    ],
)
def test_octaves_and_unisons_in_similar_motion_are_parallel(chords):
    assert outer(*chords) == {"parallel_octaves": 1}


@pytest.mark.parametrize(
    "chords",
    [
        [(67, 60), (67, 60), (67, 60)],  # one chord, held
        [(67, 60), (69, 57), (67, 60)],  # another interval between
        [(67, 60), (69, 50)],  # twelfth by contrary motion
        [(72, 60), (74, 50)],  # octaves by contrary motion
        [(67, 60), (79, 60)],  # only one voice moves
        [(67, 59), (69, 62)],  # hidden fifth: from a sixth
        [(69, 57), (67, 60)],  # octave to fifth
        [(66, 60), (67, 60)],  # diminished to perfect, bass stays
        [(66, 60), (69, 62)],  # diminished to perfect, both move
        [(67, 60), (REST, REST), (69, 62)],
        [(67, 60), (REST, 60), (69, 62)],
    ],
)
def test_other_motion_is_not_parallel(chords):
    assert outer(*chords) == {}


def test_a_held_fifth_under_a_moving_soprano_is_no_fault():
    chords = [[72, 64, 55, 48], [74, 64, 55, 48], [76, 64, 55, 48]]
    assert faults_of(*chords) == {}


def test_a_fifth_turned_over_or_a_fourth_is_not_parallel():
    turned = faults_of([65, 58, REST, REST], [67, 74, REST, REST])
    fourths = faults_of([62, 67, REST, REST], [64, 69, REST, REST])
    assert turned == {"crossings": 1}
    assert fourths == {"crossings": 2}


@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_of_voices_is_watched(pair):
    chords = np.full((2, N_VOICES), REST)
    chords[:, pair] = [[67, 60], [69, 62]]
    assert count_faults(chords)["parallel_fifths"] == 1


def test_a_triad_in_parallel_motion_has_all_its_parallels():
    chord = np.array([72, 67, 64, 48])
    counts = count_faults(np.array([chord, chord + 2, chord + 4]))
    assert counts["parallel_fifths"] == 2  # alto and bass, twice
    assert counts["parallel_octaves"] == 2  # soprano and bass, twice


@pytest.mark.parametrize(("voice", "end"), LOW_HIGH)
def test_a_semitone_beyond_the_range_is_one_fault_a_chord(voice, end):
    chords = np.full((1, N_VOICES), REST)
    chords[0, voice] = limit = RANGES[voice][end]
    assert faults_of(*chords) == {}
    chords[0, voice] = limit + (1 if end else -1)
    assert faults_of(*chords) == {"out_of_range": 1}


def test_a_lower_voice_above_its_neighbour_is_a_crossing():
    assert faults_of([64, 67, 60, 48]) == {"crossings": 1}
    assert faults_of([60, 62, 64, REST]) == {"crossings": 2}
    assert faults_of([64, 64, 60, 60]) == {}  # unisons
    assert faults_of([64, REST, 67, 48]) == {}  # no neighbours


def test_wide_spacing_is_beyond_an_octave_but_free_above_the_bass():
    assert faults_of([74, 62, 60, 41]) == {}
    assert faults_of([75, 62, 60, 41]) == {"wide_spacing": 1}
    assert faults_of([74, 69, 56, 48]) == {"wide_spacing": 1}
    assert faults_of([76, 62, 49, 41]) == {"wide_spacing": 2}
    assert faults_of([79, REST, 60, 41]) == {}


def test_a_chord_lasts_until_a_voice_changes_and_silence_is_none():
    silent = [REST] * N_VOICES
    moved = [74, 67, 64, 48]
    grid = np.array([silent, C_MAJOR, C_MAJOR, moved, silent, C_MAJOR])
    assert count_faults(grid)["n_chords"] == 3
    assert count_faults(np.empty((0, 4)))["n_chords"] == 0


@pytest.mark.parametrize("seed", range(5))
def test_holding_every_step_longer_changes_nothing(seed):
    grid = random_grid(seed)
    assert count_faults(np.repeat(grid, 3, axis=0)) == count_faults(grid)


@pytest.mark.parametrize("shift", [-12, -5, 1, 7])
def test_another_key_changes_only_what_is_out_of_range(shift):
    grid = random_grid(3)
    before = count_faults(grid)
    after = count_faults(np.where(grid == REST, REST, grid + shift))
    assert before.pop("out_of_range") != after.pop("out_of_range")
    assert after == before
    assert before["parallel_fifths"] > 0


def as_music21(first, second, high, low):
    """Return whether the fifths, the octaves of one pair are parallel."""
    notes = [
        Note(int(chord[v])) for v in (high, low) for chord in (first, second)
    ]
    quartet = VoiceLeadingQuartet(*notes)
    return [
        quartet.parallelMotion(name, allowOctaveDisplacement=True)
        for name in ("P5", "P8")
    ]


def test_music21_finds_the_same_parallels():
    """White keys: their fifths are spelt as fifths. No unisons: own kind."""
    rng = np.random.default_rng(8)
    degrees = np.array(WHITE_KEYS)[rng.integers(7, size=(150, N_VOICES))]
    grid = degrees + np.array([72, 60, 48, 36])
    expected = np.sum(
        [
            as_music21(grid[i], grid[i + 1], *pair)
            for i in range(len(grid) - 1)
            for pair in PAIRS
        ],
        axis=0,
    )
    counts = count_faults(grid)
    found = [counts["parallel_fifths"], counts["parallel_octaves"]]
    assert found == expected.tolist()
    assert min(found) > 0


def test_pieces_are_pooled_before_dividing():
    fifths = np.array([[67, REST, REST, 60], [69, REST, REST, 62]])
    long = np.array([[p, REST, REST, 48] for p in (72, 74, 76, 77, 79, 81)])
    rates = faults_per_100_chords(iter([fifths, long]))
    assert rates.pop("parallel_fifths") == 100 / 8
    assert rates == {
        "parallel_octaves": 0,
        "out_of_range": 0,
        "crossings": 0,
        "wide_spacing": 0,
    }


@pytest.mark.parametrize("grids", [[], [np.full((3, 4), REST)]])
def test_rates_of_no_chord_are_refused(grids):
    with pytest.raises(
        CourseError, match=r"at least one chord.*got \d pieces"
    ):
        faults_per_100_chords(grids)


@pytest.mark.parametrize(
    "function", [count_faults, lambda g: random_harmony(g, None)]
)
def test_a_wrong_grid_is_refused(function):
    with pytest.raises(CourseError, match=r"shape \(T, 4\)"):
        function(np.zeros((3, 5)))


@pytest.mark.parametrize("seed", range(5))
def test_random_harmony_keeps_soprano_rhythm_and_the_notes_of_a_voice(seed):
    grid = random_grid(seed)
    kept = grid.copy()
    harmony = random_harmony(grid, np.random.default_rng(seed))
    np.testing.assert_array_equal(grid, kept)
    np.testing.assert_array_equal(harmony[:, 0], grid[:, 0])
    np.testing.assert_array_equal(onsets(harmony), onsets(grid))
    np.testing.assert_array_equal(harmony == REST, grid == REST)
    for voice in range(1, N_VOICES):
        assert set(harmony[:, voice]) <= set(grid[:, voice])
        assert (harmony[:, voice] != grid[:, voice]).any()


def test_random_harmony_is_a_function_of_the_generator():
    grid = random_grid(1)
    first, again, other = (
        random_harmony(grid, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_random_harmony_of_held_voices_or_of_nothing_is_the_same(np_rng):
    for grid in (np.array([C_MAJOR] * 4), np.empty((0, 4), np.int64)):
        np.testing.assert_array_equal(random_harmony(grid, np_rng), grid)
