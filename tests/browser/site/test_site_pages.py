"""Every page of the site in a browser: quiet, alone, accessible, light."""

import gzip
from importlib import resources

import pytest

AXE = resources.files("axe_playwright_python") / "axe.min.js"
SERIOUS = {"serious", "critical"}
RULES = "{resultTypes: ['violations'], iframes: false, preload: false}"
MAX_KB = 1_000  # of a page alone: no sounds, nothing that all pages share
RUNTIMES = ("mathjax/", "onnxruntime/", "midi-player")  # one for all pages
THEME = ("styles/", "scripts/", "vendor/")
TEXTS = (".html", ".js", ".css", ".svg")  # what a web server packs
SOUNDS = "_static/clips/"
LOADED = (
    "[location, ...performance.getEntriesByType('resource')]"
    ".map((e) => new URL(e.href ?? e.name).pathname.slice(1))"
)


@pytest.fixture(scope="session")
def paths(site):
    """Give the addresses of all pages that a reader can open."""
    found = (p.relative_to(site) for p in sorted(site.rglob("*.html")))
    hidden = {"_static", "_sources"}
    names = [p.as_posix() for p in found if p.parts[0] not in hidden]
    return [name for name in names if name != "index.html"]  # leads to intro


def weigh(site, browser):
    """Return kB as sent: of the page itself, its theme, and all the rest."""
    kinds = {"own": 0.0, "theme": 0.0, "runtime": 0.0, "sounds": 0.0}
    for name in set(browser.run(LOADED)):
        data = (site / name).read_bytes()
        if name.endswith(TEXTS):
            data = gzip.compress(data)
        if any(runtime in name for runtime in RUNTIMES):
            kind = "runtime"
        elif SOUNDS in name:
            kind = "sounds"
        else:
            part = name.removeprefix("_static/")
            kind = "theme" if part.startswith(THEME) else "own"
        kinds[kind] += len(data) / 1000
    return kinds


def faults(browser):
    """Return what axe calls serious or critical, with one place each."""
    browser.page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = browser.run(f"axe.run(document, {RULES})")["violations"]
    return {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]][:2]
        for fault in found
        if fault["impact"] in SERIOUS
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_on_any_page(page, paths, theme):
    wrong = {}
    for path in paths:
        browser = page(path)
        browser.run(f"document.documentElement.dataset.theme = '{theme}'")
        browser.page.wait_for_timeout(300)  # ms; colours fade over
        found = faults(browser)
        if found:
            wrong[path] = found
    assert not wrong


def test_every_page_is_light_quiet_and_alone(page, paths, site, capsys):
    table = {}
    for path in paths:
        browser = page(path)
        browser.page.wait_for_load_state("networkidle")
        table[path] = weigh(site, browser)
    with capsys.disabled():
        print("\nkB a page: " + " ".join(next(iter(table.values()))))
        for path, kinds in table.items():
            print(" ".join(f"{kb:7.0f}" for kb in kinds.values()), path)
    for path, kinds in table.items():
        assert kinds["own"] < MAX_KB, path
