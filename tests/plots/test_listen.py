import base64
import io
import re

import numpy as np
import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.plots.listen import LOUDNESS_DB, gallery, play

RATE = 16_000


def tone(level, seconds=1.0):
    time_s = np.arange(int(RATE * seconds)) / RATE
    return level * np.sin(2 * np.pi * 440 * time_s)


def decode(clip):
    samples, rate = soundfile.read(io.BytesIO(clip.mp3))
    return samples, rate


def clip_of(waveform, **words):
    return play(
        waveform, RATE, caption="A tone.", description="Steady.", **words
    )


def test_the_sound_comes_back_from_the_mp3():
    samples, rate = decode(clip_of(tone(0.3)))
    assert rate == RATE
    spectrum = np.abs(np.fft.rfft(samples))
    peak_hz = spectrum.argmax() * RATE / len(samples)
    assert abs(peak_hz - 440) < 1.5


@pytest.mark.parametrize("level", [0.001, 0.1, 0.9])
def test_every_clip_is_equally_loud(level):
    samples, _ = decode(clip_of(tone(level)))
    middle = samples[RATE // 4 : -RATE // 4]
    loudness_db = 10 * np.log10(np.mean(middle**2))
    assert abs(loudness_db - LOUDNESS_DB) < 1.0  # MP3 changes level a little


def test_levels_are_kept_on_request():
    levels = [0.05, 0.4]
    clips = [clip_of(tone(a), match_loudness=False) for a in levels]
    quiet, loud = (np.abs(decode(clip)[0]).max() for clip in clips)
    assert loud / quiet == pytest.approx(8, rel=0.1)


def test_a_short_click_is_not_clipped():
    click = np.zeros(RATE)
    click[RATE // 2] = 0.5
    assert np.abs(decode(clip_of(click))[0]).max() <= 1.0


def test_the_same_samples_give_the_same_bytes():
    assert clip_of(tone(0.2)).mp3 == clip_of(tone(0.2)).mp3


def test_the_player_has_caption_description_and_the_sound():
    clip = play(tone(0.2), RATE, caption="<A & B>", description='"x"')
    html = clip._repr_html_()
    assert "<strong>&lt;A &amp; B&gt;</strong>" in html
    assert 'aria-label="&lt;A &amp; B&gt;. &quot;x&quot;"' in html
    data = re.search(r"base64,([^\"]+)", html).group(1)
    assert base64.b64decode(data) == clip.mp3
    assert "autoplay" not in html


def test_a_gallery_holds_its_clips_in_order():
    first, second = clip_of(tone(0.1)), clip_of(tone(0.1, 0.5))
    html = gallery(first, second)._repr_html_()
    assert html.index(first._repr_html_()) < html.index(second._repr_html_())


def test_tensors_and_one_channel_are_played():
    wave = torch.tensor(tone(0.2)[None], requires_grad=True)
    assert clip_of(wave).mp3 == clip_of(tone(0.2)).mp3


@pytest.mark.parametrize("shape", [(0,), (2, 100), (1, 2, 100)])
def test_what_is_not_one_channel_is_refused(shape):
    with pytest.raises(CourseError, match="a mono waveform"):
        clip_of(np.zeros(shape))


def test_nan_is_refused():
    with pytest.raises(CourseError, match="finite samples"):
        clip_of(np.array([0.0, np.nan]))


def test_a_strange_rate_is_refused():
    with pytest.raises(CourseError, match="sample rate in Hz among"):
        play(tone(0.1), 12_345, caption="x", description="y")


def test_a_kept_level_above_full_scale_is_refused():
    with pytest.raises(CourseError, match=r"peak of 1\.50"):
        clip_of(tone(1.5), match_loudness=False)


def test_silence_is_played_as_silence():
    assert np.abs(decode(clip_of(np.zeros(RATE)))[0]).max() < 1e-3
