"""The pages of benchmarks and of full runs: tables, a picture, a build."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from course_utils.experiments import benchmark_records, full_run_costs
from course_utils.experiments.benchmark_records import Case, Record
from course_utils.models.gansynth import GanSynthConfig
from course_utils.recipes import gansynth_presets, transformer_presets
from course_utils.training.gan_losses import WassersteinGp
from course_utils.training.gan_schedules import growing_stages

import course_benchmarks  # isort: skip  (found through tests/book/conftest.py)
import course_full_runs  # isort: skip

CASE = Case(
    name="notes & bells",
    part="Training",
    unit="note",
    seconds=0.0123,
    baseline="a loop",
    baseline_seconds=0.0246,
    ratio=2.0,
    ratio_low=1.5,
    ratio_high=2.25,
    limit="a copy",
    limit_seconds=5e-6,
    share=0.25,
    n_rounds=7,
)
PEAKS = {
    "float32_flops_per_s": 71e9,
    "bfloat16_flops_per_s": None,
    "bytes_per_s": 9.5e9,
    "start_s": 6.7e-6,
    "threads": 2,
}
RECORD = Record(
    commit="0123456789abcdef",
    dirty=False,
    date="2026-01-02T03:04:05",
    machine="2 cores without a GPU",
    provisional=False,
    peaks=PEAKS,
    cases=(CASE,),
)
SMALL_GAN = GanSynthConfig(5, 0, (8, 8, 4), (4, 2), n_latent=8)
MODULES = ("course_benchmarks", "course_full_runs")
PAGE = "# Title\n\n" + "\n\n".join(
    f"```{{{name}}} {word}\n```"
    for name, words in (
        ("course-benchmarks", ("latest", "picture", "machine", "history")),
        ("course-full-run", tuple(course_full_runs.TOLD)),
    )
    for word in words
)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Give the function that lets the pages find these records."""
    path = tmp_path / "benchmarks.json"
    monkeypatch.setattr(benchmark_records, "history_path", lambda: path)
    monkeypatch.setattr(course_full_runs, "starts_seconds", lambda: 1e-6)

    def keep(*records):
        for record in records:
            benchmark_records.keep(record, path)

    return keep


@pytest.fixture
def small(monkeypatch):
    """Let the page speak of small networks, which are counted at once."""
    recipe = gansynth_presets.RECIPES["paper"]
    stages = growing_stages(3, 100, (8,) * 3)
    plan = replace(recipe.plan, stages=stages, n_images=1_000)
    gan = SimpleNamespace(model=SMALL_GAN, loss=WassersteinGp(), plan=plan)
    sizes = dict(transformer_presets.SIZES["performance"]["smoke"])
    music = transformer_presets.RECIPES["performance"]["paper"]
    music = replace(music, length=32)
    recipes = {
        "gansynth_presets": SimpleNamespace(RECIPES={"paper": gan}),
        "transformer_presets": SimpleNamespace(
            RECIPES={"performance": {"paper": music}},
            SIZES={"performance": {"paper": sizes}},
        ),
    }
    counted = (
        course_full_runs.gan,
        course_full_runs.music,
        course_full_runs.start_s,
    )
    for name, value in recipes.items():
        monkeypatch.setattr(course_full_runs, name, value)
    for function in counted:
        function.cache_clear()
    yield
    for function in counted:
        function.cache_clear()


def build(folder):
    """Build one page with both extensions, without a warning.

    But for one: another build in this process knows the same nodes.
    """
    source, out = folder / "source", folder / "out"
    source.mkdir()
    extensions = ["myst_parser", *MODULES]
    (source / "conf.py").write_text(f"extensions = {json.dumps(extensions)}\n")
    (source / "index.md").write_text(PAGE)
    said = io.StringIO()
    words = {"status": None, "warning": said}
    Sphinx(source, source, out, out, "html", **words).build()
    lines = said.getvalue().splitlines()
    assert not [line for line in lines if "already registered" not in line]
    text = (out / "index.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def test_both_pages_build_with_all_their_parts(tmp_path, kept, small):
    older = replace(RECORD, commit="f" * 40, date="2025-12-31T00:00:00")
    kept(older, RECORD)
    page = build(tmp_path)
    assert len(page.find_all("table")) == 3 + len(course_full_runs.TOLD) - 2
    (image,) = page.select("figure img")
    assert "Training: notes & bells, 2.00" in image["alt"]
    assert "notes & bells" in page.get_text()


def test_without_records_the_page_says_what_to_do(tmp_path, kept, small):
    page = build(tmp_path)
    assert "make bench" in page.get_text()
    assert not page.find_all("img")


def test_a_row_says_what_takes_how_long_beside_what():
    text = course_benchmarks.latest([RECORD])
    assert "2026-01-02 at commit `012345678`, on 2 cores" in text
    row = text.strip().split("\n")[-1]
    assert "12.3 ms" in row
    assert "a loop: 24.6 ms" in row
    assert "**2.00** (1.50 to 2.25)" in row
    assert "a copy: 5.00 µs" in row
    assert row.endswith("25 % |")
    assert "other work" not in text
    busy = course_benchmarks.latest([replace(RECORD, provisional=True)])
    assert "other work" in busy


def test_the_history_has_a_column_a_commit_and_dashes_for_what_is_new():
    other = replace(RECORD, commit="f" * 40, cases=(replace(CASE, name="x"),))
    text = course_benchmarks.history([other, RECORD])
    *_, first, second = text.strip().split("\n")
    assert first == "| Training: notes & bells | – | 2.00 |"
    assert second == "| Training: x | 2.00 | – |"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3.0, "3.00 s"),
        (0.0123, "12.3 ms"),
        (4.2e-6, "4.20 µs"),
        (5e-10, "0.50 ns"),
    ],
)
def test_times_are_told_in_a_fitting_unit(seconds, words):
    assert course_benchmarks.duration(seconds) == words


def test_large_numbers_are_powers_of_ten():
    assert course_full_runs.power(2.354e18) == "2.35 · 10¹⁸"
    assert course_full_runs.power(0.05) == "5.00 · 10⁻²"


def test_the_share_reached_here_comes_from_the_record(kept, small):
    assert "make bench" in course_full_runs.here()
    kept(RECORD)
    assert course_full_runs.here().endswith("| notes & bells | 25 % |\n")


def test_reported_times_lie_within_the_shares_that_the_page_assumes():
    table = course_full_runs.check()
    shares = [
        float(line.split("|")[3].strip(" %"))
        for line in table.strip().split("\n")[2:]
    ]
    assert len(shares) == len(course_full_runs.REPORTED_HOURS)
    low, high = (100 * share for share in full_run_costs.SHARES)
    assert low < min(shares) < max(shares) < high
