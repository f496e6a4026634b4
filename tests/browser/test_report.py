"""A comparison's page in a real browser, opened from a local file."""

import numpy as np
import pytest

from course_utils.evaluation.report import compare_waveforms, write_report
from course_utils.evaluation.verdict import verdict
from course_utils.plots.report_pictures import (
    report_pictures,
    report_players,
)

RATE = 16_000  # Hz


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(0)
    time_s = np.arange(2 * RATE) / RATE
    real = 0.2 * np.sin(2 * np.pi * 330 * time_s)
    return [real], [real / 2 + 0.01 * rng.normal(size=len(real))]


@pytest.fixture
def page(browser, sides, tmp_path):
    result = compare_waveforms(*sides, RATE) | {"real": "<b>&.wav"}
    write_report(
        result,
        report_pictures(*sides, RATE),
        tmp_path / "report.html",
        report_players(*sides, RATE),
    )
    browser.open((tmp_path / "report.html").as_uri())
    yield browser, result
    assert not browser.heard_of("Log.entryAdded")
    asked = browser.heard_of("Network.requestWillBeSent")
    addresses = [event["request"]["url"] for event in asked]
    assert all(a.startswith(("file:", "data:")) for a in addresses)


def test_the_page_opens_without_a_network_and_shows_everything(page):
    browser, result = page
    shown = browser.run("document.body.innerText")
    assert all(sentence in shown for sentence in verdict(result))
    assert "<b>&.wav" in shown
    widths = browser.run(
        "[...document.images].map((i) => i.complete && i.naturalWidth)"
    )
    assert len(widths) == 12
    assert all(widths)


def test_its_players_play(page):
    browser, _ = page
    n = browser.run("document.querySelectorAll('audio').length")
    assert n == 2
    for i in range(n):
        audio = f"document.querySelectorAll('audio')[{i}]"
        browser.run(f"{audio}.load()")
        browser.wait(f"{audio}.readyState >= 1")
        assert browser.run(f"{audio}.duration") == pytest.approx(2, abs=0.2)
        browser.run(f"{audio}.play()")
        browser.wait(f"{audio}.currentTime > 0.1")
        browser.run(f"{audio}.pause()")
