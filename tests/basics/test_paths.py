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


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")


def test_colab_is_recognised_by_its_variable(monkeypatch):
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    assert not paths.on_colab()
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    assert paths.on_colab()


def test_runs_go_to_the_drive_that_is_mounted_on_colab(
    colab, monkeypatch, tmp_path
):
    monkeypatch.setenv("COURSE_DRIVE_DIR", str(tmp_path))
    assert paths.runs_dir() == tmp_path / "course_runs"
    assert not paths.runs_dir().exists()


def test_without_a_drive_runs_stay_in_colabs_working_folder(
    colab, monkeypatch, tmp_path
):
    monkeypatch.setenv("COURSE_DRIVE_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(paths, "REPOSITORY", tmp_path)  # only installed
    assert paths.drive_dir() is None
    assert paths.runs_dir() == Path("runs")


def test_elsewhere_a_folder_of_that_name_is_no_drive(monkeypatch, tmp_path):
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setenv("COURSE_DRIVE_DIR", str(tmp_path))
    assert paths.drive_dir() is None


@pytest.mark.parametrize(
    ("folder", "expected"), [("notebooks", "../runs"), (".", "runs")]
)
def test_runs_of_a_checkout_stay_in_it(monkeypatch, folder, expected):
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.chdir(paths.REPOSITORY / folder)
    assert paths.runs_dir() == Path(expected)


def test_colabs_own_place_for_a_drive_is_the_default(colab, monkeypatch):
    monkeypatch.delenv("COURSE_DRIVE_DIR", raising=False)
    monkeypatch.setattr(paths, "COLAB_DRIVE", "/")
    assert paths.drive_dir() == Path("/")
