"""A browser without a window: Debian's Chromium, driven by Playwright.

Where there is no Chromium, the tests of this folder are skipped.
"""

import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
SIZE = {"width": 900, "height": 1100}
PATIENCE_MS = 60_000  # a busy machine starts a browser slowly
TROUBLE = (
    "Runtime.exceptionThrown",
    "Runtime.consoleAPICalled",
    "Log.entryAdded",
)
ASKED = "Network.requestWillBeSent"


class Browser:
    """One page of a Chromium, and what has happened in it."""

    def __init__(self, page, downloads):
        self.page, self.downloads, self._events = page, downloads, []
        page.set_default_timeout(PATIENCE_MS)
        self._tools = page.context.new_cdp_session(page)
        for event in (*TROUBLE, ASKED):
            self.send(f"{event.partition('.')[0]}.enable")
            self._tools.on(event, self._keep(event))

    def _keep(self, event):
        return lambda params: self._events.append((event, params))

    def send(self, method, **params):
        """Give a command of the DevTools protocol."""
        return self._tools.send(method, params)

    def open(self, address):
        self.page.goto(address)

    def reload(self):
        self.page.reload()

    def run(self, expression):
        """Return the value of a JavaScript expression."""
        return self.page.evaluate(f"() => ({expression})")

    def wait(self, expression):
        """Wait until an expression is true."""
        self.page.wait_for_function(f"() => ({expression})")

    def press(self, key):
        self.page.keyboard.press(key)

    def click(self, expression):
        """Click with the mouse on the middle of an element."""
        handle = self.page.evaluate_handle(f"() => ({expression})")
        handle.as_element().click()

    def download(self, press):
        """Do what starts a download; return the file."""
        with self.page.expect_download() as started:
            press()
        path = self.downloads / started.value.suggested_filename
        started.value.save_as(path)
        return path

    def heard_of(self, *events):
        """Return the parameters of the events of some kinds, so far."""
        self.run("0")  # takes in what has come meanwhile
        return [params for event, params in self._events if event in events]

    def check_quiet(self, *here):
        """Nothing was thrown or said, and only what is `here` was asked."""
        assert not self.heard_of(*TROUBLE)
        asked = self.heard_of(ASKED)
        addresses = [event["request"]["url"] for event in asked]
        assert all(a.startswith(here) for a in addresses), addresses


@pytest.fixture(scope="session")
def chromium():
    """Give a running Chromium, or skip."""
    found = filter(None, map(shutil.which, NAMES))
    program = next(found, None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=FLAGS, timeout=PATIENCE_MS
        )
        yield running
        running.close()


@pytest.fixture
def browser(chromium, tmp_path):
    """Give a fresh page, without memory of another test."""
    context = chromium.new_context(viewport=SIZE)
    yield Browser(context.new_page(), tmp_path / "downloads")
    context.close()
