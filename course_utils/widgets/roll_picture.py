"""A piano roll as SVG: drawn here, so that it shows without any script.

A part is known by its colour and by the line round its notes; the darker a
note, the louder, as in `plots.symbolic`. Everything else takes the colour of
the text around it, by day and by night.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from html import escape
from typing import TYPE_CHECKING

from course_utils.basics.pitch import midi_to_name
from course_utils.plots.style import COLOURS

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

WIDTH, HEIGHT = 720, 220  # of the picture
LEFT, RIGHT, TOP, BOTTOM = 40, 712, 8, 184  # of the field for the notes
MARGIN = 2  # semitones above and below
SOFTEST, LOUDEST = 0.3, 1.0  # opacity at velocity 1 and at 127
DASHES = ("none", "4 2", "1 2")
STEPS_S = (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600)
MAX_TICKS = 10


def roll_svg(sequence: "NoteSequence", label: str) -> str:
    """Draw the notes over seconds and pitch names.

    A vertical line of the class `now` lies at time 0. A player moves it by up
    to `RIGHT - LEFT`.

    Parameters
    ----------
    sequence : NoteSequence
        With at least one note.
    label : str
        What the picture shows, for readers who do not see it.
    """
    parts = sorted({note.instrument for note in sequence.notes})
    end_s = max(note.end_time for note in sequence.notes)
    pitches = [note.pitch for note in sequence.notes]
    low, high = min(pitches) - MARGIN, max(pitches) + MARGIN + 1
    row = (BOTTOM - TOP) / (high - low)
    groups = ""
    for i, part in enumerate(parts):
        notes = [n for n in sequence.notes if n.instrument == part]
        groups += (
            f'<g fill="{COLOURS[i % len(COLOURS)]}" stroke="currentColor" '
            f'stroke-dasharray="{DASHES[i % len(DASHES)]}">'
            f"{''.join(_rect(n, end_s, low, row) for n in notes)}</g>"
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
        f'aria-label="{escape(label)}" font-size="12" fill="currentColor">'
        f"{_pitch_lines(low, high, row)}{_time_lines(end_s)}{groups}"
        f'<line class="now" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{BOTTOM}" '
        'stroke="#d98200" stroke-width="3"/></svg>'
    )


def _x(time_s: float, end_s: float) -> float:
    """Return where a time lies."""
    return LEFT + time_s / end_s * (RIGHT - LEFT)


def _rect(
    note: "NoteSequence.Note", end_s: float, low: int, row: float
) -> str:
    """Return one note; `low` is the lowest pitch, `row` the height of one."""
    left, right = _x(note.start_time, end_s), _x(note.end_time, end_s)
    opacity = SOFTEST + (LOUDEST - SOFTEST) * note.velocity / 127
    return (
        f'<rect x="{left:.1f}" y="{BOTTOM - (note.pitch + 1 - low) * row:.1f}"'
        f' width="{right - left:.1f}" height="{row:.1f}" '
        f'fill-opacity="{opacity:.2f}"/>'
    )


def _pitch_lines(low: int, high: int, row: float) -> str:
    """Return a named line below each C, or below the middle if there is none.

    The rows are those from `low` up to but without `high`.
    """
    named = [pitch for pitch in range(low, high) if pitch % 12 == 0]
    lines = []
    for pitch in named or [(low + high) // 2]:
        y = BOTTOM - (pitch - low) * row
        lines.append(
            f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="currentColor" stroke-opacity="0.35"/>'
            f'<text x="{LEFT - 5}" y="{y:.1f}" text-anchor="end">'
            f"{midi_to_name(pitch)}</text>"
        )
    return "".join(lines)


def _time_lines(end_s: float) -> str:
    """Return lines with their seconds, at most `MAX_TICKS` of them."""
    step = next((s for s in STEPS_S if end_s / s <= MAX_TICKS), STEPS_S[-1])
    lines = []
    for i in range(int(end_s / step) + 1):
        x = _x(i * step, end_s)
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}" '
            'stroke="currentColor" stroke-opacity="0.2"/>'
            f'<text x="{x:.1f}" y="{BOTTOM + 15}" text-anchor="middle">'
            f"{i * step:g}</text>"
        )
    middle = (LEFT + RIGHT) / 2
    lines.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 5}" text-anchor="middle">'
        "time (s)</text>"
    )
    return "".join(lines)
