"""A trained LSTM that composes, as the last value of a cell.

On the website it needs no kernel and no network: the scripts of
`elements/lstm_composer` run the exported network (`recipes.lstm_onnx`), whose
file the site's build lays beside the pages. Where a kernel runs,
`lstm_composer_live` has the same settings and the network itself.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from course_utils.basics.checks import CourseError, check_range
from course_utils.data.corpora import Piece
from course_utils.models.lstm import EventLstm
from course_utils.recipes.composing import TURN_BARS
from course_utils.recipes.lstm import load_model
from course_utils.recipes.lstm_onnx import lstm_to_onnx
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.grid_continuations import MetricalContinuation
from course_utils.symbolic.meter import STEPS_PER_QUARTER, meters_of
from course_utils.symbolic.metrical import N_PLACES
from course_utils.widgets.packed_file import pack
from course_utils.widgets.page_element import element_script

TAG = "lstm-composer"
SCRIPTS = (
    "shared/page_parts.js",
    "shared/packed_file.js",
    "lstm_composer/events.js",
    "lstm_composer/sampling.js",
    "lstm_composer/network.js",
    "lstm_composer/midi.js",
    "lstm_composer/view.js",
    "lstm_composer/element.js",
)
STYLE = "lstm_composer/style.css"
FILES = "../_static/"  # seen from a chapter's page
OPENING_BARS = 4
MAX_OPENING_BARS = 32
LABEL = "The trained LSTM goes on with a chorale, here in the page"
WITHOUT_SCRIPT = (
    "This composer needs JavaScript. Without it, compose on the command line: "
    "course generate lstm --primer IN.mid --out OUT.mid. The openings here:"
)


@dataclass(frozen=True)
class LstmComposer:
    """A composer as an element of a page; a notebook shows it by itself.

    Parameters
    ----------
    model : str
        Its name on the website: that of the checkpoint's folder.
    shape : tuple of int
        Of the network's hidden state: layers, 1, D.
    openings : tuple of dict
        As `opening` returns them.
    """

    model: str
    shape: tuple[int, int, int]
    openings: tuple[dict, ...] = field(repr=False)

    def _repr_html_(self) -> str:
        task = {
            "model": self.model,
            "shape": self.shape,
            "openings": self.openings,
        }
        data = escape(json.dumps(task, separators=(",", ":")))
        names = "".join(f"<li>{escape(o['name'])}</li>" for o in self.openings)
        return (
            f'<{TAG} label="{LABEL}" files="{FILES}" data-composer="{data}">'
            f"<p><strong>{LABEL}</strong></p><p>{WITHOUT_SCRIPT}</p>"
            f"<ul>{names}</ul></{TAG}>{element_script(TAG, SCRIPTS, STYLE)}"
        )


def lstm_composer(
    checkpoint: Path | str,
    pieces: Sequence[Piece],
    n_bars: int = OPENING_BARS,
) -> LstmComposer:
    """Make a composer that goes on with the first bars of some pieces.

    Parameters
    ----------
    checkpoint : Path or str
        The folder of an LSTM of metrical events. The website knows
        `data/checkpoints/lstm-chorales`.
    pieces : sequence of Piece
        At least one; best such as the network did not learn from.
    n_bars : int
        Length of the openings.

    Returns
    -------
    LstmComposer
        Shown when it is the last value of a cell.

    Raises
    ------
    CourseError
        If there is no piece, one changes its meter, or the network reads
        other events.

    Taught in: notebooks/41_lstm_composing.ipynb
    """
    check_range("bars of the openings", n_bars, 1, MAX_OPENING_BARS)
    model, about = load_model(checkpoint)
    if not pieces or about["encoding"] != "metrical":
        raise CourseError(
            "pieces, and a network of metrical events",
            f"{len(pieces)} pieces and {about['encoding']} events",
            "take held-out chorales and the checkpoint lstm-chorales",
        )
    shape = (model.config.n_layers, 1, model.config.width)
    openings = tuple(opening(piece, n_bars) for piece in pieces)
    return LstmComposer(Path(checkpoint).name, shape, openings)


def opening(piece: Piece, n_bars: int) -> dict[str, object]:
    """Return what the page must know to go on with the first bars of a piece.

    Parameters
    ----------
    piece : Piece
        In one tempo.
    n_bars : int
        How many bars; they must have one meter.

    Returns
    -------
    dict
        `name`, `events` (from START), `turn` (how many of them the network
        goes back to where it thinks that the piece is over), `bars`,
        `barSteps` (sixteenths), `meter`, `qpm` and `velocity`, which the new
        notes get too.

    Raises
    ------
    CourseError
        If the meter changes, or its bar is no whole number of sixteenths.
    """
    sequence = bars_between(piece.sequence, 0, n_bars)
    meter, *more = meters_of(sequence)
    steps = meter.bar_quarters * STEPS_PER_QUARTER
    if more or not float(steps).is_integer() or steps > N_PLACES:
        raise CourseError(
            f"one meter, with at most {N_PLACES} sixteenths in a bar",
            f"{len(more) + 1} meters in {piece.name}, {steps:g} sixteenths",
            "choose another piece",
        )
    bars = MetricalContinuation(sequence, int(steps))
    return {
        "name": f"{piece.name}, {meter.numerator}/{meter.denominator}",
        "events": bars.primer_events,
        "turn": len(bars.before_the_end(TURN_BARS)),
        "bars": len(bars.bar_lines) + 1,
        "barSteps": int(steps),
        "meter": [meter.numerator, meter.denominator],
        "qpm": sequence.tempos[0].qpm,
        "velocity": sorted(bars.velocities.values())[0],
    }


def packed_model(name: str, model: EventLstm) -> str:
    """Return the script with which a page gets an exported network.

    Parameters
    ----------
    name : str
        Of the model, such as `lstm-chorales`.
    model : EventLstm
        The network.
    """
    return pack(f"{name}.onnx", lstm_to_onnx(model))
