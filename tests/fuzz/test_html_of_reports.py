"""Names and values from files stand in reports as text, never as HTML."""

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from course_utils.evaluation.feature_distances import FEATURES
from course_utils.evaluation.report_page import Picture, page

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

HOSTILE = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</code></details></table><svg onload=alert(1)>",
    "<!--",
    "&lt;b&gt;",
    "]]><iframe src=https://example.org>",
    "javascript:alert(1)",
)
ours = st.text(alphabet="ab<>&\"'/=-! ", min_size=1, max_size=12)
texts = st.sampled_from(HOSTILE) | ours
steady = settings(max_examples=100, database=None, deadline=None)
BAD_TAGS = ("script", "iframe", "svg", "object", "embed", "link", "base")


def check_html(html, n_images=0):
    """Assert that a page holds nothing but the tags that we wrote."""
    tree = BeautifulSoup(html, "html.parser")
    assert not [tag.name for name in BAD_TAGS for tag in tree.find_all(name)]
    assert len(tree.find_all("img")) == n_images
    for tag in tree.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")]
    return tree


@seed(8)
@steady
@given(texts, texts, texts)
def test_a_report_shows_names_notes_and_captions_as_text(name, note, caption):
    result = {
        "real": name,
        "generated": note,
        "notes": [note],
        name: [note, caption],
        "ks_score": 1.0,
        "features": {next(iter(FEATURES)): 0.5},
    }
    picture = Picture(caption, note, b"png")
    tree = check_html(page(result, [caption], [picture]), n_images=1)
    assert f"Real: {name}" in tree.p.get_text()
    assert tree.img["alt"] == note
    assert tree.figcaption.get_text() == caption


@seed(8)
@steady
@given(texts, texts, texts)
def test_the_table_of_experiments_shows_names_and_values_as_text(
    name, key, value
):
    course_dashboard = pytest.importorskip("course_dashboard")
    course_runs = pytest.importorskip("course_runs")
    run = course_runs.Run(
        name,
        link=value,
        preset=value,
        parameters={key: value},
        metrics={key: 0.5},
        commit=value,
        stale=value,
    )
    tree = check_html(course_dashboard.row(run))
    assert tree.th.a.get_text() == name
    assert tree.th.a["href"] == value
    assert f"{key} = {value}" in tree.get_text()
