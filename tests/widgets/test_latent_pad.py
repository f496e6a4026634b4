import base64
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from bs4 import BeautifulSoup

from course_utils.basics.checks import CourseError
from course_utils.widgets.latent_pad import MAX_NOTES, latent_pad

RATE = 16_000  # Hz
N = 8_000
PEAK = 0.4
MP3_ATOL = 0.03  # of full scale, what MP3 changes of a peak
PITCHES = (60, 64, 67)


def notes(pitches, timbres, z):
    """Play sines: pitch as frequency, timbre as octave, noise as detuning."""
    time_s = torch.arange(N) / RATE
    octave = torch.tensor([["low", "high"].index(name) for name in timbres])
    f0_hz = 440 * 2 ** ((torch.tensor(pitches) - 69) / 12 + octave)
    f0_hz = f0_hz + 20 * z[:, 0]
    return PEAK * torch.sin(2 * np.pi * f0_hz[:, None] * time_s)


PLAYER = SimpleNamespace(
    timbres=("low", "high"), sample_rate=RATE, notes=notes
)


def make(n_noises=2, pitches=PITCHES):
    z = torch.arange(n_noises)[:, None].float()
    words = {"caption": "A pad.", "description": "Twelve notes."}
    return latent_pad(PLAYER, z, pitches=pitches, **words)


def f0_hz(wave):
    return np.abs(np.fft.rfft(wave)).argmax() * RATE / len(wave)


def test_each_link_holds_the_note_that_it_names_at_its_own_level():
    page = BeautifulSoup(make()._repr_html_(), "html.parser")
    found = {}
    for link in page.find_all("a"):
        data = base64.b64decode(link["href"].partition("base64,")[2])
        wave, rate = soundfile.read(io.BytesIO(data))
        assert rate == RATE
        assert np.abs(wave).max() == pytest.approx(PEAK, abs=MP3_ATOL)
        found[link["aria-label"]] = f0_hz(wave[:N])
    assert len(found) == 12
    a = 440 * 2 ** (-9 / 12)  # C4
    assert found["C4, low, noise 1"] == pytest.approx(a, abs=3)
    assert found["C4, low, noise 2"] == pytest.approx(a + 20, abs=3)
    assert found["C4, high, noise 1"] == pytest.approx(2 * a, abs=3)
    assert found["G4, low, noise 1"] == pytest.approx(a * 2 ** (7 / 12), abs=3)


def test_the_tables_have_heads_and_a_caption():
    page = BeautifulSoup(make()._repr_html_(), "html.parser")
    tables = page.find("latent-pad").find_all("table")
    assert [t.caption.text for t in tables] == ["Noise 1", "Noise 2"]
    columns = [th.text for th in tables[0].thead.find_all("th")]
    assert columns == ["timbre", "C4", "E4", "G4"]
    rows = [th.text for th in tables[1].tbody.find_all("th")]
    assert rows == ["low", "high"]
    assert len(re.findall("<script", str(page))) == 1


def test_no_more_notes_than_a_page_can_hold():
    with pytest.raises(CourseError, match="number of notes"):
        make(MAX_NOTES)
    with pytest.raises(CourseError, match="number of notes"):
        make(pitches=())
