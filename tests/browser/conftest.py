"""A browser without a window, driven over its DevTools pipe.

Only the standard library is needed, and Chromium; where there is none, the
tests of this folder are skipped.
"""

import json
import os
import select
import shutil
import subprocess
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60  # a busy machine starts a browser slowly
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--remote-debugging-pipe",
    "--window-size=900,1100",
)
KEYS = {" ": ("Space", 32), "Tab": ("Tab", 9), "Enter": ("Enter", 13)}


class Browser:
    """One Chromium with one page."""

    def __init__(self, program, folder):
        read_end, self._out = os.pipe()  # it reads commands from fd 3
        self._in, write_end = os.pipe()  # and writes events to fd 4
        profile = f"--user-data-dir={folder / 'profile'}"
        redirect = f'exec "$0" "$@" 3<&{read_end} 4>&{write_end}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", redirect, program, *FLAGS, profile],
            pass_fds=(read_end, write_end),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_end)
        os.close(write_end)
        self._buffer, self._number, self._session = b"", 0, None
        self.events = []
        self._attach(folder / "downloads")

    def _attach(self, downloads):
        self.downloads = downloads
        downloads.mkdir()
        self.send(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(downloads),
        )
        target = self.send("Target.createTarget", url="about:blank")
        attached = self.send(
            "Target.attachToTarget",
            targetId=target["targetId"],
            flatten=True,
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        """Give a command and wait for its result; keep what else comes."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _receive(self):
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._in], [], [], max(left, 0))
            assert ready, "the browser does not answer"
            data = os.read(self._in, 2**16)
            assert data, "the browser has stopped"
            self._buffer += data
        text, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(text)

    def open(self, address):
        self.send("Page.navigate", url=address)
        self.wait("document.readyState === 'complete'")

    def reload(self):
        self.run("window.isOld = true")
        self.send("Page.reload")
        self.wait("!window.isOld && document.readyState === 'complete'")

    def run(self, expression):
        """Return the value of a JavaScript expression."""
        told = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait(self, expression):
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.run(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.05)

    def press(self, key):
        code, number = KEYS.get(key, (f"Key{key.upper()}", ord(key[0])))
        text = {"Tab": "", "Enter": "\r"}.get(key, key)
        words = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **words)
        self.send("Input.dispatchKeyEvent", type="keyUp", **words)

    def click(self, expression):
        """Click with the mouse on the middle of an element."""
        self.run(f"{expression}.scrollIntoView({{block: 'center'}})")
        x, y = self.run(
            f"(() => {{const r = {expression}.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2];})()"
        )
        words = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **words)

    def heard_of(self, *methods):
        """Return the parameters of the events of some kinds, so far."""
        self.run("0")  # takes in what has come meanwhile
        return [
            event["params"]
            for event in self.events
            if event.get("method") in methods
        ]

    def close(self):
        self._session = None
        self.send("Browser.close")
        self._process.wait(PATIENCE_S)
        os.close(self._out)
        os.close(self._in)


@pytest.fixture(scope="session")
def chromium():
    """Give the path of a Chromium, or skip."""
    found = filter(None, map(shutil.which, NAMES))
    program = next(found, None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return program


@pytest.fixture
def browser(chromium, tmp_path):
    """Give a fresh browser, without memory of another test."""
    opened = Browser(chromium, tmp_path)
    yield opened
    opened.close()
