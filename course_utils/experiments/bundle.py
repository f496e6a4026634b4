"""The course as one zip: the site, which opens without a server, and more.

    python -m course_utils.experiments.bundle --site _build/html

The same site gives the same bytes: names are sorted, times are fixed. Beside
the zip lies its sha256, so that a download can be checked.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course_utils.basics.checks import check_folder
from course_utils.basics.files import atomic_file
from course_utils.basics.paths import REPOSITORY
from course_utils.basics.presets import PRESETS
from course_utils.experiments.freshness import Workplace

FOLDER = "musical-audio-course"  # what the zip unpacks to
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
FILE_MODE = 0o644 << 16  # readable by all; in the upper half of the field
LEFT_OUT = {".buildinfo", ".buildinfo.bak"}
# Fonts are found by the style; asked for ahead, a page on a disk gets none.
FONT_AHEAD = re.compile(rb'<link rel="preload" as="font"[^>]*>\s*')
OPTIONS = "_static/documentation_options.js"
LICENCES = ("LICENSE", "LICENSE-TEXT", "CITATION.cff")
README = """\
Generating musical audio with a GAN, an LSTM and a Transformer
==============================================================

The whole course, to read and hear without a network.

site/index.html    open this file in a browser; all sounds are in the folder
notebooks/         the chapters, to run: Jupyter and the library are needed
executed/          the same with their results, preset {preset}

A browser lets a page from a disk read no other files. So the list of search
results shows titles only. It shows more where a server serves the folder:

    python -m http.server --directory site

LICENSE is the licence of the code, LICENSE-TEXT that of text, figures and
sounds.
"""


def write_bundle(
    site: Path, out: Path, preset: str, place: Workplace | None = None
) -> str:
    """Write the zip, and its sha256 beside it.

    Parameters
    ----------
    site : Path
        The folder of the built site.
    out : Path
        The zip file; `out` with `.sha256` after it is written too.
    preset : str
        Whose executed copies go along.
    place : Workplace, optional
        Where notebooks and executed copies lie; this checkout by default.

    Returns
    -------
    str
        The sha256 in hexadecimal.

    Raises
    ------
    CourseError
        If there is no such site.
    """
    check_folder(site, "a built site")
    files = dict(_files(site, preset, place or Workplace()))
    with atomic_file(out) as part, zipfile.ZipFile(part, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = FILE_MODE
            archive.writestr(entry, _content(name, files[name], preset))
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    with atomic_file(out.with_name(f"{out.name}.sha256")) as part:
        part.write_text(f"{digest}  {out.name}\n", encoding="utf-8")
    return digest


def _files(
    site: Path, preset: str, place: Workplace
) -> Iterator[tuple[str, Path]]:
    """Yield the name in the zip and the path of every file."""
    yield "README.txt", Path()
    for name in LICENCES:
        yield name, REPOSITORY / name
    for path in site.rglob("*"):
        if path.is_file() and path.name not in LEFT_OUT:
            yield f"site/{path.relative_to(site).as_posix()}", path
    for path in place.notebooks.glob("*.ipynb"):
        yield f"notebooks/{path.name}", path
        copy = place.copy(path.stem, preset)
        if copy.is_file():
            yield f"executed/{path.name}", copy


def _content(name: str, path: Path, preset: str) -> bytes:
    """Return the bytes of one file of the zip."""
    if name == "README.txt":
        return README.format(preset=preset).encode()
    data = path.read_bytes()
    if name == f"site/{OPTIONS}":
        # A page on a disk may not fetch the pages that it has found.
        on, off = b"SHOW_SEARCH_SUMMARY: true", b"SHOW_SEARCH_SUMMARY: false"
        return data.replace(on, off)
    if path.suffix == ".html":
        return FONT_AHEAD.sub(b"", data)
    return data


def main(arguments: list[str] | None = None) -> None:
    """Put the built site and the notebooks into one zip."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    build = REPOSITORY / "_build"
    parser.add_argument("--site", type=Path, default=build / "html")
    parser.add_argument("--preset", default="cpu", choices=PRESETS)
    parser.add_argument("--out", type=Path, default=build / f"{FOLDER}.zip")
    options = parser.parse_args(arguments)
    digest = write_bundle(options.site, options.out, options.preset)
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.1f} MB, sha256 {digest}")


if __name__ == "__main__":
    main()
