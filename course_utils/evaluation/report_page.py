"""A comparison as one HTML page that needs nothing else.

Pictures and sounds lie inside the file; it has no script and asks no other
host for anything, so that it opens from a disk without a network. All text
is escaped: a file may be called `<b>.wav`.

Taught in: notebooks/61_mir_features.ipynb
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from course_utils.evaluation.feature_distances import FEATURES
from course_utils.evaluation.instrument import SAME_INSTRUMENT

POLICY = (
    "default-src 'none'; img-src data:; media-src data:; "
    "style-src 'unsafe-inline'"
)
MEANINGS = {
    "ks_score": "1 - D of the samples' amplitudes; 1 is equal. It sees level "
    "and silence; it does not see the order of the samples.",
    "ks_statistic": "D, the largest gap between the cumulative "
    "distributions of the samples; 0 is equal.",
    "rms_ratio": "RMS level of generated over real.",
    "power_ratio": "Mean power of generated over real: the ratio above, "
    "squared.",
    "timbre_distance": "Distance of the cepstra, without level; up to "
    f"{SAME_INSTRUMENT} is the same instrument.",
    "copied_share": "How much of the generated sound stands in the real one, "
    "sample by sample.",
    "shared_run_events": "The longest run of notes and steps that both have, "
    "in any key.",
    "shared_run_share": "That run, as a share of the generated piece.",
}
LABELS = {
    "ks_score": "KS score",
    "ks_statistic": "KS statistic D",
    "rms_ratio": "RMS ratio",
    "power_ratio": "power ratio",
    "timbre_distance": "timbre distance",
    "copied_share": "copied share of sound",
    "shared_run_events": "longest shared run (events)",
    "shared_run_share": "shared run's share",
    "n_files": "files",
    "n_notes": "notes",
    "duration_s": "duration (s)",
    "loudness_db": "loudness (dB re full scale, RMS)",
    "meter": "meter, as written",
    "tempo_bpm": "tempo, as written (quarter notes per minute)",
    "meter_heard": "meter, as heard: beats in",
    "tempo_heard_bpm": "tempo, as heard (beats per minute)",
    "key": "key, estimated",
}
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
  border-bottom: 1px solid #8888; }
div { overflow-x: auto; }
p, li { overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: white; }
figure { margin: 1.5rem 0; }
audio { display: block; width: 100%; }
"""


@dataclass(frozen=True)
class Picture:
    """One figure of a report: PNG bytes, a caption, and a text for it."""

    caption: str
    alt: str  # what one sees, for readers who cannot see it
    png: bytes


class Player(Protocol):
    """A sound that writes itself as HTML, such as `plots.listen.Clip`."""

    def _repr_html_(self) -> str:
        """Return an audio element with its caption."""


def page(
    result: dict[str, object],
    sentences: Sequence[str],
    pictures: Sequence[Picture],
    players: Sequence[Player] = (),
) -> str:
    """Return the text of the page.

    Parameters
    ----------
    result : dict
        From `report.compare_waveforms` or `recipes.compare.compare`.
    sentences : sequence of str
        What was found, in words.
    pictures : sequence of Picture
        Shown below the tables, in this order.
    players : sequence of Player
        Shown first.

    Taught in: notebooks/61_mir_features.ipynb
    """
    names = [str(result.get(side, side)) for side in ("real", "generated")]
    notes = result.get("notes", [])
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Real against generated</title><style>{STYLE}</style></head>"
        "<body><main><h1>Real against generated</h1>"
        f"<p>Real: {escape(names[0])}<br>Generated: {escape(names[1])}</p>"
        f"{''.join(player._repr_html_() for player in players)}"
        f"<h2>In words</h2>{_list(sentences)}<h2>In numbers</h2>"
        f"{_pairs_table(result)}{_scores_table(result)}"
        f"{_features_table(result)}"
        + (f"<h2>What was done to the files</h2>{_list(notes)}" * bool(notes))
        + f"<h2>In pictures</h2>{''.join(map(_figure, pictures))}"
        * bool(pictures)
        + "</main></body></html>\n"
    )


def _pairs_table(result: dict[str, object]) -> str:
    """Return the table of what has a value on each side."""
    rows = [
        (LABELS.get(name, name), *map(_text, value))
        for name, value in result.items()
        if isinstance(value, list) and name != "notes"
    ]
    return _table("Each side", ("measure", "real", "generated"), rows)


def _scores_table(result: dict[str, object]) -> str:
    """Return the table of the single numbers."""
    rows = [
        (LABELS[name], _text(result[name]), meaning)
        for name, meaning in MEANINGS.items()
        if name in result
    ]
    return _table("Both sides", ("measure", "value", "meaning"), rows)


def _features_table(result: dict[str, object]) -> str:
    """Return the table of the ten distances."""
    rows = [
        (feature.title, _text(distance), feature.unit, feature.meaning)
        for (name, distance) in result["features"].items()
        for feature in [FEATURES[name]]
    ]
    heads = ("feature", "distance", "unit", "a large distance means")
    return _table("Ten features: distance of the frames", heads, rows)


def _table(caption: str, heads: Sequence[str], rows: Sequence) -> str:
    """Return an HTML table; the first cell of each row heads it."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f"<div><table><caption>{escape(caption)}</caption><thead><tr>{head}"
        f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _list(sentences: Sequence[str]) -> str:
    """Return an HTML list."""
    items = "".join(f"<li>{escape(text)}</li>" for text in sentences)
    return f"<ul>{items}</ul>"


def _figure(picture: Picture) -> str:
    """Return an HTML figure with the picture inside."""
    data = base64.b64encode(picture.png).decode("ascii")
    return (
        f'<figure><img alt="{escape(picture.alt, quote=True)}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _text(value: object) -> str:
    """Return a value as a cell: numbers to four digits, None as a dash."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
