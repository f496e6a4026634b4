"""The LSTM composer with a kernel: the same settings, the network itself.

Only parts that ipywidgets 7 and 8 both have; the results are HTML, so that
they stay when the notebook is saved.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Piece
from course_utils.plots.listen import play
from course_utils.recipes.lstm_compose import generate
from course_utils.symbolic.synth import sequence_to_waveform
from course_utils.widgets.roll_picture import roll_svg

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

VIEW = "application/vnd.jupyter.widget-view+json"
RATE = 22_050  # Hz


@dataclass
class LiveComposer:
    """Controls, a button, and a place for the result.

    Parameters
    ----------
    checkpoint : Path
        Of the network; see `recipes.lstm.load_model`.
    primers : sequence of Piece
        What can be gone on from.
    """

    checkpoint: Path
    primers: Sequence[Piece]

    def __post_init__(self) -> None:
        import ipywidgets

        names = [(piece.name, i) for i, piece in enumerate(self.primers)]
        self.settings = {
            "primer": ipywidgets.Dropdown(
                options=names, description="Opening"
            ),
            "n_bars": ipywidgets.IntSlider(8, 1, 16, description="New bars"),
            "temperature": ipywidgets.FloatSlider(
                1.0, min=0.5, max=1.5, step=0.05, description="Temperature"
            ),
            "top_p": ipywidgets.FloatSlider(
                0.95, min=0.5, max=1.0, step=0.01, description="Top-p"
            ),
            "seed": ipywidgets.IntText(0, description="Seed"),
        }
        for setting in self.settings.values():
            setting.style.description_width = "7em"
        self.button = ipywidgets.Button(description="Compose")
        self.button.on_click(lambda _: self.compose())
        self.result = ipywidgets.HTML()
        parts = [*self.settings.values(), self.button, self.result]
        self.box = ipywidgets.VBox(parts)

    def compose(self) -> None:
        """Compose with the present settings, and show the result."""
        words = {name: x.value for name, x in self.settings.items()}
        words["seed"] = abs(words["seed"])
        primer = self.primers[words.pop("primer")]
        self.button.disabled = True
        self.result.value = "<p role='status'>Composing …</p>"
        try:
            new = generate(self.checkpoint, primer.sequence, **words)
            self.result.value = shown(new, primer.name)
        except CourseError as error:
            self.result.value = f"<p role='alert'>{escape(str(error))}</p>"
        finally:
            self.button.disabled = False


def shown(new: "NoteSequence", name: str) -> str:
    """Return new bars as a picture and a player, in HTML."""
    label = f"Piano roll of {len(new.notes)} notes that go on from {name}"
    clip = play(
        sequence_to_waveform(new, RATE),
        RATE,
        caption=f"After {name}",
        description=f"{len(new.notes)} notes, composed by the LSTM.",
    )
    return roll_svg(new, label) + clip._repr_html_()


def live_view(checkpoint: Path, primers: Sequence[Piece]) -> dict[str, object]:
    """Return how Jupyter shows the composer; empty without ipywidgets.

    Parameters
    ----------
    checkpoint, primers
        See `LiveComposer`.

    Returns
    -------
    dict
        For `_repr_mimebundle_`. A page without a kernel has no use for it.
    """
    try:
        composer = LiveComposer(checkpoint, primers)
    except ImportError:
        return {}
    view = {"version_major": 2, "version_minor": 0}
    return {VIEW: view | {"model_id": composer.box.model_id}}
