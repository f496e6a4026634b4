import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from course_utils.basics.checks import CourseError
from course_utils.plots import tokens
from course_utils.symbolic import performance, polyphony
from course_utils.symbolic.polyphony import continued_note, new_note

mpl.use("Agg")
WAIT = performance.FIRST_TIME_SHIFT + 49  # 0.5 s


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def cells(ax):
    return [p for p in ax.patches if isinstance(p, Rectangle)]


def test_each_polyphony_token_is_a_cell_and_held_ones_are_hatched():
    events = [
        polyphony.START,
        new_note(60),
        polyphony.STEP_END,
        continued_note(60),
        polyphony.STEP_END,
        polyphony.END,
    ]
    ax = tokens.plot_polyphony_events(events)
    struck, held = cells(ax)
    assert (struck.get_x(), held.get_x()) == (0, 1)
    assert struck.get_hatch() is None
    assert held.get_hatch()
    assert len(ax.lines) == 2  # one for each STEP_END
    assert ax.get_xlabel() == "time (sixteenth steps)"
    assert ax.get_xlim() == (0, 2)


def test_only_the_first_steps_are_drawn():
    events = [new_note(60), polyphony.STEP_END] * 50
    assert len(cells(tokens.plot_polyphony_events(events, n_steps=8))) == 8


def test_performance_tokens_stand_where_they_act():
    events = [
        performance.FIRST_VELOCITY + 15,
        60,
        WAIT,
        performance.FIRST_NOTE_OFF + 60,
        64,
        WAIT,
        performance.FIRST_NOTE_OFF + 64,
    ]
    ax = tokens.plot_performance_events(events, end_s=0.8)
    by_label = {line.get_label(): line for line in ax.lines}
    on, off = by_label["NOTE_ON"], by_label["NOTE_OFF"]
    np.testing.assert_allclose(on.get_xydata(), [[0, 60], [0.5, 64]])
    np.testing.assert_allclose(off.get_xydata(), [[0.5, 60]])
    assert [text.get_text() for text in ax.texts] == ["16"]


def test_performance_tokens_without_releases_can_be_drawn():
    ax = tokens.plot_performance_events([60, WAIT])
    assert ax.get_xlabel() == "time (s)"


def test_the_grid_has_a_line_for_each_voice_and_gaps_for_rests():
    grid = np.array([[72, 67, 60, 48], [74, 67, -1, 48], [74, 65, 62, 48]])
    ax = tokens.plot_grid(grid)
    stairs = [p for p in ax.patches if hasattr(p, "get_data")]
    assert len(stairs) == 4
    assert np.isnan(stairs[2].get_data().values[1])
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["soprano", "alto", "tenor", "bass"]
    looks = {(str(p.get_edgecolor()), str(p.get_linestyle())) for p in stairs}
    assert len(looks) == 4


def test_nothing_to_draw_is_one_clear_error():
    with pytest.raises(CourseError, match="at least one note to draw"):
        tokens.plot_polyphony_events([polyphony.START, polyphony.END])
    with pytest.raises(CourseError, match="at least one note to draw"):
        tokens.plot_performance_events([WAIT])
    with pytest.raises(CourseError, match="at least one note to draw"):
        tokens.plot_grid(np.full((4, 4), -1))
