"""The page of benchmarks: tables and a picture of what `make bench` kept.

The directive `course-benchmarks` takes one word: `latest`, `machine`,
`picture` or `history`. Nothing is measured when the site is built.
"""

import base64
import io
from html import escape

import matplotlib as mpl
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course_utils.experiments import benchmark_records
from course_utils.experiments.benchmark_records import Case, Record
from course_utils.plots import style
from course_utils.plots.benchmarks import plot_ratios

SHORT = 9  # digits of a commit that are shown
N_COLUMNS = 8  # newest commits in the table of all
ROW_INCHES = 0.32
NOTHING = "Nothing was measured yet; `make bench` does.\n"
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("course-benchmarks", Benchmarks)
    return {"version": "1", "parallel_read_safe": True}


class Benchmarks(SphinxDirective):
    """The directive `course-benchmarks WORD`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table or picture, of the records as they are now."""
        self.env.note_dependency(str(benchmark_records.history_path()))
        records = benchmark_records.history()
        word = self.arguments[0]
        if not records:
            return self.parse_text_to_nodes(
                NOTHING if word == "latest" else ""
            )
        if word == "picture":
            return [nodes.raw("", picture(records), format="html")]
        told = {"latest": latest, "machine": machine, "history": history}
        return self.parse_text_to_nodes(told[word](records))


def latest(records: list[Record]) -> str:
    """Return the newest row as Markdown, with when and where it was."""
    record = records[-1]
    lines = [
        "| part | what | takes | baseline | times as fast | limit | share |",
        "|---|---|--:|---|--:|---|--:|",
    ]
    for case in record.cases:
        cells = (
            case.part,
            f"{case.name}, one {case.unit}",
            duration(case.seconds),
            f"{case.baseline}: {duration(case.baseline_seconds)}",
            times(case),
            f"{case.limit}: {duration(case.limit_seconds)}",
            percent(case.share),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return f"{about(record)}\n\n" + "\n".join(lines) + "\n"


def about(record: Record) -> str:
    """Return when and where a row was measured, as a sentence."""
    changed = " with changes that were not committed" * record.dirty
    busy = (
        " The machine had other work at the time: times are too long, and "
        "ratios less certain than they will be."
    )
    return (
        f"Measured on {record.date[:10]} at commit "
        f"`{record.commit[:SHORT]}`{changed}, on {record.machine}; torch used "
        f"{record.peaks['threads']} of the cores.{busy * record.provisional}"
    )


def times(case: Case) -> str:
    """Return a ratio with the range of its rounds."""
    low, high = figure(case.ratio_low), figure(case.ratio_high)
    return f"**{figure(case.ratio)}** ({low} to {high})"


def machine(records: list[Record]) -> str:
    """Return what the machine has at best, as Markdown."""
    peaks = records[-1].peaks
    half = peaks["bfloat16_flops_per_s"]
    rows = [
        ("a large product of matrices in float32", flops(peaks)),
        (
            "the same in bfloat16",
            f"{half / 1e9:,.0f} GFLOP/s" if half else "only imitated here",
        ),
        (
            "memory, read and written by a copy",
            f"{peaks['bytes_per_s'] / 1e9:.1f} GB/s",
        ),
        ("starting one operation of torch", duration(peaks["start_s"])),
    ]
    lines = ["| what this machine has | measured |", "|---|--:|"]
    return "\n".join(lines + [f"| {a} | {b} |" for a, b in rows]) + "\n"


def flops(peaks: dict) -> str:
    """Return the products a second of a machine."""
    return f"{peaks['float32_flops_per_s'] / 1e9:,.0f} GFLOP/s"


def history(records: list[Record]) -> str:
    """Return the ratios of the newest commits as Markdown, a column each."""
    shown = records[-N_COLUMNS:]
    heads = [f"{r.date[:10]} `{r.commit[:SHORT]}`" for r in shown]
    lines = [
        f"| what | {' | '.join(heads)} |",
        "|---|" + "--:|" * len(shown),
    ]
    for name in names(records):
        cells = (ratio_of(record, name) for record in shown)
        told = ("–" if ratio is None else figure(ratio) for ratio in cells)
        lines.append(f"| {name} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def names(records: list[Record]) -> list[str]:
    """Return the cases of all records in the order of the newest."""
    newest_first = (case for r in reversed(records) for case in r.cases)
    return list(dict.fromkeys(title(case) for case in newest_first))


def title(case: Case) -> str:
    """Return part and name of a case; names alone may occur twice."""
    return f"{case.part}: {case.name}"


def ratio_of(record: Record, name: str) -> float | None:
    """Return the ratio of a case in a record; None if it has none."""
    found = {title(case): case.ratio for case in record.cases}
    return found.get(name)


def picture(records: list[Record]) -> str:
    """Return the ratios of all commits as an SVG image with its text."""
    rows = {
        name: [
            ratio
            for record in records
            if (ratio := ratio_of(record, name)) is not None
        ]
        for name in names(records)
    }
    look = style.SETTINGS | {"svg.hashsalt": "course"}
    file = io.BytesIO()
    with mpl.rc_context(look):
        drawn = Figure(figsize=(8.0, 1.0 + ROW_INCHES * len(rows)))
        plot_ratios(rows, ax=drawn.subplots())
        drawn.savefig(file, format="svg", metadata={"Date": None})
    data = base64.b64encode(file.getvalue()).decode()
    told = "; ".join(f"{name}, {figure(v[-1])}" for name, v in rows.items())
    text = escape(f"How many times as fast each part is: {told}.", quote=True)
    return (
        f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}">'
        "<figcaption>Diamonds: the newest commit. Dots: those before it. The "
        "dotted line: as fast as the baseline.</figcaption></figure>"
    )


def duration(seconds: float) -> str:
    """Return a time in a fitting unit: `1.2 ms`."""
    for size, unit in UNITS:
        if seconds >= size:
            return f"{figure(seconds / size)} {unit}"
    return f"{figure(seconds / UNITS[-1][0])} {UNITS[-1][1]}"


def figure(value: float) -> str:
    """Return a number with three digits, at most two after the point."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def percent(share: float) -> str:
    """Return a share as per cent."""
    return f"{100 * share:.0f} %"
