import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.downloads import RemoteFile, check_space, fetch
from course_utils.data.transfer import Patience

DATA = np.random.default_rng(1).bytes(300_000)
OTHER = np.random.default_rng(2).bytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
HASTY = Patience(timeout_s=60, n_tries=3, wait_s=0.0)
# Only for servers that fall silent; every other answer may take its time.
IMPATIENT = Patience(timeout_s=0.5, n_tries=20, wait_s=0.0)


class Server(ThreadingHTTPServer):
    """Answers as each path says, and keeps every request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths = {}
        self.seen = []
        self.let_go = threading.Event()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    def requests(self, name):
        return [headers for path, headers in self.seen if path == f"/{name}"]

    def handle_error(self, request, client_address):
        pass  # a client that hung up is part of the tests


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.paths[self.path[1:]](self)

    def log_message(self, *arguments):
        pass


def part_of(handler, data, etag, ranges):
    """Return where to begin, after the headers of the answer are sent."""
    wanted = handler.headers.get("Range", "")
    same = handler.headers.get("If-Range", etag) == etag
    start = int(wanted[6:-1]) if wanted and ranges and same else 0
    if start >= len(data) > 0:
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{len(data)}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return start
    handler.send_response(206 if start else 200)
    if start:
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.send_header("Content-Range", span)
    handler.send_header("Content-Length", str(len(data) - start))
    if etag:
        handler.send_header("ETag", etag)
    handler.end_headers()
    return start


def good(handler, data=DATA, etag='"v1"', ranges=True):
    start = part_of(handler, data, etag, ranges)
    handler.wfile.write(data[start:])


def cut(handler, data=DATA, etag='"v1"', ranges=True, step=70_000):
    start = part_of(handler, data, etag, ranges)
    handler.wfile.write(data[start : start + step])
    handler.close_connection = True


def stall(handler, data=DATA, step=70_000):
    start = part_of(handler, data, '"v1"', True)
    handler.wfile.write(data[start : start + step])
    handler.server.let_go.wait(600)


def status(handler, code):
    handler.send_response(code)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def redirect(handler, to):
    handler.send_response(302)
    handler.send_header("Location", to)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def in_turn(*answers):
    """Answer once with each, then always with the last."""
    left = list(answers)
    return lambda h: (left.pop(0) if len(left) > 1 else left[0])(h)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def remote(server):
    def remote(*answers, **known):
        urls = []
        for i, answer in enumerate(answers):
            server.paths[str(i)] = answer
            urls.append(server.url(str(i)))
        known = {"n_bytes": len(DATA), "sha256": SHA256} | known
        return RemoteFile("a.bin", tuple(urls), **known)

    return remote


def get(file, folder, patience=HASTY, **options):
    return fetch(file, folder, patience=patience, **options)


def names(folder):
    """Return what lies there, but for the empty lock."""
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".lock")


def test_a_file_arrives_whole_and_alone(remote, tmp_path):
    path = get(remote(good), tmp_path / "new")
    assert path.read_bytes() == DATA
    assert names(path.parent) == ["a.bin"]


def test_a_file_that_is_here_is_not_asked_for(remote, server, tmp_path):
    file = remote(good)
    get(file, tmp_path)
    get(file, tmp_path)
    assert len(server.seen) == 1


def test_a_wrong_file_that_is_here_is_named_and_kept(remote, tmp_path):
    (tmp_path / "a.bin").write_bytes(OTHER)
    with pytest.raises(CourseError, match="as it was published"):
        get(remote(good), tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == OTHER


def test_a_connection_that_is_cut_is_continued(remote, server, tmp_path):
    assert get(remote(cut), tmp_path).read_bytes() == DATA
    starts = [h.get("Range") for h in server.requests("0")]
    assert starts[0] is None
    assert starts[1] == "bytes=70000-"
    assert len(starts) == 5
    assert server.requests("0")[1]["If-Range"] == '"v1"'


def test_a_next_call_goes_on_where_the_last_ended(remote, server, tmp_path):
    dead = functools.partial(status, code=503)
    file = remote(in_turn(cut, dead, dead, dead, good))
    with pytest.raises(CourseError, match=r"status 503.*goes on"):
        get(file, tmp_path)
    assert names(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    assert get(file, tmp_path).read_bytes() == DATA
    assert server.requests("0")[-1]["Range"] == "bytes=70000-"
    assert names(tmp_path) == ["a.bin"]


def test_a_server_without_ranges_starts_again(remote, server, tmp_path):
    deaf = functools.partial(good, ranges=False)
    cut_off = functools.partial(cut, ranges=False)
    path = get(remote(in_turn(cut_off, deaf)), tmp_path)
    assert path.read_bytes() == DATA
    assert server.requests("0")[1]["Range"] == "bytes=70000-"


def test_a_server_without_ranges_that_always_cuts_is_given_up(
    remote, server, tmp_path
):
    file = remote(functools.partial(cut, ranges=False))
    with pytest.raises(CourseError, match=r"cut off|protocol error"):
        get(file, tmp_path)
    assert len(server.seen) == 1 + HASTY.n_tries


def test_a_file_that_changed_meanwhile_starts_again(remote, tmp_path):
    old = functools.partial(cut, data=OTHER, etag='"v1"')
    new = functools.partial(good, etag='"v2"')
    assert get(remote(in_turn(old, new)), tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("etag", ["", 'W/"v1"'])
def test_a_version_that_proves_nothing_is_not_continued(
    remote, server, tmp_path, etag
):
    first = functools.partial(cut, etag=etag)
    assert get(remote(in_turn(first, good)), tmp_path).read_bytes() == DATA
    assert "Range" not in server.requests("0")[1]


def test_a_stalled_connection_is_given_up_and_continued(
    remote, server, tmp_path
):
    path = get(remote(in_turn(stall, good)), tmp_path, IMPATIENT)
    assert path.read_bytes() == DATA
    assert any("Range" in headers for headers in server.requests("0"))


def test_a_server_that_never_answers_makes_room_for_a_mirror(
    remote, server, tmp_path
):
    def silent(handler):
        handler.server.let_go.wait(600)

    few = replace(IMPATIENT, n_tries=3)
    assert get(remote(silent, good), tmp_path, few).read_bytes() == DATA
    assert len(server.requests("0")) == 3


def test_redirects_are_followed(remote, server, tmp_path):
    server.paths["there"] = good
    server.paths["on"] = functools.partial(redirect, to="/there")
    file = remote(functools.partial(redirect, to="/on"))
    assert get(file, tmp_path).read_bytes() == DATA


def test_redirects_in_a_circle_end(remote, server, tmp_path):
    file = remote(functools.partial(redirect, to="/0"))
    with pytest.raises(CourseError, match="too many redirects"):
        get(file, tmp_path)


def test_a_corrupt_file_never_gets_its_name(remote, tmp_path):
    bad = functools.partial(good, data=OTHER)
    with pytest.raises(CourseError, match="another file, sha256"):
        get(remote(bad), tmp_path)
    assert names(tmp_path) == []


def test_after_a_corrupt_file_comes_the_next_mirror(remote, tmp_path):
    bad = functools.partial(good, data=OTHER)
    heard = []
    path = get(remote(bad, good), tmp_path, say=heard.append)
    assert path.read_bytes() == DATA
    assert "another file" in heard[0]


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_missing_file_is_not_asked_for_twice(remote, server, tmp_path, code):
    file = remote(functools.partial(status, code=code), good)
    assert get(file, tmp_path).read_bytes() == DATA
    assert len(server.requests("0")) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(remote, server, tmp_path, code):
    busy = functools.partial(status, code=code)
    assert get(remote(in_turn(busy, busy, good)), tmp_path).is_file()
    assert len(server.requests("0")) == 3


def test_a_file_of_another_size_is_not_even_fetched(remote, tmp_path):
    file = remote(functools.partial(good, data=DATA * 2))
    with pytest.raises(CourseError, match="600000 bytes instead of 300000"):
        get(file, tmp_path)


def test_a_file_without_end_is_given_up(remote, tmp_path):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.let_go.is_set():
            handler.wfile.write(b"x" * 100_000)

    with pytest.raises(CourseError, match="more than 300000 bytes"):
        get(remote(endless), tmp_path)


def test_a_range_that_was_not_asked_for_is_refused(remote, tmp_path):
    def wrong(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 5-9/300000")
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(b"xxxxx")

    with pytest.raises(CourseError, match="not asked for"):
        get(remote(wrong), tmp_path)


def test_a_part_that_is_already_whole_only_gets_its_name(
    remote, server, tmp_path
):
    file = remote(good)
    about = {"url": file.urls[0], "version": '"v1"'}
    (tmp_path / "a.bin.part.json").write_text(json.dumps(about))
    (tmp_path / "a.bin.part").write_bytes(DATA)
    assert get(file, tmp_path).read_bytes() == DATA
    assert len(server.seen) == 1


def test_a_part_longer_than_the_file_starts_again(remote, tmp_path):
    file = remote(good)
    about = {"url": file.urls[0], "version": '"v1"'}
    (tmp_path / "a.bin.part.json").write_text(json.dumps(about))
    (tmp_path / "a.bin.part").write_bytes(DATA + b"more")
    assert get(file, tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"url": 1}', "\x00"])
def test_a_broken_note_about_a_part_starts_again(remote, tmp_path, about):
    (tmp_path / "a.bin.part.json").write_text(about)
    (tmp_path / "a.bin.part").write_bytes(OTHER[:9])
    assert get(remote(good), tmp_path).read_bytes() == DATA


def test_a_file_without_a_published_sha256_is_remembered(remote, tmp_path):
    unknown = {"sha256": None, "n_bytes": None, "about_bytes": 200_000}
    heard = []
    path = get(remote(good, **unknown), tmp_path, say=heard.append)
    assert "no sha256 is published" in heard[0]
    assert SHA256 in heard[0]
    note = tmp_path / "a.bin.sha256"
    assert note.read_text() == f"{SHA256}  a.bin\n"
    path.unlink()
    bad = functools.partial(good, data=OTHER)
    with pytest.raises(CourseError, match=r"to take it, delete .*sha256"):
        get(remote(bad, **unknown), tmp_path)
    heard.clear()
    get(remote(good, **unknown), tmp_path, say=heard.append)
    assert heard == []


def test_ctrl_c_leaves_a_part_that_is_continued(
    remote, server, tmp_path, monkeypatch
):
    from course_utils.data import transfer

    written = []

    def interrupt(out, block, part, write=transfer._write):
        write(out, block, part)
        written.append(len(block))
        raise KeyboardInterrupt

    file = remote(good)
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            get(file, tmp_path)
    assert names(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    assert get(file, tmp_path).read_bytes() == DATA
    assert server.requests("0")[1]["Range"] == f"bytes={sum(written)}-"


KILLED = """
import sys
from course_utils.data.downloads import RemoteFile, fetch
from course_utils.data.transfer import Patience
fetch(RemoteFile("a.bin", (sys.argv[1],), 300_000), sys.argv[2],
      patience=Patience(300, 3, 0))
"""


def test_a_killed_process_leaves_a_part_and_no_lock(remote, server, tmp_path):
    file = remote(in_turn(stall, good))
    words = [sys.executable, "-c", KILLED, file.urls[0], str(tmp_path)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    part = tmp_path / "a.bin.part"
    until = time.monotonic() + 300
    while not (part.is_file() and part.stat().st_size >= 60_000):
        assert time.monotonic() < until
        time.sleep(0.02)
    with pytest.raises(CourseError, match="one that does"):
        get(file, tmp_path)
    process.kill()
    process.wait()
    assert get(file, tmp_path).read_bytes() == DATA
    assert server.requests("0")[-1]["Range"].startswith("bytes=")


def test_a_full_disk_is_said_before_and_in_the_middle(
    remote, tmp_path, monkeypatch
):
    usage = shutil._ntuple_diskusage(10, 9, 1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(CourseError, match="of free disk for notes"):
            check_space(tmp_path / "not" / "there", 2, "notes")
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    from course_utils.data.transfer import _write

    with (
        open("/dev/full", "wb") as full,
        pytest.raises(CourseError, match="a full disk"),
    ):
        _write(full, b"x" * 100_000, tmp_path)
        full.detach().close()


def test_no_address_at_all_is_an_error(remote, tmp_path):
    with pytest.raises(CourseError, match="0 addresses"):
        get(remote(), tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "file:///etc/passwd", "no address", "http://"]
)
def test_only_web_addresses_are_asked(url, tmp_path):
    with pytest.raises(CourseError, match="invalid"):
        get(RemoteFile("a.bin", (url,), 10), tmp_path)


def test_a_port_that_nobody_listens_at_is_named(tmp_path):
    file = RemoteFile("a.bin", ("http://127.0.0.1:9/x",), 10)
    with pytest.raises(CourseError, match=r":9: connection error"):
        get(file, tmp_path)
