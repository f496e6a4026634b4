import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.plots.notes import (
    FLOOR_DB,
    plot_counts,
    plot_heard_pitch,
    plot_level_map,
    plot_levels,
    plot_partials,
    plot_shares,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_bars_count_each_value():
    ax = plot_counts([60, 60, 62], "pitch (MIDI)")
    heights = {round(b.get_x() + b.get_width() / 2): b.get_height()
               for b in ax.patches}  # fmt: skip
    assert heights == {60: 2, 62: 1}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("pitch (MIDI)", "notes")


def test_families_are_counted_by_name():
    ax = plot_counts(["reed", "brass", "reed"], "family")
    assert [bar.get_width() for bar in ax.patches] == [1, 2]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["brass", "reed"]


def test_no_value_is_refused():
    with pytest.raises(CourseError, match="at least one value"):
        plot_counts([], "pitch (MIDI)")


def test_levels_are_drawn_below_the_loudest_and_not_below_the_floor():
    ax = plot_levels({"a": [-20.0, -30.0, -np.inf]}, 0.2, 3.0)
    line = ax.lines[0]
    assert line.get_ydata().tolist() == [0, -10, FLOOR_DB]
    assert line.get_xdata() == pytest.approx([0.1, 0.3, 0.5])
    assert "s" in ax.get_xlabel()


def test_the_map_has_one_row_a_note():
    ax = plot_level_map({"a": [0.0, -6.0], "b": [-6.0, -12.0]}, 0.5)
    (picture,) = ax.images
    assert picture.get_array().tolist() == [[0, -6], [0, -6]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert picture.get_extent() == [0, 1.0, 1.5, -0.5]


def test_judges_stand_side_by_side():
    shares = {"one": {"a": 0.5, "b": 1.0}, "two": {"a": 0.25, "b": 0.0}}
    ax = plot_shares(shares)
    assert [bar.get_height() for bar in ax.patches] == [0.5, 1.0, 0.25, 0.0]
    places = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    assert places == pytest.approx([-0.2, 0.8, 0.2, 1.2])


def test_right_and_wrong_keys_are_told_apart():
    ax = plot_heard_pitch([60, 61, 62], [60.2, 49.0, np.nan])
    drawn = [
        line.get_ydata().tolist()
        for line in ax.lines
        if line.get_label() in ("right key", "another")
    ]
    assert drawn[0] == pytest.approx([0.2])
    assert drawn[1] == pytest.approx([-12.0, np.nan], nan_ok=True)


def test_the_spectrum_peaks_at_its_first_harmonic():
    time_s = np.arange(16_000) / 16_000
    ax = plot_partials(np.sin(2 * np.pi * 500 * time_s), 16_000, 500.0)
    line = ax.lines[-1]
    assert line.get_xdata()[line.get_ydata().argmax()] == pytest.approx(0.5)
    assert len(ax.lines) == 16 + 1  # harmonics up to 8 kHz, and the note


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot_counts([1], "x", ax=ax),
        lambda ax: plot_levels({"a": [0.0]}, 0.2, 3.0, ax=ax),
        lambda ax: plot_level_map({"a": [0.0]}, 0.2, ax=ax),
        lambda ax: plot_shares({"a": {"b": 1.0}}, ax=ax),
        lambda ax: plot_heard_pitch([60], [60.0], ax=ax),
        lambda ax: plot_partials(np.ones(100), 16_000, 1000.0, ax=ax),
    ],
)
def test_axes_given_are_axes_used(draw):
    ax = plt.subplots()[1]
    assert draw(ax) is ax
