import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.symbolic.chorale import REST, grid_to_sequence
from course_utils.symbolic.chorale_classes import (
    HIGHEST,
    LOWEST,
    N_PITCHES,
    REST_CLASS,
    classes_to_grid,
    grid_to_classes,
    random_key,
    sequence_to_classes,
)


def random_grid(np_rng, n_steps=40):
    grid = np_rng.integers(LOWEST, HIGHEST + 1, (n_steps, 4))
    return np.where(np_rng.random(grid.shape) < 0.1, REST, grid)


def test_the_lowest_pitch_is_class_one_and_a_rest_is_class_zero():
    grid = [[LOWEST, LOWEST + 1, HIGHEST, REST]]
    classes = grid_to_classes(np.array(grid))
    assert classes.tolist() == [[1, 2, N_PITCHES, REST_CLASS]]
    assert classes.dtype == torch.int64
    assert N_PITCHES == 46


def test_a_grid_comes_back_exactly(np_rng):
    grid = random_grid(np_rng)
    np.testing.assert_array_equal(classes_to_grid(grid_to_classes(grid)), grid)


def test_classes_come_back_exactly(rng):
    classes = torch.randint(N_PITCHES + 1, (40, 4), generator=rng)
    assert torch.equal(grid_to_classes(classes_to_grid(classes)), classes)


def test_a_piece_has_the_classes_of_its_grid(np_rng):
    lows = np.array([66, 58, 50, 40])  # voices that do not cross
    grid = lows + np_rng.integers(0, 6, (32, 4))
    classes = sequence_to_classes(grid_to_sequence(grid))
    assert torch.equal(classes, grid_to_classes(grid))


@pytest.mark.parametrize("pitch", [LOWEST - 1, HIGHEST + 1])
def test_a_pitch_out_of_the_range_is_refused(pitch):
    grid = np.array([[60, 60, 60, 60], [REST, 60, 60, pitch]])
    with pytest.raises(CourseError, match=f"36 to 81; got .*{pitch}"):
        grid_to_classes(grid)


def test_silence_is_no_pitch_out_of_the_range():
    grid = np.full((3, 4), REST)
    assert (grid_to_classes(grid) == REST_CLASS).all()


def test_a_random_key_moves_all_pitches_alike_and_keeps_them_in_range(rng):
    classes = torch.randint(12, 40, (16, 4), generator=rng)
    classes[3:6, 2] = REST_CLASS
    sounding = classes != REST_CLASS
    for _ in range(50):
        moved = random_key(classes, rng)
        assert torch.equal(moved != REST_CLASS, sounding)
        shifts = (moved - classes)[sounding].unique()
        assert len(shifts) == 1
        assert moved[sounding].min() >= 1
        assert moved.max() <= N_PITCHES


def test_every_key_in_the_range_comes(rng):
    classes = torch.tensor([[44, 20, REST_CLASS, 6]])
    moved = {int(random_key(classes, rng)[0, 3]) for _ in range(300)}
    assert moved == set(range(1, 9))  # 5 lower to 2 higher


def test_a_piece_that_fills_the_range_stays(rng):
    classes = torch.tensor([[N_PITCHES, 30, 20, 1]])
    assert all(
        torch.equal(random_key(classes, rng), classes) for _ in range(20)
    )


def test_silence_has_no_key_and_takes_its_number_all_the_same(rng):
    silence = torch.zeros(3, 4, dtype=torch.int64)
    assert torch.equal(random_key(silence, rng), silence)
    other = torch.Generator().manual_seed(440)
    random_key(torch.tensor([[40, 30, 20, 10]]), other)
    assert torch.equal(rng.get_state(), other.get_state())
