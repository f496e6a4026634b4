"""Pictures of notes and of the tokens that stand for them.

Axes of pictures: time in seconds or sixteenth steps, pitch as MIDI number
(60 is C4). Every function draws on `ax` (a new one if None) and returns it.
A part is known by its colour and by the line round its notes, never by the
colour alone; the darker a note, the louder.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from course_utils.basics.checks import CourseError, check_choice
from course_utils.plots import style
from course_utils.symbolic import meter, performance, polyphony

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TIME_LABEL = "time (s)"
PITCH_LABEL = "pitch (MIDI)"
STEP_LABEL = "time (sixteenth steps)"
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
    _check_notes(notes)
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
    _frame(ax, [note.pitch for note in notes], (0, end_s), TIME_LABEL)
    return ax


def _check_notes(notes: list) -> None:
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


def _frame(
    ax: Axes, pitches: list[int], limits: tuple[float, float], label: str
) -> None:
    """Set limits and labels of a picture of pitches."""
    ax.set_xlim(*limits)
    ax.set_ylim(min(pitches) - PITCH_MARGIN, max(pitches) + PITCH_MARGIN)
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
    _check_notes(list(sequence.notes))
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


def plot_polyphony_events(
    events: list[int], *, ax: Axes | None = None, n_steps: int = 32
) -> Axes:
    """Draw each polyphony token as a cell: struck dark, held light.

    Parameters
    ----------
    events : list of int
        Classes 0 to 258, of `symbolic.polyphony`.
    ax : Axes, optional
        A new one if None.
    n_steps : int
        How many steps to draw, from the first.

    Returns
    -------
    Axes
        Dotted lines are the STEP_END tokens.
    """
    ax = ax if ax is not None else plt.subplots()[1]
    steps = list(polyphony.steps_of(events))[:n_steps]
    cells = [(t, p, new) for t, s in enumerate(steps) for p, new in s.items()]
    _check_notes(cells)
    for step, pitch, is_new in cells:
        ax.add_patch(_cell(step, pitch, is_new))
    for step in range(1, len(steps) + 1):
        ax.axvline(step, color="0.8", linestyle=":", linewidth=0.7, zorder=0)
    handles = [_cell(0, 0, True), _cell(0, 0, False)]
    names = ["NEW_NOTE", "CONTINUED_NOTE"]
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1, 1))
    pitches = [pitch for _, pitch, _ in cells]
    _frame(ax, pitches, (0, len(steps)), STEP_LABEL)
    return ax


def _cell(step: int, pitch: int, is_new: bool) -> Rectangle:
    """Return the cell of one note token."""
    return Rectangle(
        (step, pitch - NOTE_HEIGHT / 2),
        1,
        NOTE_HEIGHT,
        facecolor=style.COLOURS[0] if is_new else (style.COLOURS[4], 0.35),
        edgecolor=style.COLOURS[0],
        linewidth=0.6,
        hatch=None if is_new else "////",
    )


def plot_performance_events(
    events: list[int], *, ax: Axes | None = None, end_s: float = 4.0
) -> Axes:
    """Draw performance tokens where they act: key down, key up, new level.

    Parameters
    ----------
    events : list of int
        Classes 0 to 387, of `symbolic.performance`.
    ax : Axes, optional
        A new one if None.
    end_s : float
        Draw until this time, in seconds.

    Returns
    -------
    Axes
        Triangles: NOTE_ON; crosses: NOTE_OFF; thin lines: the moments
        between which TIME_SHIFT waits; numbers above: the level of VELOCITY.
    """
    ax = ax if ax is not None else plt.subplots()[1]
    found: dict[str, list[tuple[float, int]]] = {}
    now = 0.0
    for event in events:
        kind, value = performance.event_value(event)
        if kind == "TIME_SHIFT":
            now += value / performance.STEPS_PER_SECOND
        if now < end_s:
            found.setdefault(kind, []).append((now, value))
    _check_notes(found.get("NOTE_ON", []))
    for kind, marker, colour in (("NOTE_ON", ">", 0), ("NOTE_OFF", "x", 1)):
        points = np.array(found.get(kind, np.empty((0, 2))))
        look = {"marker": marker, "color": style.COLOURS[colour]}
        ax.plot(*points.T, linestyle="none", markersize=5, label=kind, **look)
    _draw_waits_and_levels(ax, found)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    _frame(ax, [p for _, p in found["NOTE_ON"]], (0, end_s), TIME_LABEL)
    return ax


def _draw_waits_and_levels(ax: Axes, found: dict[str, list]) -> None:
    """Draw a line per TIME_SHIFT and a number per VELOCITY."""
    for time_s, _ in found.get("TIME_SHIFT", []):
        ax.axvline(time_s, color="0.85", linewidth=0.7, zorder=0)
    for time_s, level in found.get("VELOCITY", []):
        ax.annotate(
            str(level),
            (time_s, 1),
            xycoords=ax.get_xaxis_transform(),
            va="bottom",
            fontsize="x-small",
        )


def plot_grid(
    grid: np.ndarray, *, ax: Axes | None = None, n_steps: int = 64
) -> Axes:
    """Draw the four voices of a chorale grid, one line each.

    Parameters
    ----------
    grid : np.ndarray, shape (T, 4)
        MIDI pitch or -1, of `symbolic.chorale`.
    ax : Axes, optional
        A new one if None.
    n_steps : int
        How many steps to draw, from the first.

    Returns
    -------
    Axes
    """
    ax = ax if ax is not None else plt.subplots()[1]
    shown = grid[:n_steps].astype(float)
    _check_notes(shown[shown >= 0].tolist())
    shown[shown < 0] = np.nan
    names = ("soprano", "alto", "tenor", "bass")
    for voice, name in enumerate(names):
        levels = shown[:, voice]
        edges = np.arange(len(levels) + 1)
        ax.stairs(
            levels,
            edges,
            baseline=None,
            color=style.COLOURS[voice],
            linestyle=style.LINES[voice],
            linewidth=2,
            label=name,
        )
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    pitches = shown[~np.isnan(shown)].tolist()
    _frame(ax, pitches, (0, len(shown)), STEP_LABEL)
    return ax
