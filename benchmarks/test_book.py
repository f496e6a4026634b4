"""The book: our build of executed notebooks, beside a plain one.

Long, so only with `--book`; the notebooks must have been executed before
(`make smoke`).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.basics.paths import REPOSITORY

PRESET = "smoke"
PLAIN = """\
extensions = ["myst_nb"]
html_theme = "sphinx_book_theme"
nb_execution_mode = "off"
suppress_warnings = ["myst.xref_missing"]
"""


def quietly(command, **variables):
    """Run a command; what it says is shown only if it fails."""
    environment = os.environ | variables
    words = {"env": environment, "cwd": REPOSITORY, "text": True}
    done = subprocess.run(command, capture_output=True, **words)
    assert done.returncode == 0, done.stderr[-2_000:]


@pytest.mark.benchmark(group="Book")
def test_the_book_is_built(compare, request, tmp_path):
    if not request.config.getoption("--book"):
        pytest.skip("only with --book")
    ours, plain, parsed = (tmp_path / name for name in ("a", "b", "c"))
    jupyter_book = Path(sys.executable).with_name("jupyter-book")

    def build():
        shutil.rmtree(ours, ignore_errors=True)
        quietly(
            [jupyter_book, "build", "book", "-q", "--path-output", str(ours)],
            COURSE_PRESET=PRESET,
            COURSE_EXECUTE="off",
        )

    build()  # lays the executed notebooks into the book
    source = tmp_path / "source"
    shutil.copytree(REPOSITORY / "book" / "notebooks", source)
    (source / "conf.py").write_text(PLAIN)
    names = sorted(path.stem for path in source.glob("*.ipynb"))
    contents = "\n".join(["# Contents\n", "```{toctree}", *names, "```\n"])
    (source / "index.md").write_text(contents)

    def sphinx(builder, out):
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "sphinx", "-q", "-b", builder]
        quietly([*command, str(source), str(out)])

    n_pages = len(list(ours.glob("_build/html/**/*.html")))
    compare(
        "book of executed notebooks",
        build,
        unit="page",
        n_items=n_pages,
        baseline=(
            "Sphinx, the notebooks alone",
            lambda: sphinx("html", plain),
        ),
        n_baseline_items=len(names),
        limit=("reading the notebooks", lambda: sphinx("dummy", parsed)),
        rounds=1,
    )
