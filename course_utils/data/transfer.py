"""Fill the .part of a download from one address, over as many tries as needed.

A part is only continued if the server still has the same file: the request
names the ETag (or the date) of the first try, as RFC 9110, section 13.1.5
has it, and a server whose file has changed sends the new one from its
beginning.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import DISK_FULL, atomic_file

if TYPE_CHECKING:
    from requests import Response, Session

    from course_utils.data.downloads import RemoteFile

BLOCK = 2**14  # bytes; at most so many are lost when a connection stalls
LONGEST_PAUSE_S = 60.0
AGAIN = (408, 425, 429, 500, 502, 503, 504)  # may be another at the next try
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Parameters
    ----------
    timeout_s : float
        A connection that is silent for so long is given up.
    n_tries : int
        So many tries in a row may bring nothing new.
    wait_s : float
        Pause before the second try; it doubles with each further one.
    """

    timeout_s: float = 30.0
    n_tries: int = 6
    wait_s: float = 1.0


PATIENCE = Patience()


class Failed(Exception):
    """An address does not give the file; the text says why."""


class _Broken(Exception):
    """A try has ended early; another may bring the rest."""


def new_session() -> "Session":
    """Return a `requests` session, or say how to install that."""
    try:
        import requests
    except ImportError as error:
        raise CourseError(
            "the package requests, to fetch a data set",
            "no such package",
            'run: pip install "course-utils[data]"',
        ) from error
    return requests.Session()


def fill_part(
    session: "Session",
    url: str,
    part: Path,
    file: "RemoteFile",
    patience: Patience,
) -> None:
    """Bring all bytes of a file into its part.

    Parameters
    ----------
    session : requests.Session
        From `new_session`.
    url : str
        Where the file lies; redirects are followed.
    part : Path
        Grows. What another call left there is continued, if the address is
        the same and its file has not changed.
    file : RemoteFile
        Says the sizes that are expected.
    patience : Patience
        When to give up.

    Raises
    ------
    Failed
        If this address does not give the whole file.
    CourseError
        If the disk becomes full.
    """
    most, failures = 0, 0
    while True:
        try:
            _try_once(session, url, part, file, patience)
            return
        except _Broken as error:
            size = part.stat().st_size if part.is_file() else 0
            failures = 0 if size > most else failures + 1
            most = max(most, size)
            if failures >= patience.n_tries:
                raise Failed(str(error)) from error
        pause_s = patience.wait_s * 2 ** max(failures - 1, 0)
        time.sleep(min(pause_s, LONGEST_PAUSE_S))


def drop_part(part: Path) -> None:
    """Remove a part and what is known about it."""
    part.unlink(missing_ok=True)
    _about(part).unlink(missing_ok=True)


def _about(part: Path) -> Path:
    """Return the file that says of which file a part is."""
    return part.with_name(f"{part.name}.json")


def _try_once(
    session: "Session",
    url: str,
    part: Path,
    file: "RemoteFile",
    patience: Patience,
) -> None:
    """Ask once for what is missing, and write what comes."""
    import requests
    import urllib3

    start, version = _place(part, url)
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    timeout_s = patience.timeout_s
    try:
        with session.get(
            url, headers=headers, stream=True, timeout=timeout_s
        ) as response:
            start, total = _answer(response, start, part, file)
            if not start:
                _begin(part, url, response)
            _append(response, part, start, total, file)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if isinstance(error, requests.TooManyRedirects | ValueError):
            raise Failed(_in_words(error)) from error
        raise _Broken(_in_words(error)) from error


def _place(part: Path, url: str) -> tuple[int, str]:
    """Return how much is there, and of which version; (0, "") for none."""
    try:
        about = json.loads(_about(part).read_text())
        if about["url"] == url and about["version"]:
            return part.stat().st_size, str(about["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing there, or nothing that can be continued
    return 0, ""


def _begin(part: Path, url: str, response: "Response") -> None:
    """Empty the part, and note which version of the file it will hold."""
    etag = response.headers.get("ETag", "")
    version = response.headers.get("Last-Modified", "")
    if etag.startswith('"'):  # a weak one, W/"...", may not be continued
        version = etag
    drop_part(part)
    with atomic_file(_about(part)) as path:
        path.write_text(json.dumps({"url": url, "version": version}))
    part.touch()


def _answer(
    response: "Response", start: int, part: Path, file: "RemoteFile"
) -> tuple[int, int | None]:
    """Return where the answer begins, and how long the whole file is."""
    status = response.status_code
    if status == 416 and start:  # there is nothing after what we have
        length = response.headers.get("Content-Range", "").rpartition("/")[2]
        if length == str(start):
            return start, start
        drop_part(part)
        raise _Broken("the part was longer than the file")
    if status in AGAIN:
        raise _Broken(f"status {status}")
    if status not in (200, 206):
        raise Failed(f"status {status}")
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if status == 206:
        found = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if not found or int(found[1]) != start:
            raise Failed("a range that was not asked for")
        total = None if found[2] == "*" else int(found[2])
    elif start:
        start = 0  # the server knows no ranges, or has another file now
    if total and (
        total > file.most_bytes or file.n_bytes not in (None, total)
    ):
        raise Failed(f"{total} bytes instead of {file.most_bytes}")
    return start, total


def _append(
    response: "Response",
    part: Path,
    start: int,
    total: int | None,
    file: "RemoteFile",
) -> None:
    """Write the body of an answer at the end of the part."""
    bar = tqdm(
        total=total or file.n_bytes,
        initial=start,
        desc=file.name,
        unit="B",
        unit_scale=True,
    )
    size = start
    with part.open("r+b") as out, bar:
        out.seek(start)
        out.truncate()
        body = () if start == total else response.raw.stream(BLOCK, False)
        for block in body:
            _write(out, block, part)
            size += len(block)
            bar.update(len(block))
            if size > (total or file.most_bytes):
                raise Failed(f"more than {file.most_bytes} bytes")
    wanted = total or file.n_bytes or size
    if size < wanted:
        raise _Broken(f"cut off after {size} of {wanted} bytes")


def _write(out, block: bytes, part: Path) -> None:  # noqa: ANN001 - a file
    """Write a block; say clearly that the disk is full."""
    try:
        out.write(block)
        out.flush()
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise CourseError(
            f"free disk space to write {part}",
            "a full disk",
            "free some space and run this again: it goes on from there",
        ) from error


def _in_words(error: Exception) -> str:
    """Return the kind of a network error, without addresses in memory."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
