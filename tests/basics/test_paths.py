import sys
from pathlib import Path

import pytest

from course_utils.basics import paths


class InstalledFile:
    """A file of a package, as importlib.metadata describes it."""

    def __init__(self, place):
        self.place = place

    def locate(self):
        return self.place


@pytest.fixture
def not_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REPOSITORY", tmp_path)


def test_a_checkout_ships_its_data_folder():
    assert paths.shipped_data_dir() == paths.REPOSITORY / "data"
    assert (paths.shipped_data_dir() / "README.md").is_file()


def test_an_installed_package_finds_its_shipped_files(
    not_a_checkout, monkeypatch, tmp_path
):
    site = tmp_path / "lib" / "site-packages"
    files = [
        InstalledFile(site / "course_utils" / "cli.py"),
        InstalledFile(site / "../../share/course-utils/checkpoints/a/b"),
    ]
    monkeypatch.setattr(paths.metadata, "files", lambda name: files)
    found = paths.shipped_data_dir()
    assert found == (tmp_path / "share" / "course-utils").resolve()


def test_without_a_list_of_files_the_usual_place_is_named(
    not_a_checkout, monkeypatch
):
    monkeypatch.setattr(paths.metadata, "files", lambda name: None)
    usual = Path(sys.prefix) / "share" / "course-utils"
    assert paths.shipped_data_dir() == usual
