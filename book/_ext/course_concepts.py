"""What each chapter needs and teaches: a graph and a table.

What it needs stands in `prerequisites.yml`, what it teaches in the glossary,
whose entries end with the chapter that explains them.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course_utils.experiments import notebook_file
from course_utils.experiments.freshness import Workplace, names_of

TERM = re.compile(
    r"^(?! |`|#)(.+)\n(?:  .*\n)*?  See chapter \[(\d\d)\]", re.M
)
EXERCISE = r"\*\*(?:Exercise )?({}\.\d)"
COLUMN, LINE, WIDTH, HEIGHT = 88, 54, 46, 32  # of the graph, in pixels


class Graph(SphinxDirective):
    """The directive `course-graph`: chapters, and arrows between them."""

    def run(self) -> list[nodes.Node]:
        """Return the graph as an SVG image with links."""
        self.env.note_reread()
        html = drawing(needs(Path(self.env.srcdir)), chapters())
        return [nodes.raw("", html, format="html")]


class Table(SphinxDirective):
    """The directive `course-concepts`: what each chapter needs and teaches."""

    def run(self) -> list[nodes.Node]:
        """Return the table, with roles and links resolved by Sphinx."""
        self.env.note_reread()
        text = table(Path(self.env.srcdir))
        return self.parse_text_to_nodes(text)


def needs(book: Path) -> dict[str, list[str]]:
    """Return chapter -> the chapters it needs, in the order of the course."""
    text = (book / "prerequisites.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def terms(book: Path) -> dict[str, str]:
    """Return each word of the glossary -> the chapter that explains it."""
    text = (book / "glossary.md").read_text(encoding="utf-8")
    return dict(TERM.findall(text))


@cache
def chapters() -> dict[str, str]:
    """Return the number of each chapter -> the name of its notebook."""
    return {name.split("_")[0]: name for name in names_of(Workplace())}


def table(book: Path) -> str:
    """Return the table as Markdown."""
    lines = [
        "| chapter | needs | new words | exercises |",
        "|---|---|---|---|",
    ]
    explained = terms(book)
    for number, before in needs(book).items():
        name = chapters()[number]
        title, n_exercises = title_and_exercises(name)
        words = (f"{{term}}`{t}`" for t, n in explained.items() if n == number)
        cells = [
            f"{number} [{title}](notebooks/{name}.ipynb)",
            ", ".join(before) or "–",
            ", ".join(words) or "–",
            str(n_exercises),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def title_and_exercises(name: str) -> tuple[str, int]:
    """Return the title of a notebook and the number of its exercises."""
    notebook = notebook_file.read(Workplace().source(name))
    title = notebook.cells[0].source.partition("\n")[0].removeprefix("# ")
    number = name.split("_")[0]
    text = "\n".join(cell.source for cell in notebook.cells)
    return title, len(set(re.findall(EXERCISE.format(number), text)))


def drawing(before: dict[str, list[str]], names: dict[str, str]) -> str:
    """Return the graph as SVG; each chapter is one step behind its needs."""
    depth: dict[str, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for number, needed in before.items():
        depth[number] = 1 + max((depth[n] for n in needed), default=-1)
        above = sum(d == depth[number] for d in depth.values()) - 1
        places[number] = (depth[number] * COLUMN + 4, above * LINE + 4)
    width = max(x for x, _ in places.values()) + WIDTH + 4
    height = max(y for _, y in places.values()) + HEIGHT + 4
    arrows = "".join(
        arrow(places[need], places[number])
        for number, needed in before.items()
        for need in needed
    )
    boxes = "".join(box(n, names[n], *places[n]) for n in before)
    return (
        '<div class="course-graph"><svg role="group" aria-label="Chapters and '
        f'what they need; the table below says the same" width="{width}" '
        f'viewBox="0 0 {width} {height}">{arrows}{boxes}</svg></div>'
    )


def arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a curve from the right of one box to the left of another."""
    x0, y0 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x1, y1 = end[0], end[1] + HEIGHT // 2
    bend = (x1 - x0) // 2
    head = f"M{x1 - 6} {y1 - 4}L{x1} {y1}L{x1 - 6} {y1 + 4}"
    curve = f"M{x0} {y0}C{x0 + bend} {y0} {x1 - bend} {y1} {x1} {y1}"
    return f'<path d="{curve}{head}"/>'


def box(number: str, name: str, x: int, y: int) -> str:
    """Return a chapter as a box with a link."""
    words = name.partition("_")[2].replace("_", " ")
    label = escape(f"Chapter {number}, {words}", quote=True)
    middle = f'x="{x + WIDTH // 2}" y="{y + HEIGHT // 2 + 5}"'
    return (
        f'<a href="notebooks/{name}.html" aria-label="{label}">'
        f"<title>{label}</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text {middle} text-anchor="middle">{number}</text></a>'
    )
