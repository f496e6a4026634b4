import errno

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.data import chorale_cache
from course_utils.data.chorale_cache import convert, load, save

WORKS = [
    {
        "name": "a",
        "notes": [[0, 60, 0, 480], [3, 48, 0, 960]],
        "meters": [[0, 3, 4]],
        "keys": [[0, -1, 1]],
        "fermatas": [0, 480],
        "qpm": None,
    },
    {"name": "bad", "error": "ValueError: no voice"},
    {
        "name": "b",
        "notes": [[1, 62, 0, 480]],
        "meters": [[0, 4, 4], [960, 3, 4]],
        "keys": [[0, 2, 0]],
        "fermatas": [],
        "qpm": 96.0,
    },
]


def test_what_is_saved_is_loaded(tmp_path):
    save(WORKS, tmp_path / "w.npz")
    arrays = load(tmp_path / "w.npz")
    assert arrays["names"].tolist() == ["a", "b"]
    assert arrays["qpm"].tolist() == [0.0, 96.0]
    assert arrays["skipped"].tolist() == [["bad", "ValueError: no voice"]]
    assert arrays["notes"].tolist() == [
        [0, 0, 60, 0, 480],
        [0, 3, 48, 0, 960],
        [1, 1, 62, 0, 480],
    ]
    assert arrays["meters"].tolist() == [
        [0, 0, 3, 4],
        [1, 0, 4, 4],
        [1, 960, 3, 4],
    ]
    assert arrays["keys"].tolist() == [[0, 0, -1, 1], [1, 0, 2, 0]]
    assert arrays["fermatas"].tolist() == [[0, 0], [0, 480]]


def test_nothing_in_the_file_is_pickled(tmp_path):
    save(WORKS, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_a_full_disk_leaves_no_file(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(chorale_cache.np, "savez_compressed", full)
    with pytest.raises(CourseError, match="full disk"):
        save(WORKS, tmp_path / "w.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_cache_is_named(tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(CourseError, match=r"damaged.*delete it"):
        load(tmp_path / "w.npz")


def test_works_come_back_in_order_from_several_workers():
    names = ["bwv269", "no_such_work", "bwv255"]
    works = convert(names, n_workers=2)
    assert [work["name"] for work in works] == names
    assert ["error" in work for work in works] == [False, True, False]
    assert works == convert(names, n_workers=1)


def test_a_worker_that_dies_is_told(monkeypatch):
    monkeypatch.setattr(chorale_cache, "WORKER", "no.such.module")
    with pytest.raises(CourseError, match="a reading process died at bwv269"):
        convert(["bwv269"])
