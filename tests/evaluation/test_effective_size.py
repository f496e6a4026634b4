import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import ks_2samp

from course_utils.basics.checks import CourseError
from course_utils.evaluation.effective_size import (
    autocovariance,
    curve_sample_size,
    effective_sample_size,
    ks_p_value,
)

# Geyer's estimate has a standard deviation of 12 to 16 % of the truth in
# these series, measured over 200 of them; three times that.
ESS_RTOL = 0.45
N_TRIALS = 100


def autoregressive(rng, rho, n):
    """Return n values, each rho times the last plus fresh noise."""
    return lfilter([1], [1, -rho], rng.normal(size=n + 2000))[2000:]


def test_autocovariance_equals_the_sum_of_its_definition(np_rng):
    x = np_rng.normal(size=37)
    centred = x - x.mean()
    expected = [
        np.sum(centred[: 37 - k] * centred[k:]) / 37 for k in range(37)
    ]
    np.testing.assert_allclose(autocovariance(x), expected, atol=1e-14)


@pytest.mark.parametrize("block", [1, 10])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
def test_an_autoregressive_series_has_the_size_of_the_formula(
    np_rng, rho, block
):
    n = 100_000
    expected = n * (1 - rho) / (1 + rho)
    found = effective_sample_size(autoregressive(np_rng, rho, n), block)
    assert found == pytest.approx(expected, rel=ESS_RTOL)


def test_the_size_is_right_on_average(np_rng):
    found = [
        effective_sample_size(autoregressive(np_rng, 0.9, 2000))
        for _ in range(N_TRIALS)
    ]
    # 2000 / 19 = 105; the mean of 100 trials is within 2.4 of its own truth
    assert np.mean(found) == pytest.approx(2000 / 19, rel=0.08)


def test_neighbours_on_opposite_sides_are_worth_more(np_rng):
    n = 50_000
    found = effective_sample_size(autoregressive(np_rng, -0.4, n))
    assert found == pytest.approx(n * 1.4 / 0.6, rel=0.2)


def test_the_size_does_not_change_with_gain_or_offset(np_rng):
    x = autoregressive(np_rng, 0.8, 3000)
    expected = effective_sample_size(x)
    assert effective_sample_size(5 - 3 * x) == pytest.approx(expected)


def test_a_series_said_twice_is_worth_no_more(np_rng):
    x = np_rng.normal(size=4000)
    held = np.repeat(x, 10)  # ten equal values in a row: one observation
    assert effective_sample_size(held) == pytest.approx(4000, rel=0.2)
    assert curve_sample_size(held) == pytest.approx(4000, rel=0.2)


def test_a_swinging_series_needs_a_block(np_rng):
    # 200 notes of 1,000 samples: a period of 20, and each a level of its own
    t = np.arange(1000)
    levels = np_rng.uniform(0.1, 1, size=200)
    x = np.concatenate([a * np.sin(2 * np.pi * t / 20) for a in levels])
    assert curve_sample_size(x) > 10_000
    # more than 200: the middle of the curve does not depend on the levels
    assert 200 < curve_sample_size(x, block=100) < 3000


def test_a_pure_tone_is_not_worth_more_than_its_samples():
    tone = np.sin(2 * np.pi * np.arange(4000) / 20)
    assert curve_sample_size(tone, block=20) <= 4000
    assert np.isfinite(effective_sample_size(tone, block=20))


def test_of_independent_values_p_is_that_of_scipy(np_rng):
    real, generated = np_rng.normal(size=3000), np_rng.normal(0.05, 1, 2000)
    expected = ks_2samp(real, generated, method="asymp").pvalue
    assert ks_p_value(real, generated) == pytest.approx(expected, abs=0.1)


def test_equal_sources_are_seldom_called_different(np_rng):
    naive = careful = 0
    for _ in range(N_TRIALS):
        pair = [autoregressive(np_rng, 0.9, 2000) for _ in range(2)]
        naive += ks_2samp(*pair, method="asymp").pvalue < 0.05
        careful += ks_p_value(*pair) < 0.05
    # 0.05 is promised. SciPy's p-value counts 2,000 values as independent.
    assert naive > 0.5 * N_TRIALS
    assert careful <= 0.1 * N_TRIALS


def test_different_sources_are_still_found(np_rng):
    real = autoregressive(np_rng, 0.9, 20_000)
    assert ks_p_value(real, real + 2 * real.std()) < 1e-6


def test_the_p_value_is_symmetric_and_a_share(np_rng):
    x, y = np_rng.normal(size=50), np_rng.normal(1, 1, size=90)
    assert ks_p_value(x, y) == ks_p_value(y, x)
    assert 0 <= ks_p_value(x, y) <= 1
    assert ks_p_value(x, x) == 1


def test_integer_values_are_taken(np_rng):
    x = np_rng.integers(-5, 5, size=4000).astype(np.int16)
    assert effective_sample_size(x) == pytest.approx(4000, rel=0.2)


@pytest.mark.parametrize(
    ("values", "block"),
    [(np.ones(100), 1), (np.arange(7.0), 1), (np.arange(79.0), 10)],
)
def test_a_series_that_says_nothing_is_refused(values, block):
    with pytest.raises(CourseError, match="not all equal"):
        effective_sample_size(values, block)


def test_a_block_of_nothing_is_refused(np_rng):
    with pytest.raises(CourseError, match="block"):
        effective_sample_size(np_rng.normal(size=100), 0)
