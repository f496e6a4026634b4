"""The built site: the table of runs, cards of shared links, the glossary."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from course_utils.basics.paths import REPOSITORY
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.manifest import read_manifest

GENERATED = {"index.html", "genindex.html", "search.html"}
MIN_ABOUT_CHARS = 40


@pytest.fixture(scope="module")
def home():
    """Give the address under which the site is published."""
    text = (REPOSITORY / "_config.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["sphinx"]["config"]["ogp_site_url"]


def test_every_executed_chapter_is_a_fresh_row_of_the_experiments(
    pages, chapters, preset
):
    rows = pages["experiments.html"].select(".course-runs tbody tr")
    found = {
        (row.th.get_text(), row.td.get_text()): row.get_text(" ")
        for row in rows
    }
    for name in chapters:
        manifest = read_manifest(Workplace().manifest(name, preset))
        text = found[name, preset]
        assert "fresh" in text, name
        assert f"{manifest.seconds:,.0f}" in text, name
        for metric in manifest.metrics:
            assert f"{metric} = " in text, name
    assert ("gansynth-cpu", "cpu") in found


def test_every_page_says_in_a_shared_link_what_it_is(site, pages, home):
    for address, page in pages.items():
        if address in GENERATED:
            continue
        found = {
            m.get("property"): m["content"]
            for m in page.find_all("meta", property=True)
        }
        assert found["og:title"] == page.h1.find(string=True), address
        assert found["og:url"] == home + address
        assert found["og:image:alt"], address
        about = found["og:description"]
        assert len(about) >= MIN_ABOUT_CHARS, address
        assert not about.startswith(("Open in Colab", "Time and memory"))
        (note,) = page.find_all("meta", attrs={"name": "description"})
        assert note["content"] == about
        card = found["og:image"].removeprefix(home)
        assert (site / urlsplit(card).path).is_file(), card


def test_every_word_of_the_glossary_links_to_its_chapter(pages):
    for word in pages["glossary.html"].select("dl.glossary > dt"):
        links = word.find_next_sibling("dd").select("a[href^='notebooks/']")
        assert links, word.get_text()


def test_teachers_notes_speak_of_every_chapter(pages, chapters):
    for page in ("syllabus.html", "teaching.html"):
        assert page in pages
    titles = [h.get_text()[:2] for h in pages["teaching.html"].find_all("h3")]
    assert sorted(titles) == sorted(name[:2] for name in chapters)
    links = {
        Path(a["href"]).stem
        for a in pages["syllabus.html"].select("a[href^='notebooks/']")
    }
    assert set(chapters) <= links


def test_no_page_asks_for_a_file_ahead_of_need(pages):
    # A browser complains of a font that was fetched and not drawn.
    for address, page in pages.items():
        assert not page.select('link[rel="preload"]'), address
