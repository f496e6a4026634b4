"""The page of experiments: a table of all runs, made when the site is built.

The table is complete without a script; the script beside this file adds
sorting and filtering.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from course_runs import Run
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SCRIPT = Path(__file__).with_name("course_dashboard.js")
COLUMNS = (
    "Run",
    "Preset",
    "Seconds",
    "Memory, MiB",
    "Parameters",
    "Metrics",
    "Sounds",
    "Commit",
    "State",
)


class RunsTable(SphinxDirective):
    """The directive `course-runs`: the table of all runs."""

    def run(self) -> list[nodes.Node]:
        """Return the table as HTML; read again in every build."""
        self.env.note_reread()
        html = table(self.env.app.course_runs)
        return [nodes.raw("", html, format="html")]


def table(runs: list[Run]) -> str:
    """Return the table and its script as HTML."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    rows = "\n".join(row(run) for run in runs)
    script = SCRIPT.read_text(encoding="utf-8")
    return (
        '<div class="course-runs"><table class="table">'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
        f"</div>\n<script>\n{script}</script>"
    )


def row(run: Run) -> str:
    """Return one run as a row."""
    link = f'<a href="{escape(run.link)}">{escape(run.name)}</a>'
    state = f"<strong>stale</strong>: {escape(run.stale)}"
    kept = "fresh" if run.link.startswith("notebooks/") else "kept"
    cells = [
        cell(escape(run.preset)),
        number(run.seconds),
        number(run.memory_mib),
        cell(folded(values(run.parameters), "value"), len(run.parameters)),
        cell(folded(values(run.metrics), "metric"), len(run.metrics)),
        cell(folded(run.players, "sound"), len(run.players)),
        cell(f"<code>{escape(run.commit)}</code>" if run.commit else "–"),
        cell(state if run.stale else kept),
    ]
    flag = ' class="course-stale"' if run.stale else ""
    name = f'<th scope="row">{link}</th>'
    return f"<tr{flag}>{name}{''.join(cells)}</tr>"


def cell(html: str, value: float | None = None) -> str:
    """Return a cell; `value` is what it is sorted by, instead of its text."""
    order = "" if value is None else f' data-value="{value}"'
    return f"<td{order}>{html}</td>"


def number(value: float | None) -> str:
    """Return a cell with a number; a dash where nothing was noted."""
    return cell("–") if value is None else cell(f"{value:,.0f}", value)


def values(found: dict[str, object]) -> Iterator[str]:
    """Yield names and values as code."""
    for name, value in found.items():
        shown = f"{value:.6g}" if isinstance(value, float) else value
        yield f"<code>{escape(f'{name} = {shown}')}</code>"


def folded(items: Iterator[str], what: str) -> str:
    """Return items as a list that opens; a dash if there are none."""
    lines = [f"<li>{item}</li>" for item in items]
    if not lines:
        return "–"
    count = f"{len(lines)} {what}" + "s" * (len(lines) > 1)
    return (
        f"<details><summary>{count}</summary><ul>{''.join(lines)}</ul>"
        "</details>"
    )
