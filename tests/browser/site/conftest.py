"""The built site that `make test` hands over, served on this machine."""

import io
import os
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PART = re.compile(r"bytes=(\d+)-(\d*)")
LOUD = ("error", "warning", "assert")  # the theme says more, as a mere log


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing.

    As every real host it can give a part of a file. Where a server cannot,
    a browser does not let its reader go to a moment of a sound.
    """

    def send_head(self):
        asked = PART.fullmatch(self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if not asked or not path.is_file():
            return super().send_head()
        data = path.read_bytes()
        first, end = int(asked[1]), int(asked[2] or len(data) - 1) + 1
        part = data[first:end]
        span = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Range", span)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        return io.BytesIO(part)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site():
    """Give the folder of the built site; it is there when it is named."""
    named = os.environ.get("COURSE_SITE")
    if named is None:
        pytest.skip("COURSE_SITE names no built site; `make site` does")
    return Path(named)


@pytest.fixture(scope="session")
def address(site):
    """Give the address under which the site is served."""
    handler = partial(Quiet, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser, address):
    """Give a function that opens a page; its log must stay clean."""
    yield lambda path: browser.open(f"{address}/{path}") or browser
    assert not browser.heard_of("Runtime.exceptionThrown")
    said = browser.heard_of("Runtime.consoleAPICalled")
    assert not [entry for entry in said if entry["type"] in LOUD]
    assert not browser.heard_of("Log.entryAdded")
    asked = browser.heard_of("Network.requestWillBeSent")
    addresses = [event["request"]["url"] for event in asked]
    here = (address, "data:", "blob:", "about:")
    assert all(a.startswith(here) for a in addresses), addresses
