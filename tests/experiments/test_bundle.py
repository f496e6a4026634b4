"""The offline bundle: complete, checkable, and the same every time."""

import hashlib
import os
import zipfile

import pytest

from course_utils.basics.checks import CourseError
from course_utils.experiments import bundle
from course_utils.experiments.freshness import Workplace

PRELOAD = '<link rel="preload" as="font" crossorigin href="a.woff2" />'


@pytest.fixture
def place(tmp_path):
    """Give a workplace with one notebook, executed at smoke."""
    place = Workplace(tmp_path / "notebooks", tmp_path / "executed")
    for path in (place.source("10_tone"), place.copy("10_tone", "smoke")):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    return place


@pytest.fixture
def site(tmp_path):
    """Give a small built site."""
    site = tmp_path / "html"
    (site / "_static").mkdir(parents=True)
    (site / "index.html").write_text(f"hello {PRELOAD} world")
    (site / bundle.OPTIONS).write_text("SHOW_SEARCH_SUMMARY: true,")
    (site / ".buildinfo").write_text("of this machine")
    return site


def test_it_holds_site_notebooks_results_licences_and_a_readme(
    site, place, tmp_path
):
    bundle.write_bundle(site, tmp_path / "a.zip", "smoke", place)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = {
            n.removeprefix(f"{bundle.FOLDER}/") for n in archive.namelist()
        }
        options = archive.read(f"{bundle.FOLDER}/site/{bundle.OPTIONS}")
        index = archive.read(f"{bundle.FOLDER}/site/index.html")
        readme = archive.read(f"{bundle.FOLDER}/README.txt").decode()
    assert names == {
        "README.txt",
        *bundle.LICENCES,
        "site/index.html",
        f"site/{bundle.OPTIONS}",
        "notebooks/10_tone.ipynb",
        "executed/10_tone.ipynb",
    }
    assert options == b"SHOW_SEARCH_SUMMARY: false,"
    assert index == b"hello world"
    assert "preset smoke" in readme


def test_the_same_site_gives_the_same_bytes(site, place, tmp_path):
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    digest = bundle.write_bundle(site, first, "smoke", place)
    os.utime(site / "index.html", (0, 10**9))
    assert bundle.write_bundle(site, second, "smoke", place) == digest
    assert first.read_bytes() == second.read_bytes()
    assert hashlib.sha256(first.read_bytes()).hexdigest() == digest
    noted = (tmp_path / "a.zip.sha256").read_text()
    assert noted == f"{digest}  a.zip\n"


def test_without_a_site_there_is_nothing_to_bundle(place, tmp_path):
    with pytest.raises(CourseError, match="a built site"):
        bundle.write_bundle(tmp_path / "no", tmp_path / "a.zip", "cpu", place)
