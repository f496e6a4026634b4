import json

import numpy as np
import pytest
from symbolic_examples import piece

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.basics.runtime import numpy_rng
from course_utils.symbolic.chorale import (
    LOSES,
    REST,
    check_grid,
    grid_to_sequence,
    sequence_to_grid,
    struck_again,
)
from course_utils.symbolic.polyphony import (
    events_to_sequence,
    sequence_to_events,
)

STEP_S = 0.125


def random_grid(rng, n_steps=64):
    """Four voices in their own ranges, held or moving, with some rests."""
    grid = np.empty((n_steps, 4), np.int64)
    for voice, low in enumerate((67, 60, 53, 42)):
        pitch = low
        for step in range(n_steps):
            if rng.random() < 0.3:
                pitch = low + int(rng.integers(7))
            grid[step, voice] = REST if rng.random() < 0.05 else pitch
    return grid


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("qpm", [60.0, 97.3, 168.0])
def test_a_grid_comes_back_exactly(seed, qpm):
    grid = random_grid(np.random.default_rng(seed))
    sequence = grid_to_sequence(grid, qpm=qpm, time_signature=(3, 4))
    np.testing.assert_array_equal(sequence_to_grid(sequence), grid)


def test_rests_at_the_end_are_kept(np_rng):
    grid = random_grid(np_rng)
    grid[-5:] = REST
    assert len(sequence_to_grid(grid_to_sequence(grid))) == len(grid)


def test_an_example_by_hand():
    voices = [
        [(0, 0.25, 72, 80, 3), (0.25, 0.5, 74, 80, 3)],
        [(0, 0.5, 67, 80, 1)],
        [(0.125, 0.5, 60, 80, 0)],
        [(0, 0.5, 48, 80, 2)],
    ]
    sequence = piece([note for voice in voices for note in voice])
    assert sequence_to_grid(sequence).tolist() == [
        [72, 67, REST, 48],
        [72, 67, 60, 48],
        [74, 67, 60, 48],
        [74, 67, 60, 48],
    ]


def test_held_and_repeated_notes_become_the_same():
    others = [(0, 0.5, p, 80, i) for i, p in ((1, 60), (2, 55), (3, 40))]
    held = piece([(0, 0.5, 72, 80, 0), *others])
    repeated = piece([(0, 0.25, 72, 80, 0), (0.25, 0.5, 72, 80, 0), *others])
    np.testing.assert_array_equal(
        sequence_to_grid(held), sequence_to_grid(repeated)
    )


def test_a_voice_goes_on_with_its_newest_note():
    others = [(0, 0.5, p, 80, i) for i, p in ((1, 60), (2, 55), (3, 40))]
    late = piece([(0, 0.5, 72, 80, 0), (0.125, 0.25, 74, 80, 0), *others])
    assert sequence_to_grid(late)[:, 0].tolist() == [72, 74, REST, REST]


def test_nan_is_a_rest():
    grid = np.array([[60.0, 55.0, np.nan, 40.0]])
    assert check_grid(grid).tolist() == [[60, 55, REST, 40]]


def test_what_the_grid_loses_comes_back_as_arguments():
    grid = np.array([[72, 67, 60, 48]])
    sequence = grid_to_sequence(
        grid,
        qpm=90,
        time_signature=(3, 2),
        velocity=50,
        programs=(73, 68, 71, 70),
    )
    assert [n.program for n in sequence.notes] == [73, 68, 71, 70]
    assert {n.velocity for n in sequence.notes} == {50}
    names = [info.name for info in sequence.instrument_infos]
    assert names == ["soprano", "alto", "tenor", "bass"]
    assert sequence.time_signatures[0].denominator == 2
    assert not grid_to_sequence(grid).time_signatures


def test_other_than_four_voices_are_refused():
    with pytest.raises(CourseError, match=r"four voices.*got 1 instruments"):
        sequence_to_grid(piece([(0, 1, 60, 80)]))


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (np.zeros((3, 5)), r"shape \(T, 4\)"),
        (np.zeros(4), r"shape \(T, 4\)"),
        (np.full((2, 4), 128), r"pitch of the grid.*got 128"),
        (np.full((2, 4), -2), r"pitch of the grid.*got -2"),
    ],
)
def test_a_wrong_grid_is_refused(grid, message):
    with pytest.raises(CourseError, match=message):
        grid_to_sequence(grid)


def test_an_empty_grid_is_a_piece_without_notes():
    assert not grid_to_sequence(np.empty((0, 4), np.int64)).notes


def test_the_losses_are_told():
    assert any("repeated" in line for line in LOSES)


@pytest.mark.real_data
def test_all_382_jsb_chorales_come_back_from_both_encodings():
    if real_data_dir() is None:
        pytest.skip("COURSE_DATA_DIR is not set")
    path = real_data_dir() / "jsb" / "Jsb16thSeparated.json"
    splits = json.loads(path.read_text())
    grids = [np.array(grid) for split in splits.values() for grid in split]
    assert len(grids) == 382
    for grid in grids:
        sequence = grid_to_sequence(grid, qpm=96)
        np.testing.assert_array_equal(sequence_to_grid(sequence), grid)
        events = sequence_to_events(sequence)
        back = events_to_sequence(events, qpm=96)
        assert sequence_to_events(back) == events


def test_a_pitch_that_stays_while_two_others_move_on_a_beat_is_struck_again():
    grid = np.full((12, 4), 60)
    grid[4:, :2] += 1  # on a beat, two move: the others are struck again
    grid[6:, :3] += 1  # off the beat
    grid[8:, 0] += 1  # on a beat, but one alone
    again = struck_again(grid)
    expected = np.zeros_like(grid, bool)
    expected[4, 2:] = True
    assert np.array_equal(again, expected)


def test_notes_struck_again_are_notes_of_their_own_on_the_same_grid():
    grid = random_grid(numpy_rng(5))
    again = struck_again(grid)
    assert again.any()
    held = grid_to_sequence(grid)
    struck = grid_to_sequence(grid, again=again)
    assert len(struck.notes) == len(held.notes) + again.sum()
    assert np.array_equal(sequence_to_grid(struck), grid)
