"""The pins of the website cover what the package asks for."""

import re
import tomllib

import pytest

from course_utils.basics.paths import REPOSITORY

LINE = re.compile(r"^([\w.-]+)(?:==([\w.]+))?\s*(?:;.*)?$")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(file):
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    kept = (line.split("#")[0].strip() for line in text.split("\n"))
    return [line for line in kept if line]


def project():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


@pytest.mark.parametrize(
    "file", ["requirements.txt", "requirements-renderer.txt"]
)
def test_every_requirement_of_the_website_is_pinned(file):
    for line in lines(file):
        assert "==" in line, line
        assert LINE.match(line), line


def test_website_pins_all_that_the_package_needs():
    pinned = {
        normal(LINE.match(line)[1]) for line in lines("requirements.txt")
    }
    needed = {
        normal(re.match(r"[\w.-]+", line)[0])
        for line in project()["dependencies"]
    }
    assert needed <= pinned


def test_package_pins_nothing_and_never_holds_numpy_or_torch_down():
    for line in project()["dependencies"]:
        bounds = line.split(";")[0]
        assert not re.search(r"==|~=", bounds), line
        if re.match(r"(numpy|torch|scipy)\b", bounds):
            assert "<" not in bounds, line


def test_every_shipped_file_is_installed_with_the_package():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    tool = tomllib.loads(text)["tool"]["setuptools"]
    installed = {
        path
        for patterns in tool["data-files"].values()
        for pattern in patterns
        for path in REPOSITORY.glob(pattern)
        if path.is_file()
    }
    shipped = {
        path
        for folder in ("checkpoints", "experiments", "judges")
        for path in (REPOSITORY / "data" / folder).rglob("*")
        if path.is_file()
    }
    assert shipped <= installed


def test_package_and_citation_have_one_version():
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {project()['version']}\n" in citation


def test_jupyter_book_stays_below_2():
    (line,) = (
        text for text in lines("requirements.txt") if "jupyter-book==" in text
    )
    assert line.split("==")[1].startswith("1.")
