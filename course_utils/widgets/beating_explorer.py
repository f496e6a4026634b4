"""The beating explorer: chapter 11 under the reader's own fingers.

An element of a page that computes, draws and plays without kernel and
network; see `elements/beating_explorer/element.js`. For a live kernel there is
`beating_widget`.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import json
from dataclasses import asdict, dataclass, field
from html import escape

from course_utils.widgets.beating_copies import (
    COPIES,
    DIALS,
    LEVEL,
    SAMPLE_RATE,
    Beating,
)
from course_utils.widgets.page_element import element_script

TAG = "beating-explorer"
SCRIPTS = (
    "shared/page_parts.js",
    "beating_explorer/math.js",
    "beating_explorer/view.js",
    "beating_explorer/element.js",
)
STYLE = "beating_explorer/style.css"
TITLE = "Beating explorer: one tone, made frame by frame"
WITHOUT_SCRIPT = (
    "The explorer needs JavaScript. Without it, these are its answers for "
    "four tones."
)
EXAMPLES_HZ = (500.0, 503.0, 510.0, 440.0)


@dataclass(frozen=True)
class BeatingExplorer:
    """The explorer as the last value of a cell.

    Parameters
    ----------
    start : Beating
        What is set when the page opens.
    """

    start: Beating = field(default_factory=Beating)

    def _repr_html_(self) -> str:
        settings = escape(json.dumps(self.settings()))
        return (
            f'<beating-explorer data-settings="{settings}">'
            f"<p><strong>{TITLE}</strong></p><p>{WITHOUT_SCRIPT}</p>"
            f"<ul>{''.join(map(self._example, EXAMPLES_HZ))}</ul>"
            "</beating-explorer>" + element_script(TAG, SCRIPTS, STYLE)
        )

    def settings(self) -> dict:
        """Return what the page needs to know: ranges, names and level."""
        dials = {
            name: asdict(dial) | {"value": getattr(self.start, name)}
            for name, dial in DIALS.items()
        }
        return {
            "title": TITLE,
            "sample_rate": SAMPLE_RATE,
            "level": LEVEL,
            "dials": dials,
            "copies": COPIES,
            "copy": self.start.copy,
        }

    def _example(self, f_hz: float) -> str:
        """Return a line of the list for readers without JavaScript."""
        about = Beating(f_hz, self.start.stride, copy="one")
        numbers = "; ".join(
            f"{name.lower()}: {text}" for name, text in about.facts().items()
        )
        return f"<li>{f_hz:g} Hz. {about.sentence()} ({numbers})</li>"
