"""The LSTM composer with a kernel: the same settings, the network itself.

Works with ipywidgets 7.7 and 8. Without a kernel, as on the website, there is
nothing to show; `lstm_composer` works there.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from course_utils.basics.checks import CourseError
from course_utils.basics.runtime import MAX_SEED
from course_utils.data.corpora import Piece
from course_utils.plots.listen import play
from course_utils.recipes.lstm_compose import generate
from course_utils.symbolic.synth import sequence_to_waveform
from course_utils.widgets.roll_picture import roll_svg

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

RATE = 22_050  # Hz


def composer_controls(
    checkpoint: Path | str, primers: Sequence[Piece]
) -> ipywidgets.VBox:
    """Choose a primer and how to draw; a press composes, shows and plays.

    Nothing sounds by itself. The new bars are those of
    `recipes.lstm_compose.generate`.

    Parameters
    ----------
    checkpoint : Path or str
        See `recipes.lstm.load_model`.
    primers : sequence of Piece
        What can be gone on from.

    Returns
    -------
    VBox
        Shown when it is the last value of a cell.

    Taught in: notebooks/41_lstm_composing.ipynb
    """
    settings = _settings([(p.name, p.sequence) for p in primers])
    button = ipywidgets.Button(description="Compose")
    result = ipywidgets.HTML()

    def compose(_: ipywidgets.Button) -> None:
        words = {name: setting.value for name, setting in settings.items()}
        button.disabled = True
        result.value = "<p role='status'>Composing …</p>"
        try:
            new = generate(checkpoint, **words)
            result.value = shown(new, settings["primer"].label)
        except CourseError as error:
            result.value = f"<p role='alert'>{escape(str(error))}</p>"
        finally:
            button.disabled = False

    button.on_click(compose)
    return ipywidgets.VBox([*settings.values(), button, result])


def _settings(
    primers: list[tuple[str, "NoteSequence"]],
) -> dict[str, ipywidgets.DOMWidget]:
    """Return a control for each argument of `generate`."""
    return {
        "primer": ipywidgets.Dropdown(options=primers, description="opening"),
        "n_bars": ipywidgets.IntSlider(8, 1, 16, description="new bars"),
        "temperature": ipywidgets.FloatSlider(
            1.0, min=0.5, max=1.5, step=0.05, description="temperature"
        ),
        "top_p": ipywidgets.FloatSlider(
            0.95, min=0.5, max=1.0, step=0.01, description="top-p"
        ),
        "seed": ipywidgets.BoundedIntText(
            0, min=0, max=MAX_SEED, description="seed"
        ),
    }


def shown(new: "NoteSequence", name: str) -> str:
    """Return new bars as a picture and a player, in HTML."""
    told = f"{len(new.notes)} notes that go on from {name}"
    clip = play(
        sequence_to_waveform(new, RATE),
        RATE,
        caption="The new bars",
        description=f"{told}, composed by the LSTM.",
    )
    return roll_svg(new, f"Piano roll of {told}") + clip._repr_html_()
