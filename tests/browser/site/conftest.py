"""The built site that `make test` hands over, served on this machine."""

import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

LOUD = ("error", "warning", "assert")  # the theme says more, as a mere log

BAD = {"error", "warning", "assert"}  # the theme tells of itself in others


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

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
