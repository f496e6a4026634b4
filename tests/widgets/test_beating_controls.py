import base64
import io
import warnings

import numpy as np
import pytest
import soundfile
from bs4 import BeautifulSoup
from PIL import Image

from course_utils.widgets.beating_controls import beating_controls
from course_utils.widgets.beating_copies import COPIES, LEVEL, Beating

MP3_ATOL = 0.02  # of full scale, what MP3 changes of a sample


def data(address):
    return io.BytesIO(base64.b64decode(address.partition(",")[2]))


def test_every_control_changes_what_is_said_seen_and_heard():
    frequency, stride, duration, copy, result = beating_controls().children
    seen = {result.value}
    frequency.value, stride.value, duration.value = 440.0, 400, 0.5
    assert Beating(440.0, 400, 0.5).sentence() in result.value
    stride.value = 128
    for copy.value in COPIES:
        about = Beating(440.0, 128, 0.5, copy.value)
        page = BeautifulSoup(result.value, "html.parser")
        assert page.find(role="status").text == about.sentence()
        assert page.find("img")["alt"].endswith(about.sentence())
        assert Image.open(data(page.find("img")["src"])).width == 640
        facts = {row.th.text: row.td.text for row in page.find_all("tr")}
        assert facts == about.facts()
        heard = page.find_all("audio")[1]
        assert not heard.has_attr("autoplay")
        made = soundfile.read(data(heard["src"]))[0]
        error = made[: len(about.made())] - LEVEL * about.made().numpy()
        assert np.sqrt(np.mean(error**2)) < MP3_ATOL
        seen.add(result.value)
    assert len(seen) == 1 + len(COPIES)


@pytest.mark.parametrize(("end", "copy"), [("min", "first"), ("max", "one")])
def test_the_ends_of_the_dials_work_without_a_warning(end, copy):
    *dials, kind, result = beating_controls().children
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for dial in dials:
            dial.value = getattr(dial, end)
        kind.value = copy
    f_hz, stride, duration_s = (dial.value for dial in dials)
    about = Beating(f_hz, round(stride), duration_s, copy)
    assert about.sentence() in result.value


def test_a_copy_that_is_silent_has_no_line():
    frequency, _, duration, copy, result = beating_controls().children
    frequency.value, duration.value, copy.value = 510.0, 0.1, "steady"
    assert Beating(510.0, 128, 0.1, "steady").sentence() in result.value
