"""Every page of the site in a real browser: quiet, alone, accessible, light."""

from importlib import resources

import pytest

AXE = resources.files("axe_playwright_python") / "axe.min.js"
SERIOUS = {"serious", "critical"}
RULES = "{resultTypes: ['violations'], iframes: false}"
MAX_KB = 1_000  # a page's own weight: no sounds, no shared runtime
SHARED = ("_static/mathjax/", "_static/onnxruntime/")
SOUNDS = "_static/clips/"
LOADED = (
    "performance.getEntriesByType('resource')"
    ".map((e) => [e.name, e.decodedBodySize])"
)
PAGE = "performance.getEntriesByType('navigation')[0].decodedBodySize"


@pytest.fixture(scope="session")
def paths(site):
    """Give the addresses of all pages that a reader can open."""
    found = (p.relative_to(site) for p in sorted(site.rglob("*.html")))
    hidden = {"_static", "_sources"}
    return [p.as_posix() for p in found if p.parts[0] not in hidden]


def weigh(browser):
    """Return kilobytes: of the page alone, its HTML, and everything."""
    html = browser.run(PAGE)
    loaded = browser.run(LOADED)
    whole = html + sum(size for _, size in loaded)
    shared = sum(
        size
        for name, size in loaded
        if SOUNDS in name or any(folder in name for folder in SHARED)
    )
    return (whole - shared) / 1000, html / 1000, whole / 1000


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


def test_every_page_is_light_quiet_and_alone(page, paths, capsys):
    table = {}
    for path in paths:
        browser = page(path)
        browser.page.wait_for_load_state("networkidle")
        table[path] = weigh(browser)
    with capsys.disabled():
        print(f"\n{'kB without sounds':>18} {'HTML':>6} {'all':>6}  page")
        for path, (own, html, whole) in table.items():
            print(f"{own:18.0f} {html:6.0f} {whole:6.0f}  {path}")
    assert max(own for own, _, _ in table.values()) < MAX_KB
