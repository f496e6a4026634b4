import numpy as np
import pytest

from course_utils.data.qualities import (
    level_db,
    levels_db,
    measure_qualities,
)

RATE = 16_000
TIME_S = np.arange(4 * RATE) / RATE
TONE = np.sin(2 * np.pi * 500 * TIME_S)


def test_the_level_of_a_full_sine_is_minus_three_db():
    assert level_db(TONE) == pytest.approx(10 * np.log10(0.5), abs=1e-6)
    assert level_db(np.zeros(10)) == -np.inf


def test_an_exponential_decay_falls_in_a_straight_line():
    decay = TONE * 10 ** (-15 * TIME_S / 20)  # 15 dB a second
    assert np.diff(levels_db(decay, RATE)) == pytest.approx(-3.0, abs=1e-3)


@pytest.mark.parametrize(
    ("held_db_per_s", "release_db", "expected"),
    [
        (0, -90, []),
        (-5, -90, []),
        (-15, -90, ["fast_decay"]),
        (0, -20, ["long_release"]),
        (-5, -10, ["long_release"]),
        (-20, -90, ["fast_decay"]),
    ],
)
def test_the_envelope_decides(held_db_per_s, release_db, expected):
    level = held_db_per_s * np.minimum(TIME_S, 3.0)
    level = level + release_db * np.maximum(TIME_S - 3.0, 0.0)
    note = TONE * 10 ** (level / 20)
    assert measure_qualities(note, RATE) == expected
