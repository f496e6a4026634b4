import numpy as np
import pytest

from course_utils.symbolic.ticks import (
    MAX_US_PER_QUARTER,
    TempoMap,
    qpm_to_us,
    tempo_map_of,
    us_to_qpm,
)


def test_a_tempo_is_rounded_and_not_cut_off():
    assert qpm_to_us(120) == 500_000
    assert qpm_to_us(90) == 666_667
    assert qpm_to_us(0.001) == MAX_US_PER_QUARTER


@pytest.mark.parametrize("us", [1, 2, 333_333, 500_000, 666_667, 16_777_215])
def test_every_stored_tempo_survives_quarters_per_minute(us):
    assert qpm_to_us(us_to_qpm(us)) == us


def test_ticks_become_seconds_across_two_tempo_changes():
    # 480 ticks at 120: 0.5 s; 480 at 60: 1 s; then 240 per minute: 0.25 s
    tempos = [(0, 500_000), (480, 1_000_000), (960, 250_000)]
    tempo_map = TempoMap(tempos, 480)
    ticks = np.array([0, 240, 480, 960, 1440])
    np.testing.assert_allclose(
        tempo_map.tick_to_s(ticks), [0, 0.25, 0.5, 1.5, 1.75]
    )


def test_without_a_tempo_120_holds():
    assert TempoMap([], 480).tick_to_s(480) == 0.5


def test_the_later_of_two_tempos_at_one_tick_counts():
    tempo_map = TempoMap([(0, 400_000), (0, 1_000_000)], 480)
    assert tempo_map.tick_to_s(480) == 1.0


def test_seconds_give_back_every_tick(np_rng):
    changes = [(0, 500_000), (1_001, 333_333), (5_000, 1_234_567)]
    tempo_map = TempoMap(changes, 220)
    ticks = np_rng.integers(0, 100_000, 2_000)
    np.testing.assert_array_equal(
        tempo_map.s_to_tick(tempo_map.tick_to_s(ticks)), ticks
    )


def test_rounding_does_not_add_up_over_many_tempo_changes(np_rng):
    times_s = np.cumsum(np_rng.uniform(0.1, 0.5, 500))
    tempos = [(t, float(np_rng.uniform(40, 200))) for t in times_s]
    tempo_map = tempo_map_of(tempos, 480)
    slowest_tick_s = 60 / 40 / 480
    error_s = np.abs(tempo_map.start_s[1:] - times_s)
    assert error_s.max() <= slowest_tick_s / 2 + 1e-9
