import dataclasses
import math

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from course_utils.basics.checks import CourseError
from course_utils.plots.spectral import (
    plot_if,
    plot_image,
    plot_magnitude,
    plot_phase,
    plot_waveform,
)
from course_utils.spectral.image import ImageConfig, waveform_to_image
from course_utils.spectral.mel import mel_centres_hz
from course_utils.spectral.phase import phase_to_if
from course_utils.spectral.stft import StftConfig, waveform_to_stft

mpl.use("Agg")
RATE = 8_000
STFT = StftConfig(64, 16)
IMAGE = ImageConfig(RATE, 1_000, 64, 16, 64)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def tone(f0_hz=1000.0):
    time_s = torch.arange(1_000) / RATE
    return 0.5 * torch.sin(2 * math.pi * f0_hz * time_s)[None]


def stft():
    return waveform_to_stft(tone(), STFT)[0]


def picture(ax):
    (drawn,) = ax.get_images()
    return drawn


def value_at(ax, time_s, khz):
    """Return what the picture shows at a point in seconds and kHz."""
    drawn = picture(ax)
    left, right, low, high = drawn.get_extent()
    values = drawn.get_array()
    n_rows, n_columns = values.shape
    row = int((khz - low) / (high - low) * n_rows)
    column = int((time_s - left) / (right - left) * n_columns)
    return values[row, column]


def test_a_waveform_is_drawn_sample_by_sample_in_seconds():
    ax = plot_waveform(tone()[0], RATE, label="tone")
    (line,) = ax.get_lines()
    assert line.get_label() == "tone"
    assert line.get_xdata()[-1] == pytest.approx(999 / RATE)
    np.testing.assert_allclose(line.get_ydata(), tone()[0])
    assert ax.get_xlabel() == "time (s)"
    assert "full scale" in ax.get_ylabel()


def test_a_tone_is_loudest_at_its_frequency():
    ax = plot_magnitude(stft(), STFT, RATE)
    assert value_at(ax, 0.06, 1.0) == pytest.approx(0.0, abs=0.1)
    assert value_at(ax, 0.06, 3.0) < -60
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_ylabel() == "frequency (kHz)"
    assert picture(ax).get_cmap().name == "magma"


def test_a_frame_stands_at_the_middle_of_its_window():
    left, right, low, high = picture(
        plot_magnitude(stft(), STFT, RATE)
    ).get_extent()
    n_frames = STFT.n_frames(1_000)
    middle_s = (STFT.n_fft / 2) / RATE  # of the first frame
    assert (left + 0.5 * 16 / RATE) == pytest.approx(middle_s)
    assert right - left == pytest.approx(n_frames * 16 / RATE)
    assert (low + high) / 2 == pytest.approx(RATE / 4 / 1000)


def test_magnitude_and_stft_give_the_same_picture():
    first = picture(plot_magnitude(stft(), STFT, RATE)).get_array()
    second = picture(plot_magnitude(stft().abs(), STFT, RATE)).get_array()
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_phase_is_drawn_without_its_whole_turns():
    phase = stft().angle()
    first = picture(plot_phase(phase, STFT, RATE))
    second = picture(plot_phase(phase + 4 * math.pi, STFT, RATE))
    np.testing.assert_allclose(
        first.get_array(), second.get_array(), atol=1e-5
    )
    assert first.get_cmap().name == "twilight"
    assert first.get_clim() == (-1, 1)


def test_if_of_a_tone_is_its_advance_and_centred_on_zero():
    ax = plot_if(phase_to_if(stft().angle()), STFT, RATE)
    # 1000 Hz turns 2 times in 16 samples at 8 kHz: no advance is left
    assert value_at(ax, 0.06, 1.0) == pytest.approx(0.0, abs=1e-3)
    assert picture(ax).get_cmap().name == "RdBu_r"
    assert picture(ax).get_clim() == (-1, 1)


@pytest.mark.parametrize("plot", [plot_phase, plot_if])
def test_soft_bins_stay_grey_if_the_magnitude_is_given(plot):
    values = plot(torch.zeros(33, 59), STFT, RATE, magnitude=stft())
    masked = np.isnan(np.ma.filled(picture(values).get_array(), np.nan))
    soft = stft().abs() < 1e-3 * stft().abs().max()
    np.testing.assert_array_equal(masked, soft.numpy())


@pytest.mark.parametrize("phase", ["if", "raw", "if_centred"])
def test_an_image_shows_both_channels_from_the_start_of_the_sound(phase):
    config = dataclasses.replace(IMAGE, phase=phase)
    image = waveform_to_image(tone(), config)[0]
    axes = plot_image(image, config)
    assert value_at(axes[0], 0.06, 1.0) == pytest.approx(0.0, abs=0.5)
    before_s = -(config.n_padding / RATE) / 2
    assert value_at(axes[0], before_s, 1.0) < -80
    drawn = picture(axes[1]).get_array()
    np.testing.assert_allclose(drawn, image[1], atol=1e-6)


def test_mel_rows_are_labelled_with_their_frequency():
    config = dataclasses.replace(IMAGE, scale="mel")
    axes = plot_image(waveform_to_image(tone(), config)[0], config)
    centres = mel_centres_hz(32, RATE)
    labels = [t.get_text() for t in axes[0].get_yticklabels()]
    row = axes[0].get_yticks()[labels.index("1")]
    assert centres[math.floor(row)] <= 1000 <= centres[math.floor(row) + 1]
    assert "mel" in axes[0].get_ylabel()
    loudest = picture(axes[0]).get_array()[:, 30].argmax()
    one_bin_hz = RATE / 64  # mel_matrix says why it lies one bin too low
    assert abs(centres[loudest] - 1000) < 1.1 * one_bin_hz


def test_a_given_axes_is_used_and_returned():
    _, ax = plt.subplots()
    assert plot_waveform(tone()[0], RATE, ax=ax) is ax
    assert plot_magnitude(stft(), STFT, RATE, ax=ax) is ax


@pytest.mark.parametrize(("bar", "n_axes"), [(True, 2), (False, 1)])
def test_the_colour_bar_can_be_left_out(bar, n_axes):
    for plot in (plot_magnitude, plot_phase, plot_if):
        ax = plot(torch.ones(33, 5), STFT, RATE, bar=bar)
        assert len(ax.figure.axes) == n_axes


def test_drawing_changes_no_settings():
    before = dict(mpl.rcParams)
    plot_magnitude(stft(), STFT, RATE)
    plot_waveform(tone()[0], RATE)
    assert dict(mpl.rcParams) == before


def test_silence_can_be_drawn():
    drawn = picture(plot_magnitude(torch.zeros(33, 5), STFT, RATE))
    assert np.isfinite(drawn.get_array()).all()


@pytest.mark.parametrize(
    ("call", "n_axes"),
    [
        (lambda: plot_waveform(tone(), RATE), 1),
        (lambda: plot_magnitude(stft()[None], STFT, RATE), 2),
        (lambda: plot_image(torch.zeros(1, 2, 32, 64), IMAGE), 3),
    ],
)
def test_a_whole_batch_is_refused(call, n_axes):
    with pytest.raises(CourseError, match=f"one item with {n_axes} axes"):
        call()
