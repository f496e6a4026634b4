import errno
import os

import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.files import (
    atomic_file,
    atomic_folder,
    check_ending,
    check_writable,
)


def fill(_path):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic_file(path) as part:
        part.write_text("all")
        assert not path.exists()
        assert part.suffix == path.suffix
    assert path.read_text() == "all"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(CourseError, match="a full disk"),
        atomic_file(tmp_path / "file") as part,
    ):
        part.write_text("half")
        fill(part)
    assert not list(tmp_path.iterdir())


def test_a_folder_appears_whole(tmp_path):
    path = tmp_path / "cache" / "notes"
    with atomic_folder(path) as part:
        (part / "a.txt").write_text("a")
        assert not path.exists()
    assert [p.name for p in path.iterdir()] == ["a.txt"]
    assert [p.name for p in path.parent.iterdir()] == ["notes"]


def test_a_full_disk_leaves_no_half_folder(tmp_path):
    with (
        pytest.raises(CourseError, match="nothing half-written was left"),
        atomic_folder(tmp_path / "notes") as part,
    ):
        (part / "a.txt").write_text("a")
        fill(part)
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_no_half_folder(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        atomic_folder(tmp_path / "notes") as part,
    ):
        (part / "a.txt").write_text("a")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with (
        pytest.raises(CourseError, match="permission denied"),
        atomic_file(tmp_path / "x" / "file"),
    ):
        pass


def test_the_first_of_two_writers_of_a_folder_wins(tmp_path):
    path = tmp_path / "notes"
    with atomic_folder(path) as slow:
        with atomic_folder(path) as fast:
            (fast / "fast").write_text("")
        (slow / "slow").write_text("")
    assert [p.name for p in path.iterdir()] == ["fast"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path):
    old, young, other = (
        tmp_path / name
        for name in (".part-notes-old", ".part-notes-new", ".part-tones-old")
    )
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "half.wav").write_text("")
    for folder in (old, other):
        os.utime(folder, (0, 0))
    with atomic_folder(tmp_path / "notes"):
        pass
    assert not old.exists()
    assert young.exists()
    assert other.exists()


def test_a_device_is_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        pytest.raises(CourseError, match="which is a device"),
        atomic_file(pipe) as part,
    ):
        part.write_text("new")
    assert pipe.is_fifo()


def test_a_folder_is_never_replaced_by_a_file(tmp_path):
    with (
        pytest.raises(CourseError, match="which is a folder"),
        atomic_file(tmp_path),
    ):
        pass


@pytest.mark.parametrize("writer", [atomic_file, atomic_folder])
def test_a_file_in_place_of_a_parent_folder_is_named(tmp_path, writer):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CourseError, match="that can be written"),
        writer(tmp_path / "file" / "new"),
    ):
        pass


def test_a_writable_folder_is_made_and_left_empty(tmp_path):
    check_writable(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="that can be written"):
        check_writable(tmp_path / "file" / "new")


@pytest.mark.parametrize("name", ["tune.wav", "tune", "a.mid/tune.mp3"])
def test_a_name_of_another_kind_of_file_is_refused(name):
    with pytest.raises(CourseError, match=r"call it tune\.mid"):
        check_ending(name, ".mid", ".midi")


def test_names_of_the_right_kind_may_be_in_capitals():
    check_ending("TUNE.MIDI", ".mid", ".midi")
