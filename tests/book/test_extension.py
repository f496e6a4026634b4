"""The extension that brings notebooks into the site: its parts, and builds.

The builds run in a small copy of the checkout with two tiny notebooks.
"""

import base64
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)
from PIL import Image
from sphinx.errors import ExtensionError

from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import notebook_file
from course_utils.experiments.manifest import METRIC_TYPE, Manifest

import course_book  # isort: skip  (found through tests/book/conftest.py)
import course_provenance  # isort: skip
import course_site  # isort: skip

SOUND = base64.b64encode(b"ID3 a sound").decode()
COMMAND = Path(sys.executable).with_name("jupyter-book")
PLAYER = f'<audio src="data:audio/mpeg;base64,{SOUND}"></audio>'
TOC = {
    "format": "jb-book",
    "root": "intro",
    "parts": [
        {"caption": "One", "chapters": [{"file": "notebooks/10_tone"}]},
        {
            "caption": "Two",
            "chapters": [
                {
                    "file": "notation",
                    "sections": [{"file": "notebooks/11_count"}],
                }
            ],
        },
    ],
}


def parameters_cell():
    return new_code_cell(
        'PRESET = "cpu"\nSEED = 0', metadata={"tags": ["parameters"]}
    )


def notebook(text, *sources):
    cells = [new_markdown_cell(f"# Tone\n\n{text}"), parameters_cell()]
    cells += [new_code_cell(source) for source in sources]
    return notebook_file.canonical(new_notebook(cells=cells), "10_tone")


def test_notebooks_are_found_at_every_depth_of_the_contents(tmp_path):
    path = tmp_path / "_toc.yml"
    path.write_text(yaml.safe_dump(TOC))
    assert course_book.notebooks_in_toc(path) == ["10_tone", "11_count"]


def test_pages_have_todays_text_and_the_outputs_of_the_executed_copy():
    executed = notebook("Old text.", "print(1)")
    injected = new_code_cell(
        "SEED = 0", metadata={"tags": ["injected-parameters"]}
    )
    executed.cells.insert(3, injected)
    executed.cells[-1].outputs = [
        new_output("stream", text="1\n"),
        new_output("display_data", data={course_site.WIDGET: {}}),
        new_output("display_data", data={METRIC_TYPE: {}, "text/plain": "a"}),
    ]
    page = notebook("New text.", "print(1)")
    course_site.graft(page, executed)
    assert "New text." in page.cells[0].source
    assert [len(c.outputs) for c in page.cells[1:]] == [0, 0, 2]
    assert page.cells[-1].outputs[1].data == {"text/plain": "a"}


def test_sounds_move_into_files_named_by_notebook_and_content():
    site = course_site.Site(None, None, "cpu")
    output = new_output("display_data", data={"text/html": PLAYER * 2})
    site._move_clips(output, "10_tone")
    assert list(site.clips.values()) == [b"ID3 a sound"]
    (name,) = site.clips
    assert name.startswith("10_tone-")
    assert name.endswith(".mp3")
    moved = output.data["text/html"]
    assert moved.count(f'src="../_static/clips/{name}"') == 2
    assert "base64" not in moved


def test_pictures_get_smaller_and_keep_their_colours(np_rng):
    colours = np_rng.integers(0, 256, (200, 3), dtype=np.uint8)
    pixels = colours[np_rng.integers(0, 200, (90, 120))]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    png = base64.b64encode(file.getvalue()).decode()
    small = course_site.smaller(png)
    assert len(small) < len(png)
    shown = Image.open(io.BytesIO(base64.b64decode(small))).convert("RGB")
    gap = np.abs(np.asarray(shown).astype(int) - pixels)
    assert gap.max() == 0
    assert course_site.smaller(small) == small


def test_the_program_of_an_element_becomes_one_file_for_all_pages():
    site = course_site.Site(None, None, "cpu")
    html = '<x-y></x-y><script data-element="x-y">run();</script>'
    outputs = [
        new_output("display_data", data={"text/html": html}) for _ in range(2)
    ]
    for output in outputs:
        site._move_scripts(output)
    ((name, code),) = site.scripts.items()
    assert name.startswith("x-y-")
    assert name.endswith(".js")
    assert code == b"run();"
    for output in outputs:
        moved = output.data["text/html"]
        tag = f'<script src="../_static/elements/{name}"></script>'
        assert moved == f"<x-y></x-y>{tag}"


def test_a_large_program_waits_in_its_file_until_it_is_asked_for():
    site = course_site.Site(None, None, "cpu")
    (tag,) = course_site.LATER
    html = f'<script data-element="{tag}">run();</script>'
    output = new_output("display_data", data={"text/html": html})
    site._move_scripts(output)
    (name,) = site.scripts
    assert output.data["text/html"] == (
        f'<script type="later" data-element="{tag}" '
        f'src="../_static/elements/{name}"></script>'
    )


def test_mirror_leaves_equal_files_alone_and_removes_others(tmp_path):
    course_site.mirror({"a": b"1", "b": b"2"}, tmp_path)
    before = (tmp_path / "a").stat().st_mtime_ns
    os.utime(tmp_path / "a", ns=(before - 10**9, before - 10**9))
    course_site.mirror({"a": b"1", "c": b"3"}, tmp_path)
    assert (tmp_path / "a").stat().st_mtime_ns == before - 10**9
    assert {path.name for path in tmp_path.iterdir()} == {"a", "c"}


def test_footer_escapes_and_says_what_is_not_committed():
    manifest = Manifest(
        notebook="10_tone",
        preset="cpu",
        parameters={"NAME": "<b>"},
        seed=3,
        commit="0123456789abcdef",
        dirty=True,
        versions={"python": "3.12.1"},
        seconds=12.34,
        peak_memory_mib=300,
        code_hash="c" * 64,
        library_hash="l" * 64,
        library={"a": "b"},
        clips={"cell-004/1": "f" * 64},
    )
    text = course_provenance.provenance(manifest)
    assert "preset cpu · seed 3 · 12 s · 300 MiB" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "<code>0123456789ab</code>, with changes not committed" in text
    assert "cell-004/1 ffffffffffff" in text
    assert "Metrics" not in text
    assert "\n\n" not in text  # an empty line would end the HTML block


def test_links_to_notebooks_lose_the_books_folder():
    url = "https://github.com/o/r/edit/main/book/notebooks/10_tone.ipynb"
    other = "https://github.com/o/r/edit/main/book/intro.md"
    buttons = [{"buttons": [{"url": url}]}, {"url": other}, {"text": "x"}]
    context = {"header_buttons": buttons}
    course_book.point_to_notebooks(None, "", "", context, None)
    assert buttons[0]["buttons"][0]["url"] == url.replace("/book/", "/")
    assert buttons[1]["url"] == other


def test_missing_renderer_is_installed_without_its_dependencies(monkeypatch):
    calls = []

    def run(command):
        calls.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(course_book, "find_spec", lambda name: None)
    monkeypatch.setattr(course_book.subprocess, "run", run)
    course_book.install_renderer()
    assert "--no-deps" in calls[0]
    assert calls[0][0] == sys.executable
    pin = REPOSITORY / course_book.RENDERER_PIN
    assert str(pin) in calls[0]
    assert course_book.RENDERER in pin.read_text()


def test_a_renderer_that_cannot_be_installed_is_explained(monkeypatch):
    monkeypatch.setattr(course_book, "find_spec", lambda name: None)
    monkeypatch.setattr(
        course_book.subprocess,
        "run",
        lambda command: SimpleNamespace(returncode=1),
    )
    with pytest.raises(ExtensionError, match="pip install --no-deps -r"):
        course_book.install_renderer()


@pytest.fixture
def checkout(tmp_path):
    """Give a small checkout: library, extension, one page, one notebook."""
    for name in ("course_utils", "book/_ext", "book/_vendor"):
        shutil.copytree(
            REPOSITORY / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copytree(
        REPOSITORY / "book" / "_static",
        tmp_path / "book" / "_static",
        ignore=shutil.ignore_patterns("clips"),
    )
    for name in ("_config.yml", "book/references.bib"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    toc = {"format": "jb-book", "root": "intro"}
    toc["chapters"] = [{"file": "notebooks/10_tone"}]
    (tmp_path / "book" / "_toc.yml").write_text(yaml.safe_dump(toc))
    (tmp_path / "book" / "intro.md").write_text("# Hello\n")
    write(tmp_path, "print(6 * 7, PRESET)")
    return tmp_path


def write(checkout, source):
    path = checkout / "notebooks" / "10_tone.ipynb"
    notebook_file.write(notebook("Some text.", source), path)


def build(checkout, *options, **variables):
    """Build the book as a reader would; return code and what was said."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("COURSE_")
    }
    done = subprocess.run(
        [COMMAND, "build", "book", *options],
        cwd=checkout,
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def page_text(checkout):
    page = checkout / "_build" / "html" / "notebooks" / "10_tone.html"
    text = page.read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").get_text()


def test_the_bare_command_executes_what_is_missing_and_only_that(checkout):
    code, said = build(checkout, "-W", "--keep-going")
    assert code == 0, said
    assert "executing at cpu, not executed yet" in said
    assert "42 cpu" in page_text(checkout)
    laid = checkout / "book" / "notebooks" / "10_tone.ipynb"
    page = nbformat.read(laid, as_version=4)
    nbformat.validate(page)
    assert page.cells[-1].source.startswith("<details")
    assert "(../_static/colab-badge.svg)" in page.cells[0].source
    code, said = build(checkout, COURSE_EXECUTE="off")
    assert code == 0, said
    assert "executing" not in said


def test_without_execution_a_stale_notebook_is_a_warning(checkout):
    code, said = build(checkout, COURSE_EXECUTE="off", COURSE_PRESET="smoke")
    assert code == 0, said
    assert "10_tone at smoke is stale: not executed yet" in said
    assert "42" not in page_text(checkout)
    shutil.rmtree(checkout / "_build")
    code, _ = build(checkout, "-W", "--keep-going", COURSE_EXECUTE="off")
    assert code != 0


def test_a_failing_notebook_fails_the_build_even_without_w(checkout):
    write(checkout, "1 / 0")
    code, said = build(checkout)
    assert code != 0
    assert "ZeroDivisionError: division by zero" in said


def test_an_unknown_preset_fails_the_build(checkout):
    code, said = build(checkout, COURSE_PRESET="huge")
    assert code != 0
    assert "preset to be one of smoke, cpu, colab, paper" in said
