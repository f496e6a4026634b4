"""MIDI files in and out of note-seq's NoteSequence, and what is in them.

A NoteSequence holds a piece as notes with times in seconds, beside lists of
tempos, time signatures, key signatures, controllers and bends. Reading and
writing keep all of these; `LOSES` names what a MIDI file may hold besides.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import io
import re
import warnings
from collections import Counter
from pathlib import Path

import mido

from course_utils.basics.checks import CourseError, check_file, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.pitch import midi_to_name
from course_utils.symbolic.channels import part_of
from course_utils.symbolic.midi_reading import tracks_to_sequence
from course_utils.symbolic.midi_tracks import (
    midi_to_tracks,
    tempo_map_of_tracks,
)
from course_utils.symbolic.midi_writing import sequence_to_mido

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

MAX_DURATION_S = 3_000.0  # 50 minutes; the longest MAESTRO piece has 44
MAX_FILE_BYTES = 4 * 2**20  # the longest MAESTRO piece has 0.6 MB
MAX_TICK = 2**40  # years; beyond it a time is damage
MIDI_MAGIC = b"MThd"
# MIDI's numbers have 4 bytes at most; a long run of bytes with the top bit
# set is text at best, and at worst a number that takes hours to read.
ENDLESS_NUMBER = re.compile(rb"[\x80-\xff]{4096}")

LOSES = (
    "text, lyrics, markers and system-exclusive messages",
    "release velocities and aftertouch",
    "channel numbers (parts keep their order, programs and names)",
    "the spelling of keys (C sharp major becomes D flat major)",
    "notes without length (they make no sound)",
    "notes never released (nobody knows how long they last)",
    "which of two overlapping notes of one pitch in one part ends first "
    "(MIDI itself does not say; the first to start is taken)",
)


def midi_to_sequence(path: Path | str) -> music_pb2.NoteSequence:
    """Read a MIDI file, keeping meter, tempo, velocity and program.

    Parameters
    ----------
    path : Path or str
        A standard MIDI file of type 0 or 1.

    Returns
    -------
    NoteSequence
        Times in seconds. Notes are sorted by part and start. It has a tempo
        at time 0 (120 if the file names none); it has time signatures only
        if the file has. `filename` is the file's name without its folder.

    Raises
    ------
    CourseError
        If the file is missing, a folder, empty, larger than 4 MiB, not MIDI,
        cut off, damaged, without notes, or longer than 50 minutes.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    path = check_file(path, "a MIDI file")
    midi = _parse(_read_bytes(path), path)
    tracks = midi_to_tracks(midi)
    if max((track.end for track in tracks), default=0) > MAX_TICK:
        _check_length(float("inf"), path)
    tempo_map = tempo_map_of_tracks(tracks, midi.ticks_per_beat)
    sequence = tracks_to_sequence(tracks, tempo_map)
    _check_length(sequence.total_time, path)
    if not sequence.notes:
        raise CourseError(
            f"a MIDI file with notes at {path}",
            "a file without any note",
            "open it in a MIDI player, or choose another file",
        )
    sequence.filename = path.name
    return sequence


def sequence_to_midi(
    sequence: music_pb2.NoteSequence, path: Path | str
) -> None:
    """Write a MIDI file, whole or not at all.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds. Every time goes to the nearest tick of
        `sequence.ticks_per_quarter` (480 if not set).
    path : Path or str
        The file; it is replaced if it is there.

    Raises
    ------
    CourseError
        If there is no note, a number lies outside MIDI's range, the piece is
        longer than 50 minutes, or the file cannot be written.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    path = Path(path)
    if path.is_dir():
        raise CourseError(
            "the path of a MIDI file to write",
            f"the folder {path}",
            "add a file name, such as OUT.mid",
        )
    check_sequence(sequence)
    midi = sequence_to_mido(sequence)
    with atomic_file(path) as part:
        midi.save(part)


def check_sequence(sequence: music_pb2.NoteSequence) -> None:
    """Raise `CourseError` unless MIDI can hold every number of a sequence."""
    if not sequence.notes:
        raise CourseError(
            "at least one note to write",
            "a sequence without notes",
            "check what made it",
        )
    for note in sequence.notes:
        check_range("pitch of a note", note.pitch, 0, 127)
        check_range("velocity of a note", note.velocity, 1, 127)
        check_range("program of a note", note.program, 0, 127)
        check_range("start of a note", note.start_time, 0, MAX_DURATION_S, "s")
        low = note.start_time
        check_range("end of a note", note.end_time, low, MAX_DURATION_S, "s")
    for tempo in sequence.tempos:
        check_range("tempo", tempo.qpm, 3.5, 6_000, "quarters per minute")
    check_range("ticks per quarter", sequence.ticks_per_quarter, 0, 32_767)


def summarise(sequence: music_pb2.NoteSequence) -> dict[str, object]:
    """Say in a few lines what a piece holds, so that a reader can check it.

    Returns
    -------
    dict
        `n_notes`; `duration_s`; `parts`: list of (program or "drums", number
        of notes) per instrument; `pitches`: lowest and highest name;
        `velocities`: least, mean and greatest; `time_signatures`: list of
        (seconds, "3/4"); `tempos`: list of (seconds, quarters per minute);
        `ticks_per_quarter`; `n_control_changes`.
    """
    pitches = [note.pitch for note in sequence.notes] or [0]
    velocities = [note.velocity for note in sequence.notes] or [0]
    mean = round(sum(velocities) / len(velocities), 1)
    return {
        "n_notes": len(sequence.notes),
        "duration_s": round(sequence.total_time, 3),
        "parts": _parts(sequence),
        "pitches": (midi_to_name(min(pitches)), midi_to_name(max(pitches))),
        "velocities": (min(velocities), mean, max(velocities)),
        "time_signatures": [
            (round(m.time, 3), f"{m.numerator}/{m.denominator}")
            for m in sequence.time_signatures
        ],
        "tempos": [
            (round(t.time, 3), round(t.qpm, 3)) for t in sequence.tempos
        ],
        "ticks_per_quarter": sequence.ticks_per_quarter,
        "n_control_changes": len(sequence.control_changes),
    }


def _parts(sequence: music_pb2.NoteSequence) -> list[tuple]:
    """List (program or "drums", number of notes) by instrument."""
    parts = Counter(part_of(note) for note in sequence.notes)
    return [
        ("drums" if is_drum else program, n_notes)
        for (_, program, is_drum), n_notes in sorted(parts.items())
    ]


def _read_bytes(path: Path) -> bytes:
    """Return the content of a file that may be MIDI, else raise."""
    n_bytes = path.stat().st_size
    if n_bytes > MAX_FILE_BYTES:
        raise CourseError(
            f"a MIDI file of at most {MAX_FILE_BYTES // 2**20} MiB at {path}",
            f"{n_bytes / 2**20:.0f} MiB",
            "cut it into pieces",
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(
            f"a file that can be read at {path}",
            f"{type(error).__name__}",
            "check its permissions",
        ) from error
    _check_magic(data, path)
    return data


def _check_magic(data: bytes, path: Path) -> None:
    """Raise `CourseError` unless the bytes begin as those of a MIDI file."""
    if not data:
        raise CourseError(
            f"a MIDI file at {path}", "an empty file", "fetch it again"
        )
    if not data.startswith(MIDI_MAGIC) or ENDLESS_NUMBER.search(data):
        raise CourseError(
            f"a MIDI file at {path}, which begins with MThd",
            f"another kind of file, which begins with {data[:4]!r}",
            "convert it to a standard MIDI file (.mid)",
        )


def _parse(data: bytes, path: Path) -> mido.MidiFile:
    """Parse MIDI bytes; whatever mido raises becomes one clear error."""
    try:
        midi = mido.MidiFile(file=io.BytesIO(data))
    except EOFError as error:
        raise CourseError(
            f"a whole MIDI file at {path}",
            f"one that is cut off after {len(data)} bytes",
            "fetch it again",
        ) from error
    # mido has no exception of its own: damage shows as any of a dozen types.
    except Exception as error:
        raise CourseError(
            f"a MIDI file that can be read at {path}",
            f"damage ({type(error).__name__}: {error})",
            "fetch it again, or save it anew from a music program",
        ) from error
    if midi.type not in (0, 1) or midi.ticks_per_beat <= 0:
        raise CourseError(
            f"a MIDI file of type 0 or 1 in ticks per quarter at {path}",
            f"type {midi.type}, {midi.ticks_per_beat} ticks per quarter",
            "save it as type 1 from a music program",
        )
    return midi


def _check_length(end_s: float, path: Path) -> None:
    """Raise `CourseError` if a piece lasts too long."""
    if end_s > MAX_DURATION_S:
        raise CourseError(
            f"at most {MAX_DURATION_S / 60:.0f} minutes of music at {path}",
            f"{end_s / 60:.4g} minutes",
            "cut it into pieces; a wrong delta time may also be the cause",
        )
