"""Turn executed notebooks into pages: current text, executed outputs.

Text comes from the notebook in git, outputs from its executed copy, so a
mended sentence shows at once. Sounds and the scripts of elements become
files, and each page ends with where its results come from.
"""

import base64
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from course_provenance import provenance
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from PIL import Image

from course_utils.experiments import notebook_file
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.manifest import CLIP, METRIC_TYPE, read_manifest
from course_utils.widgets.page_element import SCRIPT

SUFFIX = {"mpeg": "mp3", "ogg": "ogg", "wav": "wav", "x-wav": "wav"}
HASH_DIGITS = 8
BADGE_IN_GIT = "(../book/_static/"
BADGE_ON_SITE = "(../_static/"
PNG = "image/png"
WIDGET = "application/vnd.jupyter.widget-view+json"
LATER = ("midi-player",)  # large: loaded by an element that needs it
NOT_SHOWN = (METRIC_TYPE,)  # beside it stands the same as plain text


@dataclass
class Site:
    """Lays notebooks and clips of one preset into the book's folder."""

    book: Path
    place: Workplace
    preset: str
    stale: frozenset[str] = frozenset()  # shown without any output
    clips: dict[str, bytes] = field(default_factory=dict)
    scripts: dict[str, bytes] = field(default_factory=dict)

    def lay_out(self, names: list[str]) -> None:
        """Write what differs, remove what is not wanted."""
        pages = {
            f"{name}.ipynb": nbformat.writes(self.page(name)).encode()
            for name in names
        }
        mirror(pages, self.book / "notebooks")
        mirror(self.clips, self.book / "_static" / "clips")
        mirror(self.scripts, self.book / "_generated" / "elements")

    def page(self, name: str) -> NotebookNode:
        """Return the notebook as the site shows it."""
        notebook = notebook_file.read(self.place.source(name))
        for cell in notebook.cells:
            cell.source = cell.source.replace(BADGE_IN_GIT, BADGE_ON_SITE)
        if name in self.stale:
            return notebook
        graft(notebook, notebook_file.read(self.place.copy(name, self.preset)))
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                self._move_clips(output, name)
                self._move_scripts(output)
                if PNG in output.get("data", {}):
                    output["data"][PNG] = smaller(output["data"][PNG])
        manifest = read_manifest(self.place.manifest(name, self.preset))
        footer = new_markdown_cell(provenance(manifest), id="provenance")
        notebook.cells.append(footer)
        return notebook

    def keep_clips(self, html: str, name: str, root: str = "../") -> str:
        """Return HTML whose sounds are files of the site.

        `root` leads from the page to the top of the site.
        """

        def move(match: object) -> str:
            data = base64.b64decode(match["data"])
            digest = hashlib.sha256(data).hexdigest()[:HASH_DIGITS]
            file = f"{name}-{digest}.{SUFFIX[match['kind']]}"
            self.clips[file] = data
            return f"{root}_static/clips/{file}"

        return CLIP.sub(move, html)

    def _move_clips(self, output: NotebookNode, name: str) -> None:
        """Replace embedded sounds of an output by addresses of files."""
        data = output.get("data", {})
        if "text/html" in data:
            data["text/html"] = self.keep_clips(data["text/html"], name)

    def _move_scripts(self, output: NotebookNode) -> None:
        """Replace the programs of elements by one file for all pages."""

        def move(match: object) -> str:
            code = match["code"].encode()
            digest = hashlib.sha256(code).hexdigest()[:HASH_DIGITS]
            file = f"{match['tag']}-{digest}.js"
            self.scripts[file] = code
            later = match["tag"] in LATER
            kind = f'type="later" data-element="{match["tag"]}" ' * later
            return f'<script {kind}src="../_static/elements/{file}"></script>'

        if "text/html" in output.get("data", {}):
            html = SCRIPT.sub(move, output["data"]["text/html"])
            output["data"]["text/html"] = html


def graft(notebook: NotebookNode, executed: NotebookNode) -> None:
    """Give the cells of a notebook the outputs of its executed copy."""
    pairs = zip(
        notebook_file.code_cells(notebook),
        notebook_file.code_cells(executed),
        strict=True,
    )
    for cell, done in pairs:
        cell.execution_count = done.execution_count
        cell.outputs = [o for o in done.outputs if not is_widget(o)]
        for output in cell.outputs:
            for kind in NOT_SHOWN:
                output.get("data", {}).pop(kind, None)


def smaller(png: str) -> str:
    """Return a picture in base64 with at most 256 colours, if that is less."""
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    if (
        picture.mode == "RGBA"
        and picture.getchannel("A").getextrema()[0] < 255
    ):
        return png
    few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return min(png, base64.b64encode(file.getvalue()).decode(), key=len)


def is_widget(output: NotebookNode) -> bool:
    """Return whether an output is dead without a kernel."""
    return WIDGET in output.get("data", {})


def mirror(files: dict[str, bytes], folder: Path) -> None:
    """Make a folder hold exactly these files; equal ones stay untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()
    for name, data in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
