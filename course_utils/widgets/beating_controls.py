"""The beating explorer with a kernel: the same dials, the library itself.

Works with ipywidgets 7.7 and 8. Without a kernel, as on the website, there is
nothing to show; `BeatingExplorer` works there.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import base64
import io
from html import escape

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from course_utils.plots import phase
from course_utils.plots.listen import Gallery, gallery, play
from course_utils.widgets.beating_copies import (
    COPIES,
    DIALS,
    LEVEL,
    SAMPLE_RATE,
    Beating,
)

N_JOINED = 5  # frames in the picture of the joins
N_CLOCKS = 16
DOTS_PER_INCH = 80
LABELS = {"description_width": "9em"}
WIDE = {"width": "36em"}


def beating_controls() -> ipywidgets.VBox:
    """Set tone, stride, duration and copy, and see and hear the result.

    Nothing sounds by itself.

    Returns
    -------
    VBox
        Shown when it is the last value of a cell.

    Taught in: notebooks/11_phase_and_stride_beating.ipynb
    """
    start = Beating()
    set_by = _controls(start)
    result = ipywidgets.HTML(shown(start))

    def follow(_: dict) -> None:
        values = {name: control.value for name, control in set_by.items()}
        values["stride"] = round(values["stride"])
        result.value = shown(Beating(**values))

    for control in set_by.values():
        control.observe(follow, "value")
    return ipywidgets.VBox([*set_by.values(), result])


def shown(about: Beating) -> str:
    """Return words, numbers, pictures and players of one setting, as HTML."""
    rows = "".join(
        f"<tr><th scope='row'>{name}</th><td>{text}</td></tr>"
        for name, text in about.facts().items()
    )
    words = escape(about.sentence())
    return (
        f"<p role='status'><strong>{words}</strong></p><table>{rows}</table>"
        f"<img alt='Pictures. {words}' src='{_pictures(about)}'>"
        + _players(about)._repr_html_()
    )


def _players(about: Beating) -> Gallery:
    """Return players of tone and copy, both at the level of the tone."""
    sounds = {
        "Tone": (about.tone(), "What the layer has to make."),
        "Copy": (about.made(), f"{COPIES[about.copy]}."),
    }
    return gallery(
        *(
            play(
                LEVEL * sound,
                SAMPLE_RATE,
                caption=f"{name}, {about.f_hz:g} Hz, stride {about.stride}",
                description=heard,
                match_loudness=False,
            )
            for name, (sound, heard) in sounds.items()
        )
    )


def _controls(start: Beating) -> dict[str, ipywidgets.DOMWidget]:
    """Return a slider for each dial, and the choice of the copy."""
    look = {"style": LABELS, "layout": WIDE}
    controls = {
        name: ipywidgets.FloatSlider(
            value=getattr(start, name),
            min=dial.low,
            max=dial.high,
            step=dial.step,
            description=f"{dial.label}, {dial.unit}",
            continuous_update=False,
            **look,
        )
        for name, dial in DIALS.items()
    }
    choices = [(label, copy) for copy, label in COPIES.items()]
    controls["copy"] = ipywidgets.Dropdown(
        options=choices, value=start.copy, description="Copy", **look
    )
    return controls


def _pictures(about: Beating) -> str:
    """Return joins, clocks, envelope and lines, as the address of a PNG."""
    tone, made = about.tone().numpy(), about.made().numpy()
    figure = Figure((8, 9), dpi=DOTS_PER_INCH, layout="constrained")
    joins, clocks, whole, lines = figure.subplots(
        4, height_ratios=(3, 1.4, 3, 3)
    )
    rates = about.stride, SAMPLE_RATE
    shown_frames = min(N_JOINED, len(made) // about.stride)
    phase.plot_joins(tone, made, *rates, n_frames=shown_frames, ax=joins)
    hands = about.advance * np.arange(N_CLOCKS)
    phase.plot_clocks({"phase": hands}, ax=clocks)
    phase.plot_envelopes({"tone": tone, "copy": made}, SAMPLE_RATE, ax=whole)
    sounds = {"tone": tone[: len(made)]}
    if np.abs(made).max() > 1e-9:  # silence has no line to show
        sounds["copy"] = made
    phase.plot_lines(sounds, *rates, ax=lines)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    data = base64.b64encode(file.getvalue()).decode()
    return f"data:image/png;base64,{data}"
