"""The scripts of all elements: small, alone, and safe inside a page."""

import re
from importlib import resources

import pytest

from course_utils.widgets import listening_test
from course_utils.widgets.page_element import SCRIPT, element_script

MAX_BYTES = 40_000  # of one program; the course's own, not a library's
SVG = "http://www.w3.org/2000/svg"  # a name; nobody is asked
HOST = re.compile(r"(https?:)?//[a-z0-9-]+\.[a-z]")
OWN = sorted(resources.files("course_utils.widgets").glob("elements/*/*.js"))


@pytest.mark.parametrize(
    "path", OWN, ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_a_program_is_small_alone_and_cannot_end_its_own_tag(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < MAX_BYTES
    assert not HOST.search(text.replace(SVG, ""))
    for bad in ("</script", "<!--", "fetch(", "import(", "innerHTML"):
        assert bad not in text


def test_a_script_is_found_again_with_its_tag():
    parts = listening_test.TAG, listening_test.SCRIPTS, listening_test.STYLE
    html = f"<p>before</p>{element_script(*parts)}<script>later()</script>"
    found = SCRIPT.search(html)
    assert found["tag"] == "listening-test"
    assert found["code"].endswith("})();}")
    assert "later()" not in found["code"]
    assert len(SCRIPT.findall(html)) == 1
