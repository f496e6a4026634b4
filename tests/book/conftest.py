"""The built site that `make test` hands over, and its pages."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_utils.basics.paths import REPOSITORY

EXTENSION = REPOSITORY / "book" / "_ext"
sys.path.insert(0, str(EXTENSION))


@pytest.fixture(scope="session")
def site():
    """Give the folder of the built site; it is there when it is named."""
    named = os.environ.get("COURSE_SITE")
    if named is None:
        pytest.skip("COURSE_SITE names no built site; `make site` does")
    folder = Path(named)
    assert (folder / "index.html").is_file(), f"no site in {folder}"
    return folder


@pytest.fixture(scope="session")
def preset():
    """Give the preset that the site was built from."""
    return os.environ.get("COURSE_PRESET", "cpu")


@cache
def parse(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def pages(site):
    """Give address -> parsed page, for the pages a reader can open."""
    paths = [
        path
        for path in sorted(site.rglob("*.html"))
        if path.relative_to(site).parts[0] not in {"_static", "_sources"}
    ]
    return {path.relative_to(site).as_posix(): parse(path) for path in paths}


@pytest.fixture(scope="session")
def chapters(pages):
    """Give notebook name -> parsed page."""
    return {
        Path(address).stem: page
        for address, page in pages.items()
        if address.startswith("notebooks/")
    }
