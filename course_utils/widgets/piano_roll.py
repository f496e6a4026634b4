"""A piano roll that plays its MIDI file in the page: HTML that works alone.

In Jupyter, on the website and from a file, without kernel and network. A
plain synthesizer in the page sounds the notes; it knows pitch, time and
velocity and no instruments. See `elements/piano_roll/element.js` and
`midi_runtime`.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import base64
import io
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from course_utils.basics.pitch import midi_to_name
from course_utils.symbolic.midi_writing import sequence_to_mido
from course_utils.symbolic.sequences import check_sequence
from course_utils.widgets.midi_runtime import runtime_if_needed
from course_utils.widgets.page_element import element_script
from course_utils.widgets.roll_picture import roll_svg

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TAG = "piano-roll"
SCRIPTS = ("shared/page_parts.js", "piano_roll/element.js")
STYLE = "piano_roll/style.css"


@dataclass(frozen=True)
class PianoRoll:
    """A piece as an element of a page; a notebook shows it by itself.

    Parameters
    ----------
    midi : bytes
        The MIDI file that is played.
    picture : str
        Its notes, as SVG.
    summary : str
        Its notes in a sentence.
    seconds : float
        When its last note ends.
    caption, description : str
        What it is, and what one hears.
    """

    midi: bytes = field(repr=False)
    picture: str = field(repr=False)
    summary: str
    seconds: float
    caption: str
    description: str

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.midi).decode("ascii")
        title = escape(self.caption.removesuffix("."))
        return (
            f'<piano-roll label="{title}" '
            f'seconds="{self.seconds:.3f}">'
            f"<p><strong>{title}.</strong> "
            f"{escape(self.description)}</p>{self.picture}"
            f"<p>{escape(self.summary)} "
            f'<a href="data:application/x-midi;base64,{data}" '
            'download="piece.mid" style="color: inherit">Save the MIDI file'
            "</a></p></piano-roll>"
            + element_script(TAG, SCRIPTS, STYLE)
            + runtime_if_needed()
        )


def piano_roll(
    sequence: "NoteSequence", *, caption: str, description: str
) -> PianoRoll:
    """Show the notes of a piece, and let the page itself play them.

    Parameters
    ----------
    sequence : NoteSequence
        With at least one note; times in seconds.
    caption, description : str
        What it is, and what one hears.

    Returns
    -------
    PianoRoll
        Shown when it is the last value of a cell.

    Raises
    ------
    CourseError
        If there is no note, or MIDI cannot hold one of its numbers.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    check_sequence(sequence)
    file = io.BytesIO()
    sequence_to_mido(sequence).save(file=file)
    pitches = [note.pitch for note in sequence.notes]
    seconds = max(note.end_time for note in sequence.notes)
    summary = (
        f"{len(pitches)} notes from {midi_to_name(min(pitches))} to "
        f"{midi_to_name(max(pitches))} in {seconds:.1f} seconds."
    )
    picture = roll_svg(sequence, f"Piano roll. {summary}")
    return PianoRoll(
        file.getvalue(), picture, summary, seconds, caption, description
    )
