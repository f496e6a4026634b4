"""Sphinx extension: the site shows exactly what papermill executed.

For each notebook in `_toc.yml` it takes the executed copy, or has it
executed when there is none that is fresh, and lays it into
`book/notebooks/`. Two environment variables steer it:

COURSE_PRESET   whose copies are shown: smoke, cpu (default), colab, paper
COURSE_EXECUTE  `off`: nothing is executed; a notebook without a fresh copy
                is a warning, so that `-W` fails
"""

import os
import shutil
import subprocess
import sys
from html import escape
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from textwrap import shorten

import yaml
from docutils.nodes import paragraph
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

import course_concepts  # noqa: E402  (beside this file)
from course_dashboard import RunsTable  # noqa: E402
from course_runs import all_runs  # noqa: E402
from course_site import Site  # noqa: E402

from course_utils.basics.presets import check_preset  # noqa: E402
from course_utils.experiments.costs import LINE_START  # noqa: E402
from course_utils.experiments.freshness import (  # noqa: E402
    Workplace,
    why_stale,
)

NOTEBOOKS = "notebooks"
UNDER_TITLE = (LINE_START.strip("*"), "Open in Colab")
ABOUT = 180  # characters of a page's description
RENDERER = "tinysoundfont"
RENDERER_PIN = "requirements-renderer.txt"
logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict:
    """Connect the steps to the moments of a build."""
    app.add_directive("course-runs", RunsTable)
    app.add_directive("course-graph", course_concepts.Graph)
    app.add_directive("course-concepts", course_concepts.Table)
    app.connect("config-inited", bring_notebooks, priority=100)
    app.connect("config-inited", keep_to_this_host, priority=900)
    app.connect("html-page-context", describe, priority=100)
    app.connect("html-page-context", point_to_notebooks, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True}


def bring_notebooks(app: Sphinx, config: Config) -> None:
    """Lay the executed notebooks of the table of contents into the book."""
    preset = check_preset(os.environ.get("COURSE_PRESET", "cpu"))
    names = notebooks_in_toc(Path(app.srcdir) / "_toc.yml")
    place = Workplace()
    stale = {name: why_stale(name, preset, place) for name in names}
    stale = {name: reason for name, reason in stale.items() if reason}
    if stale and os.environ.get("COURSE_EXECUTE") != "off":
        execute(list(stale), preset, place)
        stale = {}
    for name, reason in stale.items():
        logger.warning("%s at %s is stale: %s", name, preset, reason)
    site = Site(Path(app.srcdir), place, preset, frozenset(stale))
    app.course_runs = all_runs(names, site)
    site.lay_out(names)


def notebooks_in_toc(path: Path) -> list[str]:
    """Return the names of the notebooks in a table of contents, in order."""
    found = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            file = Path(str(node.get("file", "")))
            if file.parent.name == NOTEBOOKS:
                found.append(file.stem)
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                walk(child)

    walk(yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def execute(names: list[str], preset: str, place: Workplace) -> None:
    """Run papermill; a failing notebook ends the build."""
    from course_utils.experiments.runner import run_all

    install_renderer()
    failures = run_all(names, preset, place, say=logger.info)
    if failures:
        raise ExtensionError("\n\n".join(failures.values()))


def install_renderer() -> None:
    """Install the SoundFont renderer where a plain pip install left it out.

    Its package asks for an audio driver that must be compiled and that the
    course never uses. A requirements file cannot say `--no-deps`, so this
    step cannot be part of `pip install -r requirements.txt`.
    """
    if find_spec(RENDERER) is not None:
        return
    logger.info("installing %s, which renders the sounds", RENDERER)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--requirement", str(REPOSITORY / RENDERER_PIN)]
    if subprocess.run(command).returncode != 0:
        by_hand = f"pip install --no-deps -r {RENDERER_PIN}"
        raise ExtensionError(f"no {RENDERER}: run `{by_hand}`, then build")


def keep_to_this_host(app: Sphinx, config: Config) -> None:
    """Serve MathJax with the site, and leave out what loads from elsewhere.

    These scripts are added here and not in `_config.yml`, because Jupyter
    Book puts every script of its static folders into every page.
    """
    config.html_static_path += ["_vendor", "_generated"]
    for event in app.events.listeners.values():
        for listener in list(event):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)
    styles = app.registry.css_files
    styles[:] = [style for style in styles if style[0] != "sphinx-thebe.css"]


def describe(
    app: Sphinx, page: str, template: str, context: dict, doctree: object
) -> None:
    """Say in a shared link what the page is about.

    Without this the badge and the costs of a chapter would come first.
    """
    if doctree is None:
        return
    texts = [p.astext().replace("\n", " ") for p in doctree.findall(paragraph)]
    kept = (t for t in texts if t and not t.startswith(UNDER_TITLE))
    about = shorten(" ".join(islice(kept, 4)), ABOUT, placeholder=" …")
    meta = context.get("meta") or {}
    context["meta"] = meta | {"og:description": about}
    context["metatags"] += (
        f'<meta name="description" content="{escape(about)}" />\n'
    )


def point_to_notebooks(
    app: Sphinx, page: str, template: str, context: dict, doctree: object
) -> None:
    """Let Colab and edit links name `notebooks/`, where the sources are."""

    def mend(node: object) -> None:
        if isinstance(node, dict):
            url = node.get("url")
            if isinstance(url, str):
                node["url"] = url.replace("/book/notebooks/", "/notebooks/")
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                mend(child)

    mend(context.get("header_buttons"))


def finish(app: Sphinx, error: Exception | None) -> None:
    """Offer the notebooks of the repository for download, and tidy up."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in notebooks_in_toc(Path(app.srcdir) / "_toc.yml"):
        download = out / "_sources" / NOTEBOOKS / f"{name}.ipynb"
        if download.is_file():
            shutil.copyfile(Workplace().source(name), download)
    for laid in ("_static/clips", "_generated/elements"):
        folder = Path(app.srcdir) / laid
        for file in (out / "_static" / folder.name).glob("*"):
            if not (folder / file.name).is_file():
                file.unlink()
