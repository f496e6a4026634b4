"""A pad of notes that a trained GAN has drawn before: HTML that works alone.

Pitch by column, timbre by row, and every table of notes another noise. No
kernel is needed, because all notes lie in the page. See
`elements/latent_pad/element.js`.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from torch import Tensor

from course_utils.basics.checks import check_range
from course_utils.basics.pitch import midi_to_name
from course_utils.plots.listen import play
from course_utils.recipes.gansynth_player import GanPlayer
from course_utils.widgets.page_element import element_script

TAG = "latent-pad"
SCRIPTS = ("shared/page_parts.js", "latent_pad/element.js")
STYLE = "latent_pad/style.css"
MAX_NOTES = 400  # each has about 5 kB in the page


@dataclass(frozen=True)
class LatentPad:
    """A grid of notes as an element of a page; a notebook shows it by itself.

    Parameters
    ----------
    pitches : tuple of int
        MIDI pitches of the columns.
    timbres : tuple of str
        Names of the rows.
    notes : tuple of bytes
        As MP3: noise by noise, row by row.
    caption, description : str
        What it is, and what to do with it.
    """

    pitches: tuple[int, ...]
    timbres: tuple[str, ...]
    notes: tuple[bytes, ...] = field(repr=False)
    caption: str
    description: str

    def _repr_html_(self) -> str:
        title = escape(self.caption.removesuffix("."))
        size = len(self.pitches) * len(self.timbres)
        tables = "".join(
            self._table(i // size + 1, self.notes[i : i + size])
            for i in range(0, len(self.notes), size)
        )
        return (
            f'<latent-pad label="{title}"><p><strong>{title}.</strong> '
            f"{escape(self.description)}</p>{tables}</latent-pad>"
            + element_script(TAG, SCRIPTS, STYLE)
        )

    def _table(self, noise: int, notes: Sequence[bytes]) -> str:
        """Return the notes of one noise as a table of links."""
        names = [midi_to_name(pitch) for pitch in self.pitches]
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        rows, n = "", len(names)
        for i, timbre in enumerate(map(escape, self.timbres)):
            cells = "".join(
                f'<td><a href="data:audio/mpeg;base64,'
                f'{base64.b64encode(note).decode("ascii")}" '
                f'aria-label="{name}, {timbre}, noise {noise}">{name}</a></td>'
                for name, note in zip(
                    names, notes[i * n : (i + 1) * n], strict=True
                )
            )
            rows += f'<tr><th scope="row">{timbre}</th>{cells}</tr>'
        return (
            f"<table><caption>Noise {noise}</caption><thead><tr>"
            f'<th scope="col">timbre</th>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )


def latent_pad(
    player: GanPlayer,
    z: Tensor,
    *,
    pitches: Sequence[int],
    caption: str,
    description: str,
) -> LatentPad:
    """Draw a note for every pitch, timbre and noise, to be played in the page.

    The level of the notes is the network's own: nothing is made louder.

    Parameters
    ----------
    player : GanPlayer
        A trained generator; all its timbres are taken.
    z : Tensor, shape (B, D)
        B vectors of noise, between which the pad can switch.
    pitches : sequence of int
        MIDI pitches that the player knows, from left to right.
    caption, description : str
        What it is, and what to do with it.

    Returns
    -------
    LatentPad
        Shown when it is the last value of a cell.

    Raises
    ------
    CourseError
        If a pitch is unknown, or there are more than `MAX_NOTES` notes.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    rows = [timbre for timbre in player.timbres for _ in pitches]
    columns = list(pitches) * len(player.timbres)
    check_range("number of notes", len(z) * len(rows), 1, MAX_NOTES)
    notes = tuple(
        play(
            wave,
            player.sample_rate,
            caption="",
            description="",
            match_loudness=False,
        ).mp3
        for noise in z
        for wave in player.notes(columns, rows, noise.repeat(len(rows), 1))
    )
    return LatentPad(
        tuple(pitches), player.timbres, notes, caption, description
    )
