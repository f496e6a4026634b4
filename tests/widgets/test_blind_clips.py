import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.plots.listen import LOUDNESS_DB, PEAK_LIMIT
from course_utils.widgets.blind_clips import (
    FADE_S,
    level_db,
    same_length,
    same_level,
)

RATE = 8_000  # Hz
LEVEL_ATOL = 1e-9  # dB; a factor is exact but for rounding


def tone(level, seconds=1.0):
    time_s = np.arange(round(RATE * seconds)) / RATE
    return level * np.sin(2 * np.pi * 250 * time_s)


def click():
    """Return silence with one peak: far more peak than level."""
    samples = np.zeros(RATE)
    samples[100] = 1.0
    return samples


def test_a_sine_of_full_scale_has_minus_3_db():
    assert level_db(tone(1.0)) == pytest.approx(-10 * np.log10(2))


def test_lone_clips_get_the_common_level():
    groups = same_level([[tone(0.001)], [tone(0.9)]])
    levels = [level_db(clip) for (clip,) in groups]
    assert levels == pytest.approx([LOUDNESS_DB] * 2, abs=LEVEL_ATOL)


def test_a_group_keeps_its_differences_and_its_loudest_gets_the_level():
    softer = tone(0.5) * 10 ** (-3 / 20)
    ((loud, soft), (other,)) = same_level([[tone(0.5), softer], [tone(0.1)]])
    assert level_db(loud) == pytest.approx(LOUDNESS_DB, abs=LEVEL_ATOL)
    assert level_db(loud) - level_db(soft) == pytest.approx(3)
    assert level_db(other) == pytest.approx(LOUDNESS_DB, abs=LEVEL_ATOL)


def test_one_peaky_clip_makes_all_softer_and_none_passes_the_limit():
    ((sine,), (peaky,)) = same_level([[tone(0.5)], [click()]])
    assert level_db(sine) == pytest.approx(level_db(peaky), abs=LEVEL_ATOL)
    assert np.abs(peaky).max() == pytest.approx(PEAK_LIMIT)
    assert level_db(sine) < LOUDNESS_DB


def test_only_the_factor_differs():
    ((clip,),) = same_level([[tone(0.3)]])
    assert np.corrcoef(clip, tone(0.3))[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("groups", [[], [[np.zeros(100)]]])
def test_silence_has_no_level_to_match(groups):
    with pytest.raises(CourseError, match="clips that sound"):
        same_level(groups)


def test_the_shorter_clip_gives_the_length_and_both_fade_out():
    first, second = same_length(tone(0.3, 2.0), tone(0.3, 1.0), RATE)
    assert len(first) == len(second) == RATE
    n_fade = round(FADE_S * RATE)
    assert np.array_equal(first[:-n_fade], tone(0.3)[:-n_fade])
    assert first[-1] == second[-1] == 0


@pytest.mark.parametrize(
    ("clip", "text"),
    [
        (np.zeros((2, RATE)), "mono"),
        (np.full(RATE, np.nan), "finite"),
        (tone(0.3, 0.1), "at least 0.2 s"),
    ],
)
def test_a_clip_that_cannot_be_judged_is_refused(clip, text):
    with pytest.raises(CourseError, match=text):
        same_length(tone(0.3), clip, RATE)
