import io
import json

import numpy as np
import pytest
import soundfile
from bs4 import BeautifulSoup
from matplotlib import image

from course_utils.basics.checks import CourseError
from course_utils.plots.listen import LOUDNESS_DB
from course_utils.spectral.stft import StftConfig
from course_utils.widgets.sound_in_step import sound_in_step

RATE = 16_000  # Hz
CONFIG = StftConfig(512, 128)
ALT = 'A "bright" line at 2 kHz that begins after half of the second.'


def late_tone():
    """Return half a second of silence, then half a second of 2 kHz."""
    time_s = np.arange(RATE) / RATE
    return np.sin(2 * np.pi * 2000 * time_s) * (time_s >= 0.5)


def make(wave=None, **words):
    words = {"caption": "Late", "description": "A tone, late."} | words
    wave = late_tone() if wave is None else wave
    return sound_in_step(wave, RATE, CONFIG, **{"alt": ALT} | words)


def element(made):
    page = BeautifulSoup(made._repr_html_(), "html.parser")
    return page.find("sound-in-step")


def inside(made):
    """Return the brightness inside the axes, shape (height, width)."""
    pixels = image.imread(io.BytesIO(made.png))[..., :3].mean(axis=2)
    height, width = pixels.shape
    left, top, wide, high = made.box
    return pixels[
        round(top * height) + 2 : round((top + high) * height) - 2,
        round(left * width) + 2 : round((left + wide) * width) - 2,
    ]


def test_the_box_says_where_in_the_picture_a_moment_lies():
    made = make()
    assert made.seconds == 1
    axes = inside(made)
    height, width = axes.shape
    row = round(0.75 * height)  # 2 of 8 kHz, from above
    band = axes[row - 3 : row + 4].max(axis=0)
    start = np.argmax(band[width // 4 :] > 0.5) + width // 4
    window_s = CONFIG.n_fft / RATE  # blurs the beginning
    assert abs(start / width - 0.5) < window_s
    assert band[round(0.6 * width) : round(0.9 * width)].min() > 0.5
    assert axes[: height // 2, : round(0.4 * width)].max() < 0.9


def test_the_highest_frequency_can_be_chosen():
    axes = inside(make(max_khz=2.5))
    height, width = axes.shape
    column = axes[:, round(0.75 * width)]
    assert abs(1 - column.argmax() / height - 2 / 2.5) < 0.02


def test_picture_player_and_texts_are_there_without_a_script():
    found = element(make(caption="<Late>"))
    assert found.img["alt"] == ALT
    assert found.img["src"].startswith("data:image/png;base64,")
    assert found.audio.has_attr("controls")
    assert not found.audio.has_attr("autoplay")
    assert found.figcaption.text == "<Late> A tone, late."
    box = json.loads(found["data-box"])
    assert all(0 < share < 1 for share in box)
    assert float(found["data-seconds"]) == 1


def test_the_sound_has_the_loudness_of_all_clips():
    samples, rate = soundfile.read(
        io.BytesIO(make(late_tone()[None]).clip.mp3)
    )
    loudness_db = 10 * np.log10(np.mean(samples[:RATE] ** 2))
    assert rate == RATE
    assert loudness_db == pytest.approx(LOUDNESS_DB, abs=0.5)


def test_the_same_sound_gives_the_same_bytes():
    assert make()._repr_html_() == make()._repr_html_()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"alt": "A sound"}, "alt, in 15 characters"),
        ({"wave": np.zeros((2, RATE))}, "a mono waveform"),
        ({"wave": np.zeros(100)}, "n_fft=512"),
    ],
)
def test_what_cannot_be_shown_is_refused(words, text):
    with pytest.raises(CourseError, match=text):
        make(**words)
