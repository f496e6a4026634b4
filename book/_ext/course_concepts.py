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
LINE, ARCS, WIDTH = 27, 190, 640  # pixels: a line, the arcs, the graph
BEND = 0.42  # how far an arc reaches to the left, by its height


class Graph(SphinxDirective):
    """The directive `course-graph`: chapters, and arrows between them."""

    def run(self) -> list[nodes.Node]:
        """Return the graph as an SVG image with links."""
        self.env.note_reread()
        html = drawing(Path(self.env.srcdir))
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


def drawing(book: Path) -> str:
    """Return the graph as SVG: a list of chapters, and arcs beside it."""
    before = needs(book)
    heights = {n: LINE * (i + 0.5) for i, n in enumerate(before)}
    arcs = "".join(
        arc(heights[need], heights[number])
        for number, needed in before.items()
        for need in needed
    )
    entries = "".join(entry(n, y) for n, y in heights.items())
    height = LINE * len(before)
    return (
        '<div class="course-graph"><svg role="group" aria-label="Chapters and '
        f'what they need; the table below says the same" width="{WIDTH}" '
        f'viewBox="0 0 {WIDTH} {height}">{arcs}{entries}</svg></div>'
    )


def arc(start: float, end: float) -> str:
    """Return an arc with an arrow's head, left of the list."""
    left = ARCS - 10 - (end - start) * BEND
    curve = f"M{ARCS} {start + 3}C{left} {start} {left} {end} {ARCS} {end - 3}"
    head = f"M{ARCS - 8} {end - 6}L{ARCS} {end - 3}L{ARCS - 7} {end + 3}"
    return f'<path d="{curve}{head}"/>'


def entry(number: str, y: float) -> str:
    """Return a chapter as a line of the list."""
    name = chapters()[number]
    title = escape(title_and_exercises(name)[0])
    return (
        f'<a href="notebooks/{name}.html"><text x="{ARCS + 8}" y="{y + 5}">'
        f"{number} {title}</text></a>"
    )
