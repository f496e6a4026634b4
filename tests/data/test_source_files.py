import functools
import hashlib
import io
import json
import re
import shutil
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data import source_files
from course_utils.data.source_files import PARTS, Part, fetch_part
from course_utils.data.sources import SOURCES, data_root, find
from course_utils.data.transfer import Patience

HASTY = Patience(timeout_s=60, n_tries=1, wait_s=0)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder that COURSE_DATA_MIRROR serves; data and cache are empty."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    )
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    monkeypatch.setenv("COURSE_DATA_MIRROR", url)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    for name in list(PARTS):
        parts = {
            key: replace(part, file=replace(part.file, urls=()))
            for key, part in PARTS[name].items()
        }
        monkeypatch.setattr(
            source_files, "PARTS", source_files.PARTS | {name: parts}
        )
    yield folder
    server.shutdown()
    server.server_close()


def publish(monkeypatch, name, part, data):
    """Let a part of the table be these bytes."""
    wanted = source_files.PARTS[name][part]
    file = replace(
        wanted.file,
        n_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    changed = {part: replace(wanted, file=file, unpacked_bytes=10_000_000)}
    parts = source_files.PARTS[name] | changed
    monkeypatch.setattr(
        source_files, "PARTS", source_files.PARTS | {name: parts}
    )


def packed_notes(folder):
    """Return an NSynth folder as the tar.gz that NSynth publishes."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        archive.add(folder, "nsynth-test")
    return data.getvalue()


def test_every_part_says_enough_to_be_fetched_and_checked():
    assert set(PARTS) == {n for n, s in SOURCES.items() if not s.embedded}
    for parts in PARTS.values():
        for part in parts.values():
            assert isinstance(part, Part)
            assert part.file.urls
            for url in part.file.urls:
                assert re.match(r"https?://[\w.-]+/\S+[^/]$", url)
            assert part.file.most_bytes > 0
            assert part.unpacked_bytes >= part.file.most_bytes / 2
            if part.file.sha256:
                assert re.fullmatch("[0-9a-f]{64}", part.file.sha256)
                assert part.file.n_bytes


def test_the_default_of_nsynth_is_small():
    sizes = {n: p.file.most_bytes for n, p in PARTS["nsynth"].items()}
    first = next(iter(PARTS["nsynth"]))
    assert first == "test"
    assert sizes["test"] < sizes["valid"] < sizes["train"]


def test_nsynth_is_fetched_unpacked_and_found(served, nsynth_folder):
    data = packed_notes(nsynth_folder)
    (served / "nsynth-test.jsonwav.tar.gz").write_bytes(data)
    heard = []
    folder = fetch_part("nsynth", patience=HASTY, say=heard.append)
    assert folder == data_root() / "nsynth-test" == find("nsynth")
    assert (folder / "examples.json").is_file()
    assert len(list((folder / "audio").iterdir())) == 30
    assert "CC BY 4.0" in heard[0]
    assert "about 350,000,000 bytes" in heard[1]
    assert "no sha256 is published" in heard[2]
    assert not list((data_root() / ".downloads").glob("*.gz"))


def test_a_set_that_is_there_is_not_fetched_again(served, nsynth_folder):
    data = packed_notes(nsynth_folder)
    (served / "nsynth-test.jsonwav.tar.gz").write_bytes(data)
    first = fetch_part("nsynth", patience=HASTY)
    shutil.rmtree(served)
    heard = []
    assert fetch_part("nsynth", patience=HASTY, say=heard.append) == first
    assert heard == []


def test_without_the_variable_it_goes_into_the_cache(
    served, monkeypatch, tmp_path
):
    monkeypatch.delenv("COURSE_DATA_DIR")
    data = json.dumps({"train": [], "valid": [], "test": []}).encode()
    publish(monkeypatch, "jsb", "16th", data)
    (served / "Jsb16thSeparated.json").write_bytes(data)
    folder = fetch_part("jsb", patience=HASTY)
    assert folder == tmp_path / "cache" / "data" / "jsb" == find("jsb")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert find("jsb") == folder


def test_a_file_that_is_not_the_published_one_is_refused(served, tmp_path):
    (served / "Jsb16thSeparated.json").write_bytes(b"x" * 1_666_444)
    with pytest.raises(CourseError, match="another file, sha256"):
        fetch_part("jsb", patience=HASTY)
    assert not (data_root() / "jsb").exists()


def test_a_hostile_archive_leaves_no_folder(served, monkeypatch):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("maestro-v3.0.0/a.csv", "x")
        archive.writestr("maestro-v3.0.0/../../b", "x")
    publish(monkeypatch, "maestro", "midi", data.getvalue())
    (served / "maestro-v3.0.0-midi.zip").write_bytes(data.getvalue())
    with pytest.raises(CourseError, match="leads out"):
        fetch_part("maestro", patience=HASTY)
    assert not (data_root() / "maestro-v3.0.0").exists()


def test_maestro_and_pop909_are_found_where_they_were_unpacked(
    served, monkeypatch
):
    inside = {
        "maestro": ("maestro-v3.0.0/maestro-v3.0.0.csv", "midi"),
        "pop909": ("POP909-Dataset-master/POP909/001/001.mid", "all"),
    }
    for name, (member, part) in inside.items():
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(member, "x")
        publish(monkeypatch, name, part, data.getvalue())
        file = source_files.PARTS[name][part].file
        (served / file.name).write_bytes(data.getvalue())
        assert find_absent(name)
        fetch_part(name, patience=HASTY)
        assert find(name).is_relative_to(data_root())


def find_absent(name):
    with pytest.raises(CourseError, match=f"course data {name}"):
        find(name)
    return True


def test_a_small_disk_is_said_before_anything_is_fetched(served, monkeypatch):
    usage = shutil._ntuple_diskusage(10, 9, 800_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CourseError, match=r"879\.0 MB of free disk"):
        fetch_part("nsynth", "test", patience=HASTY)


def test_unknown_sets_and_parts_list_the_known_ones(served):
    with pytest.raises(CourseError, match="set to be one of nsynth"):
        fetch_part("notes")
    with pytest.raises(CourseError, match="part of nsynth to be one of test"):
        fetch_part("nsynth", "trian")


def test_the_table_stays_as_it_is():
    assert isinstance(PARTS, MappingProxyType)
    with pytest.raises(TypeError):
        PARTS["nsynth"]["test"] = None
