import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from course_utils.basics.checks import CourseError
from course_utils.plots import style, symbolic
from course_utils.symbolic.blank import blank_sequence

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def piece(n_parts=2, meter=(3, 4)):
    """Four quarters a part at 120; each part louder than the one before."""
    sequence = blank_sequence(120.0, meter)
    for part in range(n_parts):
        for k in range(4):
            sequence.notes.add(
                start_time=0.5 * k,
                end_time=0.5 * k + 0.5,
                pitch=60 + 5 * part + k,
                velocity=min(20 + 30 * part, 127),
                instrument=part,
                program=40 * part,
            )
    sequence.total_time = 2.0
    return sequence


def bars(ax):
    return [p for p in ax.patches if isinstance(p, Rectangle)]


def test_every_note_is_a_bar_of_its_length_and_pitch():
    sequence = piece()
    ax = symbolic.plot_piano_roll(sequence)
    for bar, note in zip(bars(ax), sequence.notes, strict=True):
        assert bar.get_x() == note.start_time
        assert bar.get_width() == note.end_time - note.start_time
        assert bar.get_y() + bar.get_height() / 2 == note.pitch


def test_louder_is_darker():
    ax = symbolic.plot_piano_roll(piece())
    alphas = [bar.get_facecolor()[3] for bar in bars(ax)]
    assert alphas[0] < alphas[-1]


@pytest.mark.parametrize("kind", ["instrument", "program"])
def test_parts_differ_in_colour_and_in_line(kind):
    ax = symbolic.plot_piano_roll(piece(), colour_by=kind)
    first, last = bars(ax)[0], bars(ax)[-1]
    assert first.get_edgecolor() != last.get_edgecolor()
    assert first.get_linestyle() != last.get_linestyle()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    expected = {"instrument": "part 1", "program": "program 40"}
    assert names[1] == expected[kind]


def test_parts_go_by_their_names():
    sequence = piece()
    sequence.instrument_infos.add(instrument=1, name="alto")
    ax = symbolic.plot_piano_roll(sequence)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["part 0", "alto"]


def test_bar_lines_stand_at_the_bars_and_the_meter_is_named():
    ax = symbolic.plot_piano_roll(piece(), legend=False)
    assert [line.get_xdata()[0] for line in ax.lines] == [0.0, 1.5]
    assert [text.get_text() for text in ax.texts] == ["3/4"]


def test_a_piece_without_meter_is_shown_in_an_assumed_4_4():
    ax = symbolic.plot_piano_roll(piece(meter=None))
    assert [text.get_text() for text in ax.texts] == ["4/4 (assumed)"]


def test_only_the_beginning_is_drawn_if_asked():
    ax = symbolic.plot_piano_roll(piece(1), end_s=1.0, bar_lines=False)
    assert len(bars(ax)) == 2
    assert ax.get_xlim() == (0.0, 1.0)
    assert not ax.lines


def test_axes_have_quantity_and_unit():
    ax = symbolic.plot_piano_roll(piece())
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_ylabel() == "pitch (MIDI)"
    low, high = ax.get_ylim()
    assert low < 60
    assert high > 68


def test_a_given_axes_is_used_and_the_settings_stay():
    _, ax = plt.subplots()
    before = dict(mpl.rcParams)
    assert symbolic.plot_piano_roll(piece(), ax=ax) is ax
    assert dict(mpl.rcParams) == before


def test_more_than_six_parts_reuse_the_looks_without_a_legend():
    ax = symbolic.plot_piano_roll(piece(8))
    assert ax.get_legend() is None
    first, seventh = bars(ax)[0], bars(ax)[4 * len(style.COLOURS)]
    assert first.get_edgecolor() == seventh.get_edgecolor()


def test_velocities_are_points():
    ax = symbolic.plot_velocities(piece(), label="score", look=1)
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), [20] * 4 + [50] * 4)
    assert line.get_linestyle() == "None"
    assert ax.get_ylabel() == "velocity (MIDI)"


def test_nothing_to_draw_is_one_clear_error():
    empty = blank_sequence(120.0, None)
    for draw in (symbolic.plot_piano_roll, symbolic.plot_velocities):
        with pytest.raises(CourseError, match="at least one note to draw"):
            draw(empty)
    with pytest.raises(CourseError, match="colour_by"):
        symbolic.plot_piano_roll(piece(), colour_by="velocity")
