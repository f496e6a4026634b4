"""The built site: every page, link, player, figure and footer."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import soundfile
import yaml

from course_utils.basics.paths import REPOSITORY
from course_utils.exercises.check import FAILED, PASSED
from course_utils.experiments import notebook_file
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.manifest import read_manifest
from course_utils.experiments.notebook_file import (
    REPOSITORY_REF,
    REPOSITORY_SLUG,
    code_cells,
    tags,
)

MAX_CLIP_BYTES = 300_000
MIN_CLIP_S = 0.2
QUIETEST = 1e-4  # root mean square; below it nothing is heard
MIN_ALT_CHARS = 15  # fewer cannot say what a figure shows
MIN_DESCRIPTION_CHARS = 10
MAX_MEMORY_MIB = 2048  # what the smoke preset promises
EXTRA_PAGES = {"index.html", "genindex.html", "search.html"}
GITHUB = f"https://github.com/{REPOSITORY_SLUG}"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY_SLUG}"
LOADED = {
    "script": "src",
    "img": "src",
    "audio": "src",
    "video": "src",
    "source": "src",
    "iframe": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
    "use": "href",
}
NOT_LOADED = {"next", "prev", "canonical", "author", "search", "index"}


def toc_files():
    text = (REPOSITORY / "book" / "_toc.yml").read_text(encoding="utf-8")
    return set(re.findall(r"^\s*(?:-\s*file|root):\s*(\S+)", text, re.M))


def is_elsewhere(address):
    return address.startswith(("http://", "https://", "//"))


def elements(pages, name, attribute):
    for address, page in pages.items():
        for element in page.find_all(name):
            if element.get(attribute):
                yield address, element


def local_target(site, address, reference):
    """Return the file and the fragment that a reference leads to."""
    parts = urlsplit(reference)
    path = unquote(parts.path)
    folder = (site / address).parent
    file = (folder / path) if path else site / address
    return file.resolve(), unquote(parts.fragment)


def test_every_page_of_the_contents_is_there_and_no_other(pages):
    expected = {f"{file}.html" for file in toc_files()} | EXTRA_PAGES
    assert set(pages) == expected


def test_every_notebook_is_in_the_contents(chapters):
    folder = REPOSITORY / "notebooks"
    assert set(chapters) == {path.stem for path in folder.glob("*.ipynb")}


def test_every_link_and_asset_of_this_site_exists(site, pages):
    missing = []
    for name, attribute in {**LOADED, "a": "href"}.items():
        for address, element in elements(pages, name, attribute):
            reference = element[attribute]
            if is_elsewhere(reference):
                continue
            if reference.startswith(("data:", "mailto:", "javascript:")):
                continue
            file, _ = local_target(site, address, reference)
            if not file.exists():
                missing.append(f"{address}: {reference}")
    assert not missing


def test_every_link_to_a_part_of_a_page_finds_it(site, pages):
    missing = []
    for address, element in elements(pages, "a", "href"):
        if is_elsewhere(element["href"]):
            continue
        file, fragment = local_target(site, address, element["href"])
        target = pages.get(_address(site, file))
        if fragment and target and not target.find(id=fragment):
            missing.append(f"{address}: {element['href']}")
    assert not missing


def _address(site, file):
    root = site.resolve()
    return file.relative_to(root).as_posix() if root in file.parents else ""


def test_no_page_loads_anything_from_another_host(pages):
    loaded = [
        f"{address}: {element[attribute]}"
        for name, attribute in LOADED.items()
        for address, element in elements(pages, name, attribute)
        if is_elsewhere(element[attribute])
        and not NOT_LOADED & set(element.get("rel", ()))
    ]
    assert not loaded


def test_no_style_loads_anything_from_another_host(site, pages):
    sheets = [p.read_text("utf-8") for p in site.rglob("_static/**/*.css")]
    inline = [str(style) for page in pages.values() for style in page("style")]
    for text in sheets + inline:
        assert not re.search(r"url\(\s*[\"']?(https?:)?//", text)
        assert not re.search(r"@import[^;]*(https?:)?//", text)


def test_no_page_carries_code_that_runs_elsewhere(pages):
    for address, page in pages.items():
        text = str(page)
        for trace in ("thebe", "mybinder.org", "cdn.", "require.js"):
            assert trace not in text, f"{address}: {trace}"


def test_formulas_are_drawn_by_the_mathjax_of_this_site(site, chapters):
    used = [
        script["src"]
        for page in chapters.values()
        for script in page.find_all("script", src=re.compile("mathjax"))
    ]
    assert used
    assert all(not is_elsewhere(address) for address in used)
    assert (site / "_static/mathjax/tex-mml-chtml.js").is_file()
    assert list(site.glob("_static/mathjax/output/chtml/fonts/*/*.woff"))


def test_there_are_sounds_and_figures(pages):
    assert list(elements(pages, "audio", "src"))
    assert list(elements(pages, "img", "alt"))


def test_every_player_has_controls_caption_and_description(pages):
    for address, player in elements(pages, "audio", "src"):
        where = f"{address}: {player.get('aria-label')}"
        assert player.has_attr("controls"), where
        assert not player.has_attr("autoplay"), where
        assert player.get("preload") == "none", where
        assert player.get("aria-label"), where
        caption = player.find_parent("figure").figcaption
        title = caption.strong.get_text(strip=True)
        assert title, where
        description = caption.get_text(" ", strip=True)[len(title) :]
        assert len(description.strip()) >= MIN_DESCRIPTION_CHARS, where


def test_every_clip_is_a_small_file_that_sounds(site, pages):
    for address, player in elements(pages, "audio", "src"):
        assert not player["src"].startswith("data:"), address
        file, _ = local_target(site, address, player["src"])
        assert file.parent == site.resolve() / "_static" / "clips"
        assert file.stat().st_size < MAX_CLIP_BYTES, file.name
        samples, sample_rate = soundfile.read(file)
        assert samples.size / sample_rate >= MIN_CLIP_S, file.name
        assert np.sqrt(np.mean(samples**2)) > QUIETEST, file.name


def test_the_site_holds_no_clip_that_no_page_plays(site, pages):
    played = {
        Path(player["src"]).name
        for _, player in elements(pages, "audio", "src")
    }
    pads = [pad for page in pages.values() for pad in page("latent-pad")]
    played |= {Path(a["href"]).name for pad in pads for a in pad("a")}
    held = {path.name for path in (site / "_static/clips").glob("*")}
    assert held == played


def test_no_sound_is_left_inside_a_page(pages):
    for address, page in pages.items():
        assert "data:audio" not in str(page), address


def test_every_figure_has_a_text_that_says_what_it_shows(chapters):
    for name, page in chapters.items():
        for image in page.select("div.cell_output img"):
            alt = image.get("alt", "")
            where = f"{name}: {image['src']}"
            assert not alt.endswith((".png", ".svg", ".jpg")), where
            assert len(alt) >= MIN_ALT_CHARS, where


def test_every_image_of_the_site_has_alternative_text(pages):
    for address, page in pages.items():
        for image in page.find_all("img"):
            assert image.get("alt"), f"{address}: {image.get('src')}"


def test_colab_and_edit_links_name_files_of_the_repository(pages):
    found = {"colab": 0, "edit": 0}
    places = {
        "colab": f"{COLAB}/blob/{REPOSITORY_REF}/",
        "edit": f"{GITHUB}/edit/{REPOSITORY_REF}/",
    }
    for address, link in elements(pages, "a", "href"):
        for kind, start in places.items():
            if link["href"].startswith(start):
                path = link["href"].removeprefix(start)
                assert (REPOSITORY / path).is_file(), f"{address}: {path}"
                found[kind] += 1
        assert "/book/notebooks/" not in link["href"], address
    assert min(found.values()) > 0


@pytest.mark.parametrize("start", [f"{COLAB}/blob/", f"{GITHUB}/edit/"])
def test_every_chapter_has_its_own_colab_and_edit_link(chapters, start):
    for name, page in chapters.items():
        links = [a["href"] for a in page.find_all("a", href=True)]
        wanted = f"{start}{REPOSITORY_REF}/notebooks/{name}.ipynb"
        assert wanted in links


def test_every_chapter_says_where_its_results_come_from(chapters, preset):
    for name, page in chapters.items():
        (note,) = page.select("details.course-provenance")
        text = note.get_text(" ")
        manifest = read_manifest(Workplace().manifest(name, preset))
        expected = [
            f"preset {preset} · seed {manifest.seed}",
            f"{manifest.seconds:.1f} s",
            f"{manifest.peak_memory_mib:.0f} MiB",
            f"numpy {manifest.versions['numpy']}",
            manifest.code_hash[:12],
            *(f"{key} = " for key in manifest.parameters),
            *(f"{key} = " for key in manifest.metrics),
            *(digest[:12] for digest in manifest.clips.values()),
            *(digest[:12] for digest in manifest.figures.values()),
        ]
        missing = [item for item in expected if item not in text]
        assert not missing, name


def test_set_up_and_injected_cells_are_not_shown(chapters):
    for name, page in chapters.items():
        text = page.get_text()
        assert "google.colab" not in text, name
        assert "# Parameters\n" not in text, name
        assert text.count('# @param ["smoke"') == 1, name


def test_downloads_are_the_notebooks_of_the_repository(site, chapters):
    for name in chapters:
        download = site / "_sources" / "notebooks" / f"{name}.ipynb"
        assert download.read_bytes() == Workplace().source(name).read_bytes()


def test_search_finds_words_of_the_chapters(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "notebooks/00_start_here" in index


def executed(chapters, preset):
    for name in chapters:
        copy = notebook_file.read(Workplace().copy(name, preset))
        for cell in code_cells(copy):
            yield name, cell


def printed(cell):
    return "".join(o.get("text", "") for o in cell.outputs)


def test_stubs_fail_and_solutions_pass(chapters, preset):
    fails, passes = (t.split("{name}")[1][:12] for t in (FAILED, PASSED))
    fails, passes = (t.split("{")[0] for t in (fails, passes))
    seen = 0
    for name, cell in executed(chapters, preset):
        if "exercise" in tags(cell):
            assert fails in printed(cell), f"{name} {cell.id}"
            seen += 1
        if "solution" in tags(cell):
            assert passes in printed(cell), f"{name} {cell.id}"
            assert fails not in printed(cell), f"{name} {cell.id}"
    assert seen >= len(chapters)


def test_no_cell_warns_or_fails(chapters, preset):
    for name, cell in executed(chapters, preset):
        for output in cell.outputs:
            assert output.output_type != "error", f"{name} {cell.id}"
            assert output.get("name") != "stderr", f"{name} {cell.id}"


def test_smoke_stays_within_its_memory(chapters, preset):
    if preset != "smoke":
        pytest.skip("the promise is about the smoke preset")
    for name in chapters:
        manifest = read_manifest(Workplace().manifest(name, preset))
        assert manifest.peak_memory_mib < MAX_MEMORY_MIB, name


def test_configuration_keeps_execution_to_papermill():
    text = (REPOSITORY / "_config.yml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert config["execute"]["execute_notebooks"] == "off"
    assert config["repository"]["url"] == GITHUB
    assert config["repository"]["branch"] == REPOSITORY_REF
