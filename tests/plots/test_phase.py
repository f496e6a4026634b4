import math

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

from course_utils.basics.checks import CourseError
from course_utils.plots import phase

RATE, STRIDE = 16_000, 128


mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def tone(f_hz, n_samples=RATE):
    n = torch.arange(n_samples) / RATE
    return torch.sin(2 * math.pi * f_hz * n)


def test_joins_stand_where_frames_end():
    ax = phase.plot_joins(tone(440), tone(500), STRIDE, RATE, n_frames=3)
    joins = [line.get_xdata()[0] for line in ax.get_lines()[2:]]
    assert joins == pytest.approx([0, 8, 16, 24])  # 128 samples: 8 ms
    assert len(ax.get_lines()[0].get_xdata()) == 3 * STRIDE
    assert ax.get_xlabel() == "time (ms)"


def test_the_strongest_line_of_a_tone_is_its_frequency():
    ax = phase.plot_lines({"a": tone(440), "b": tone(500)}, STRIDE, RATE)
    curves = [line for line in ax.get_lines() if line.get_label() in "ab"]
    peaks = [c.get_xdata()[np.argmax(c.get_ydata())] for c in curves]
    assert peaks == pytest.approx([440, 500])
    assert [max(c.get_ydata()) for c in curves] == pytest.approx([0, 0])


def test_clock_hands_point_up_at_zero_and_turn_clockwise():
    ax = phase.plot_clocks({"a": np.array([0, math.pi / 2, math.pi])})
    (hands,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    up = -1 if ax.yaxis_inverted() else 1
    centre, tip = np.stack(hands.get_segments()).swapaxes(0, 1)
    right, higher = (tip - centre).T
    half = phase.FACE / 2
    assert list(right) == pytest.approx([0, half, 0], abs=1e-9)
    assert list(up * higher) == pytest.approx([half, 0, -half], abs=1e-9)


def test_clock_rows_are_named():
    rows = {"500 Hz": torch.zeros(4), "503 Hz": torch.ones(4)}
    ax = phase.plot_clocks(rows)
    assert [t.get_text() for t in ax.get_yticklabels()] == list(rows)


def test_the_envelope_of_a_beating_tone_touches_zero():
    beating = tone(500) * torch.cos(
        2 * math.pi * 3 * torch.arange(RATE) / RATE
    )
    ax = phase.plot_envelopes({"steady": tone(500), "beating": beating}, RATE)
    steady, swelling = (line.get_ydata() for line in ax.get_lines())
    assert steady == pytest.approx(np.ones(RATE), abs=0.01)
    assert swelling.min() < 0.02
    assert swelling.max() == pytest.approx(1, abs=0.01)


def test_functions_draw_on_the_axes_given():
    _, axes = plt.subplots(4)
    sounds = {"a": tone(440)}
    assert axes[0] is phase.plot_joins(
        tone(440), tone(440), STRIDE, RATE, ax=axes[0]
    )
    assert axes[1] is phase.plot_lines(sounds, STRIDE, RATE, ax=axes[1])
    assert axes[2] is phase.plot_clocks({"a": np.zeros(3)}, ax=axes[2])
    assert axes[3] is phase.plot_envelopes(sounds, RATE, ax=axes[3])


def test_wrong_inputs_are_refused():
    with pytest.raises(CourseError, match=r"at least 640 samples"):
        phase.plot_joins(tone(440, 200), tone(440), STRIDE, RATE)
    with pytest.raises(CourseError, match="silence"):
        phase.plot_lines({"a": torch.zeros(100)}, STRIDE, RATE)
    with pytest.raises(CourseError, match="expected max_hz from"):
        phase.plot_lines({"a": tone(440)}, STRIDE, RATE, max_hz=9000)
    with pytest.raises(CourseError, match="the same T in every row"):
        phase.plot_clocks({"a": np.zeros(3), "b": np.zeros(4)})
