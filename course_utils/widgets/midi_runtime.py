"""The program that plays MIDI in a page, and where it has to stand.

It has 600 kB, so a page gets it once. On the website and in JupyterLab all
outputs of a notebook are one page; on Colab each output is a page of its
own. Nothing of it runs before the first press of a Play button.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import re
import sys
from dataclasses import dataclass, field
from importlib import resources

from IPython import get_ipython

TAG = "midi-player"
FILES = ("Tone.js", "core.js", "midi-player.min.js")  # each needs the last
MAP = re.compile(r"^//# sourceMappingURL=.*$", re.M)  # not shipped
# Tone tries out whether a browser has an old fault (it cannot take one of two
# connections of a node away), with a node of which Chromium warns in the
# console. The answer is put in its place: it has not.
OLD_FAULT = "!0!==e(et,()=>et(r))"
NO_FAULT = "!1"
COLAB = "google.colab"


def runtime_script() -> str:
    """Return the whole player as one `<script>`.

    It defines a function of the page, `courseMidiPlayer`, and calls
    nothing. The names that module loaders would give are hidden from the
    programs inside, because some notebooks have such a loader.
    """
    folder = resources.files("course_utils.widgets") / "vendor/midi_player"
    texts = [(folder / name).read_text(encoding="utf-8") for name in FILES]
    lines = (
        f'<script data-element="{TAG}">',
        "globalThis.courseMidiPlayer ??= () => {",
        f'if (customElements.get("{TAG}")) return;',
        "globalThis.TONE_SILENCE_LOGGING = true;",
        "(function (exports, module, define) {",
        *(MAP.sub("", t).replace(OLD_FAULT, NO_FAULT) for t in texts),
        "}).call(globalThis);",
        "};</script>",
    )
    return "\n".join(lines)


@dataclass
class RuntimePlaces:
    """Remembers which cells of this kernel hold the player's program.

    Parameters
    ----------
    holders : dict
        Page -> the cell that holds its program.
    last : dict
        Page -> the run of that cell that wrote it last.
    """

    holders: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def claims(self, cell: str, run: str, page: str) -> bool:
        """Return whether an output has to hold the program of its page.

        The first cell that asks holds it, once in each of its runs: who runs
        the cell again writes over its output, the program with it.

        Parameters
        ----------
        cell, run : str
            Which cell asks, and which of its runs this is.
        page : str
            The page that the output will be part of.
        """
        holder = self.holders.setdefault(page, cell)
        if holder != cell or self.last.get(page) == run:
            return False
        self.last[page] = run
        return True


PLACES = RuntimePlaces()


def runtime_if_needed() -> str:
    """Return the player's script, or nothing if its page has it already.

    Outside a notebook every page is another one, and gets it.
    """
    shell = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return runtime_script()
    parent = kernel.get_parent() or {}
    run = str(parent.get("header", {}).get("msg_id"))
    cell = str(parent.get("metadata", {}).get("cellId") or run)
    page = cell if COLAB in sys.modules else "notebook"
    return runtime_script() if PLACES.claims(cell, run, page) else ""
