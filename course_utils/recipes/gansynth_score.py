"""Fit a piece to what a GAN can play: which timbre, which octave, no drums.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.data.instruments import catalogue

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

OCTAVE = 12  # semitones
MAX_END_S = 3_600.0
MAX_NOTES = 50_000  # minutes of work; MAESTRO's longest piece has fewer
# Families of General MIDI's groups of eight programs, for those programs
# that the catalogue leaves out; pads and effects have no family of their own.
GROUPS = (
    "keyboard",
    "mallet",
    "organ",
    "guitar",
    "bass",
    "string",
    "string",
    "brass",
    "reed",
    "flute",
    "synth_lead",
    "string",
    "synth_lead",
    "guitar",
    "mallet",
    "synth_lead",
)
# What plays a family that a GAN never learnt: the first of these it knows.
STAND_INS = {
    "bass": ("guitar", "string", "reed"),
    "brass": ("reed", "string"),
    "flute": ("reed", "vocal", "string"),
    "guitar": ("keyboard", "mallet", "string"),
    "keyboard": ("mallet", "guitar"),
    "mallet": ("keyboard", "guitar"),
    "organ": ("reed", "flute"),
    "reed": ("brass", "flute"),
    "string": ("vocal", "reed", "flute"),
    "synth_lead": ("reed", "brass"),
    "vocal": ("string", "flute"),
}


@dataclass(frozen=True)
class ScoreNote:
    """One note to play: times in seconds, MIDI pitch and velocity."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int
    timbre: str | None


@dataclass(frozen=True)
class Score:
    """A piece that a GAN can play, and what had to be changed for it.

    Parameters
    ----------
    notes : list of ScoreNote
        By start.
    n_moved : int
        Notes moved by octaves into the GAN's range.
    n_drums : int
        Notes of drums, left out.
    n_left_out : int
        Notes of which the GAN knows no octave; none if it knows twelve
        neighbouring pitches.
    timbres : dict
        Program -> timbre that plays it.
    """

    notes: list[ScoreNote]
    n_moved: int
    n_drums: int
    n_left_out: int
    timbres: dict[int, str | None]


def fit_score(
    sequence: "NoteSequence",
    pitches: tuple[int, ...],
    timbres: tuple[str, ...],
    timbre: str | None = None,
) -> Score:
    """Fit a piece to the pitches and timbres of a GAN.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds: tempo and meter are already in them. Volume,
        expression and bends are not read.
    pitches, timbres : tuple
        What the GAN knows.
    timbre : str, optional
        Plays everything; without it each program is played by the timbre of
        its General MIDI family, or the nearest to it.

    Raises
    ------
    CourseError
        If the timbre is unknown, there is no note that can be played, or
        too much to play.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    given = [note for note in sequence.notes if not note.is_drum]
    _check_size(given)
    players = _players(given, timbres, timbre)
    moves = {n.pitch: into_range(n.pitch, pitches) for n in given}
    notes = [
        ScoreNote(
            note.start_time,
            note.end_time,
            moves[note.pitch],
            note.velocity,
            players[note.program],
        )
        for note in given
        if moves[note.pitch] is not None
    ]
    _check_playable(notes, sequence, pitches)
    notes.sort(key=lambda n: (n.start_s, n.pitch, n.end_s))
    return Score(
        notes,
        sum(moves[n.pitch] not in (None, n.pitch) for n in given),
        len(sequence.notes) - len(given),
        len(given) - len(notes),
        players,
    )


def into_range(pitch: int, pitches: tuple[int, ...]) -> int | None:
    """Return the nearest octave of a pitch among some pitches.

    Of two equally near the lower one; None if there is none.
    """
    octaves = [p for p in pitches if (p - pitch) % OCTAVE == 0]
    return min(octaves, key=lambda p: (abs(p - pitch), p), default=None)


def timbre_of(program: int, timbres: tuple[str, ...]) -> str | None:
    """Return the timbre that plays a General MIDI program.

    Parameters
    ----------
    program : int
        0 to 127.
    timbres : tuple of str
        Those that there are; with none there is no choice, and None.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    if not timbres:
        return None
    check_range("program", program, 0, 127)
    known = catalogue().get(program)
    family = known.family if known else GROUPS[program // 8]
    choices = (family, *STAND_INS[family], *timbres)
    return next(name for name in choices if name in timbres)


def _players(
    notes: list, timbres: tuple[str, ...], timbre: str | None
) -> dict[int, str | None]:
    """Return program -> timbre that plays it."""
    if timbre is not None:
        check_choice("timbre", timbre, timbres)
    programs = sorted({note.program for note in notes})
    return {p: timbre or timbre_of(p, timbres) for p in programs}


def _check_size(notes: list) -> None:
    """Refuse what would take hours, and times that make no sense."""
    check_range("number of notes", len(notes), 0, MAX_NOTES, "notes")
    for note in notes:
        check_range("start of a note", note.start_time, 0, MAX_END_S, "s")
        low = note.start_time
        check_range("end of a note", note.end_time, low, MAX_END_S, "s")
        check_range("velocity of a note", note.velocity, 0, 127)


def _check_playable(
    notes: list[ScoreNote], sequence: "NoteSequence", pitches: tuple[int, ...]
) -> None:
    """Refuse a piece of which nothing would sound."""
    if notes:
        return
    raise CourseError(
        "a piece with a note that this GAN can play, at any octave of the "
        f"pitches {min(pitches)} to {max(pitches)}",
        f"{len(sequence.notes)} notes, none of them such (drums have no "
        "pitch)",
        "choose another piece, or a GAN with more pitches",
    )
