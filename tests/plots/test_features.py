import io

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import soundfile

from course_utils.basics.checks import CourseError
from course_utils.evaluation.feature_distances import FEATURES, extract
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.plots import features
from course_utils.plots import report_pictures as report
from course_utils.plots.listen import MP3_RATES

RATE = 16_000
CONFIG = FeatureConfig(RATE)
CURVES = [name for name in FEATURES if name not in features.IMAGES]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def clip(seconds, level):
    rng = np.random.default_rng(1)
    return level * rng.normal(size=int(seconds * RATE))


@pytest.fixture(scope="module")
def pair():
    return extract(clip(1, 0.02), CONFIG), extract(clip(2, 0.2), CONFIG)


@pytest.mark.parametrize("name", CURVES)
def test_curves_share_one_axes(pair, name):
    (ax,) = features.compare_feature(name, *pair, CONFIG)
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) == {"real", "generated"}
    assert len(ax.figure.axes) == 1  # no twin axes
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    if name != "stft":
        np.testing.assert_array_equal(
            lines["generated"].get_ydata(), pair[1][name][0]
        )
        assert lines["generated"].get_xdata()[-1] == pytest.approx(2, abs=0.04)
        assert FEATURES[name].unit in ax.get_ylabel()


@pytest.mark.parametrize("name", features.IMAGES)
def test_images_share_their_axes_and_their_colours(pair, name):
    axes = features.compare_feature(name, *pair, CONFIG)
    first, second = (ax.get_images()[0] for ax in axes)
    assert first.get_clim() == second.get_clim()
    assert axes[0].get_xlim() == axes[1].get_xlim()
    assert axes[0].get_ylim() == axes[1].get_ylim()
    bars = [ax for ax in axes[0].figure.axes if ax not in axes]
    assert [bar.get_ylabel() for bar in bars] == [FEATURES[name].unit]
    assert axes[0].get_ylabel()
    assert [ax.get_xlabel() for ax in axes] == ["time (s)"] * 2
    assert "real" in axes[0].get_title()
    assert "generated" in axes[1].get_title()


def test_the_mean_spectrum_shows_a_tone_at_its_frequency():
    t = np.arange(RATE) / RATE
    tone = extract(0.5 * np.sin(2 * np.pi * 1000 * t), CONFIG)
    (ax,) = features.compare_feature("stft", tone, tone, CONFIG)
    x, y = ax.get_lines()[0].get_data()
    assert x[y.argmax()] == pytest.approx(1000)
    assert x.min() >= features.LOWEST_HZ


def test_the_mel_axis_names_the_right_rows():
    t = np.arange(RATE) / RATE
    tone = extract(0.5 * np.sin(2 * np.pi * 2000 * t), CONFIG)
    axes = features.compare_feature("mel_spectrogram", tone, tone, CONFIG)
    labels = [label.get_text() for label in axes[0].get_yticklabels()]
    place = axes[0].get_yticks()[labels.index("2000")]
    row = tone["mel_spectrogram"].mean(axis=1).argmax()
    assert place == pytest.approx(row, abs=1)


def test_given_axes_are_used(pair):
    _, ax = plt.subplots()
    axes = features.compare_feature("rms", *pair, CONFIG, axes=np.array([ax]))
    assert axes[0] is ax
    assert len(plt.get_fignums()) == 1


def test_an_unknown_feature_is_refused(pair):
    with pytest.raises(CourseError, match="feature to be one of"):
        features.compare_feature("timbre", *pair, CONFIG)


def test_relative_distances_are_multiples_of_the_floor():
    floor = dict.fromkeys(FEATURES, 2.0)
    found = {"halves": floor, "LSTM": dict.fromkeys(FEATURES, 6.0)}
    ax = features.relative_distances(found, "halves")
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert lines["LSTM"].get_xdata() == pytest.approx([3.0] * 10)
    assert list(lines["halves"].get_xdata()) == [1, 1]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == [feature.title for feature in FEATURES.values()]


def test_a_floor_of_zero_or_an_unknown_one_is_refused():
    zero = {"same": dict.fromkeys(FEATURES, 0.0)}
    with pytest.raises(CourseError, match="a floor above 0"):
        features.relative_distances(zero, "same")
    with pytest.raises(CourseError, match="floor to be one of"):
        features.relative_distances(zero, "halves")


def test_the_pictures_of_a_report():
    before = dict(mpl.rcParams)
    pictures = report.report_pictures(clip(1, 0.02), clip(2, 0.2), RATE)
    assert len(pictures) == 2 + len(FEATURES)
    for picture in pictures:
        assert picture.png.startswith(b"\x89PNG")
        assert picture.caption
        assert "shared axes" in picture.alt
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_the_pictures_say_which_part_they_show(monkeypatch):
    monkeypatch.setattr(report, "REPORT_S", 1.0)
    long = clip(2, 0.1)
    one = report.report_pictures(long, long, RATE)
    assert one[2].caption == "STFT magnitude, first 1 s"
    several = report.report_pictures([clip(1, 0.1)] * 2, clip(1, 0.1), RATE)
    assert several[2].caption == "STFT magnitude, first file of each side"
    assert several[0].caption == "Histograms of the samples"


@pytest.mark.parametrize("rate", [RATE, 44_000])
def test_players_of_a_report_keep_the_difference_of_level(rate, monkeypatch):
    monkeypatch.setattr(report, "REPORT_S", 2.0)
    real, soft = clip(1, 0.2), clip(1, 0.02)
    players = report.report_players([real, soft], [soft], rate)
    assert [player.caption for player in players] == ["Real", "Generated"]
    sounds = [soundfile.read(io.BytesIO(p.mp3)) for p in players]
    levels = [np.sqrt(np.mean(samples**2)) for samples, _ in sounds]
    assert levels[0] / levels[1] == pytest.approx(10, rel=0.1)
    assert 0.5 < np.abs(sounds[0][0]).max() <= 1
    for samples, found_rate in sounds:
        assert found_rate in MP3_RATES
        seconds = min(len(real) / rate, 2.0)
        assert len(samples) / found_rate == pytest.approx(seconds, abs=0.1)
