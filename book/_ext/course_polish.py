"""Sphinx extension: last mends in the finished pages.

The theme draws its icons twice, by a font and by a script of 1.5 MB: the
script goes. It also asks for fonts ahead of need, and a browser complains of
those that a page does not draw: it finds them by the style sheet. And the
list of references says of itself in a role that only a list with other items
may have: the role goes.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

MENDS = (
    (re.compile(r"\s*<script src=\"[^\"]*/fontawesome/[^>]*></script>"), ""),
    (re.compile(r'\s*<link rel="preload"[^>]*>'), ""),
    (re.compile(r'<div role="list" (?=class="citation-list">)'), "<div "),
)


def setup(app: Sphinx) -> dict:
    """Mend after all pages are written."""
    app.connect("build-finished", polish, priority=950)
    return {"version": "1", "parallel_read_safe": True}


def polish(app: Sphinx, error: Exception | None) -> None:
    """Write the pages that differ after their mends."""
    if error is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = mended = page.read_text(encoding="utf-8")
        for pattern, better in MENDS:
            mended = pattern.sub(better, mended)
        if mended != text:
            page.write_text(mended, encoding="utf-8")
    for script in Path(app.outdir).glob("_static/vendor/fontawesome/*/js/*"):
        script.unlink()
