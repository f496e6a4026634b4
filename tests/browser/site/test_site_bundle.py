"""The offline bundle: unpacked, opened from the disk, alone and complete."""

import os
import zipfile

import pytest

from course_utils.experiments import bundle

PAGES = (
    "index.html",
    "notebooks/10_sound_as_numbers.html",
    "experiments.html",
)
LOUD = ("error", "warning", "assert")
FORMULA = "document.querySelector('mjx-container mjx-math')"
FIRST_SOUND = "document.querySelector('audio')"


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    """Give the address of the site in the unpacked bundle."""
    folder = tmp_path_factory.mktemp("bundle")
    preset = os.environ.get("COURSE_PRESET", "cpu")
    bundle.write_bundle(site, folder / "course.zip", preset)
    with zipfile.ZipFile(folder / "course.zip") as archive:
        archive.extractall(folder)
    return (folder / bundle.FOLDER / "site").as_uri()


@pytest.fixture
def opened(browser, unpacked):
    """Give a function that opens a page; nothing may be asked elsewhere."""
    yield lambda path: browser.open(f"{unpacked}/{path}") or browser
    assert not browser.heard_of("Runtime.exceptionThrown")
    assert not browser.heard_of("Log.entryAdded")
    said = browser.heard_of("Runtime.consoleAPICalled")
    assert not [entry for entry in said if entry["type"] in LOUD]
    asked = browser.heard_of("Network.requestWillBeSent")
    addresses = [event["request"]["url"] for event in asked]
    assert all(a.startswith((unpacked, "data:", "blob:")) for a in addresses)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_from_the_disk(opened, path):
    browser = opened(path)
    browser.page.wait_for_load_state("networkidle")
    assert browser.run("document.querySelector('h1').textContent")


def test_formulas_are_drawn_and_sounds_load_from_the_disk(opened):
    browser = opened("notebooks/11_phase_and_stride_beating.html")
    browser.wait(f"{FORMULA} && {FORMULA}.getBoundingClientRect().width > 0")
    browser.run(f"{FIRST_SOUND}.load()")
    browser.run(f"{FIRST_SOUND}.preload = 'auto'")
    browser.wait(f"{FIRST_SOUND}.duration > 0.2")


def test_the_search_finds_chapters_from_the_disk(opened):
    browser = opened("search.html?q=beating")
    browser.wait("document.querySelectorAll('#search-results li a').length")
    found = browser.run(
        "[...document.querySelectorAll('#search-results li a')]"
        ".map((a) => a.getAttribute('href')).join(' ')"
    )
    assert "notebooks/11_phase_and_stride_beating.html" in found
