"""Pictures of notes: the piano roll with its bar lines, and the velocities.

Axes of pictures: time in seconds, pitch as MIDI number (60 is C4). Every
function draws on `ax` (a new one if None) and returns it.
A part is known by its colour and by the line round its notes, never by the
colour alone; the darker a note, the louder.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from course_utils.basics.checks import CourseError, check_choice
from course_utils.plots import style
from course_utils.symbolic import meter

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TIME_LABEL = "time (s)"
PITCH_LABEL = "pitch (MIDI)"
NOTE_HEIGHT = 0.8  # semitones
SOFTEST, LOUDEST = 0.25, 1.0  # opacity at velocity 1 and at 127
PITCH_MARGIN = 2  # semitones above and below
KINDS = ("instrument", "program")


def plot_piano_roll(
    sequence: "NoteSequence",
    *,
    ax: Axes | None = None,
    colour_by: str = "instrument",
    end_s: float | None = None,
    bar_lines: bool = True,
    legend: bool = True,
) -> Axes:
    """Draw notes as bars, as long as they last and as dark as they are loud.

    Parameters
    ----------
    sequence : NoteSequence
        With at least one note.
    ax : Axes, optional
        A new one if None.
    colour_by : str
        `instrument` or `program`: what has a colour and a line of its own.
        After six the looks repeat.
    end_s : float, optional
        Draw the notes that begin before this time, in seconds.
    bar_lines : bool
        Draw a line where each bar begins, and name the time signatures.
    legend : bool
        Name the parts, if there are two to six.

    Returns
    -------
    Axes

    Raises
    ------
    CourseError
        If there is no note to draw, or `colour_by` is unknown.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    check_choice("colour_by", colour_by, KINDS)
    ax = ax if ax is not None else plt.subplots()[1]
    end_s = sequence.total_time if end_s is None else end_s
    notes = [note for note in sequence.notes if note.start_time < end_s]
    check_notes(notes)
    names = _names_of(sequence, colour_by)
    looks = {key: i % len(style.COLOURS) for i, key in enumerate(names)}
    for note in notes:
        look = looks[getattr(note, colour_by)]
        ax.add_patch(_note_patch(note, look))
    if bar_lines:
        draw_bar_lines(sequence, ax, end_s)
    if legend and 2 <= len(names) <= len(style.COLOURS):
        handles = [_key_patch(looks[k], name) for k, name in names.items()]
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    frame_pitches(ax, [note.pitch for note in notes], (0, end_s), TIME_LABEL)
    return ax


def check_notes(notes: list) -> None:
    """Raise `CourseError` if there is nothing to draw."""
    if not notes:
        raise CourseError(
            "at least one note to draw",
            "none",
            "check the sequence, or draw until a later time",
        )


def _names_of(sequence: "NoteSequence", kind: str) -> dict[int, str]:
    """Return the name of every instrument or program that has a note."""
    keys = sorted({getattr(note, kind) for note in sequence.notes})
    if kind == "program":
        return {key: f"program {key}" for key in keys}
    known = {info.instrument: info.name for info in sequence.instrument_infos}
    return {key: known.get(key) or f"part {key}" for key in keys}


def _note_patch(note: object, look: int) -> Rectangle:
    """Return the bar of one note; its opacity follows the velocity."""
    loudness = note.velocity / 127
    colour = style.COLOURS[look]
    alpha = SOFTEST + (LOUDEST - SOFTEST) * loudness
    return Rectangle(
        (note.start_time, note.pitch - NOTE_HEIGHT / 2),
        note.end_time - note.start_time,
        NOTE_HEIGHT,
        facecolor=(colour, alpha),
        edgecolor=colour,
        linestyle=style.LINES[look],
        linewidth=0.8,
    )


def _key_patch(look: int, name: str) -> Patch:
    """Return the entry of one part in the legend."""
    colour = style.COLOURS[look]
    return Patch(
        facecolor=(colour, 0.7),
        edgecolor=colour,
        linestyle=style.LINES[look],
        label=name,
    )


def draw_bar_lines(
    sequence: "NoteSequence", ax: Axes, end_s: float | None = None
) -> None:
    """Draw a thin line at each bar and the time signature where it begins.

    A sequence that has no time signature is drawn in 4/4, as a MIDI program
    would do, and the label says so.

    Parameters
    ----------
    sequence : NoteSequence
        Its bars are drawn, up to `end_s` seconds (all if None).
    ax : Axes
        The time axis is in seconds.
    end_s : float, optional
        In seconds.
    """
    end_s = sequence.total_time if end_s is None else end_s
    for line_s in meter.bar_lines_s(sequence):
        if line_s < end_s:
            ax.axvline(line_s, color="0.75", linewidth=0.8, zorder=0)
    assumed = "" if sequence.time_signatures else " (assumed)"
    for mark in meter.meters_of(sequence):
        start_s = float(meter.quarters_to_seconds(sequence, mark.start))
        if start_s < end_s:
            text = f"{mark.numerator}/{mark.denominator}{assumed}"
            ax.annotate(
                text,
                (start_s, 1),
                xycoords=ax.get_xaxis_transform(),
                va="bottom",
            )


def frame_pitches(
    ax: Axes, pitches: list[int], limits: tuple[float, float], label: str
) -> None:
    """Set limits and labels of a picture of pitches."""
    ax.set_xlim(*limits)
    ax.set_ylim(min(pitches) - PITCH_MARGIN, max(pitches) + PITCH_MARGIN)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(label)
    ax.set_ylabel(PITCH_LABEL)


def plot_velocities(
    sequence: "NoteSequence",
    *,
    ax: Axes | None = None,
    label: str | None = None,
    look: int = 0,
) -> Axes:
    """Draw the velocity of every note at its onset.

    Parameters
    ----------
    sequence : NoteSequence
        With at least one note.
    ax : Axes, optional
        A new one if None.
    label : str, optional
        For a legend.
    look : int
        Which colour and marker, to lay two pieces over each other.

    Returns
    -------
    Axes
    """
    check_notes(list(sequence.notes))
    ax = ax if ax is not None else plt.subplots()[1]
    ax.plot(
        [note.start_time for note in sequence.notes],
        [note.velocity for note in sequence.notes],
        linestyle="none",
        marker=("o", "x", "s", "^")[look % 4],
        markersize=4,
        color=style.COLOURS[look % len(style.COLOURS)],
        label=label,
    )
    ax.set(xlabel=TIME_LABEL, ylabel="velocity (MIDI)", ylim=(0, 130))
    return ax
