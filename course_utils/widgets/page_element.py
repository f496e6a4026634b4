"""What all elements of a page share: one script, with its style inside.

An element is HTML that works by itself: in a notebook, on the website and
from a file, without server and network. The website keeps its script as a
file, once for all pages; see `book/_ext/course_site.py`.

Taught in: notebooks/64_listening_test.ipynb
"""

import json
import re
from collections.abc import Sequence
from importlib import resources

SCRIPT = re.compile(
    r'<script data-element="(?P<tag>[a-z-]+)">(?P<code>.*?)</script>', re.S
)


def element_script(tag: str, scripts: Sequence[str], style: str) -> str:
    """Return an element's program and style as one `<script>`.

    It defines the element once, however often it stands in a page. Inside,
    the constant STYLE is the text of the style sheet.

    Parameters
    ----------
    tag : str
        The element's name, such as `listening-test`.
    scripts : sequence of str
        Files of `elements/` beside this module, in the order in which they
        are read. None may hold `</script`.
    style : str
        A style sheet of the same folder.
    """
    folder = resources.files("course_utils.widgets") / "elements"
    texts = [(folder / name).read_text(encoding="utf-8") for name in scripts]
    sheet = json.dumps((folder / style).read_text(encoding="utf-8"))
    lines = (
        f'<script data-element="{tag}">'
        f'if (!customElements.get("{tag}")) {{(() => {{',
        f'"use strict";\nconst STYLE = {sheet};',
        *texts,
        "})();}</script>",
    )
    return "\n".join(lines)
