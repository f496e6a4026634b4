"""What each chapter needs and teaches: order, links, the drawing."""

import re

from bs4 import BeautifulSoup

from course_utils.basics.paths import REPOSITORY

import course_book  # isort: skip  (found through tests/book/conftest.py)
import course_concepts  # isort: skip

BOOK = REPOSITORY / "book"


def test_every_chapter_comes_after_what_it_needs():
    before = course_concepts.needs(BOOK)
    in_contents = course_book.notebooks_in_toc(BOOK / "_toc.yml")
    numbers = [name.split("_")[0] for name in in_contents]
    assert list(before) == numbers
    for number, needed in before.items():
        places = [numbers.index(need) for need in needed]
        assert all(place < numbers.index(number) for place in places), number


def test_every_word_of_the_glossary_leads_to_a_chapter():
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^(?![ `#]|$)(.+)$", text, re.MULTILINE)
    assert list(course_concepts.terms(BOOK)) == words
    assert words == sorted(
        words, key=lambda word: word.lower().replace("é", "e")
    )
    links = re.findall(r"chapter \[(\d\d)\]\(notebooks/(.+?)\.ipynb\)", text)
    assert len(links) == len(words)
    for number, name in links:
        assert course_concepts.chapters()[number] == name


def test_the_table_counts_the_exercises_of_each_chapter():
    rows = course_concepts.table(BOOK).split("\n")[2:]
    assert len(rows) == len(course_concepts.chapters())
    assert all(int(row.split("|")[-2]) >= 3 for row in rows)


def test_the_drawing_has_every_chapter_and_every_need():
    before = course_concepts.needs(BOOK)
    page = BeautifulSoup(course_concepts.drawing(BOOK), "html.parser")
    links = [link["href"] for link in page.find_all("a")]
    names = course_concepts.chapters()
    assert links == [f"notebooks/{names[n]}.html" for n in before]
    assert len(page.find_all("path")) == sum(map(len, before.values()))
