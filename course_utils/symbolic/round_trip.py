"""Judge a MIDI round trip by a reader that is not ours: pretty_midi.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi

from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

TEMPO_RTOL = 1e-9  # relative; both tempos come from whole microseconds


@dataclass(frozen=True)
class RoundTrip:
    """What a second file kept of a first one."""

    n_notes: int  # of the first
    n_notes_after: int  # of the second
    worst_ticks: float  # of any start or end; inf if the counts differ
    notes_equal: bool  # same part kinds, pitches, programs, within a tick
    velocities_equal: bool
    programs_equal: bool
    meters_equal: bool
    tempos_equal: bool

    @property
    def is_exact(self) -> bool:
        """True if nothing that was compared differs by more than a tick."""
        return (
            self.notes_equal
            and self.velocities_equal
            and self.programs_equal
            and self.meters_equal
            and self.tempos_equal
        )


def midi_round_trip(path: Path | str, copy: Path | str) -> RoundTrip:
    """Read a MIDI file, write it to `copy`, and compare the two.

    Parameters
    ----------
    path, copy : Path or str
        The file, and where to write the second.

    Returns
    -------
    RoundTrip

    Raises
    ------
    CourseError
        If the file cannot be read or the copy cannot be written.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    sequence_to_midi(midi_to_sequence(path), copy)
    return compare_midi_files(path, copy)


def compare_midi_files(before: Path | str, after: Path | str) -> RoundTrip:
    """Compare notes (in ticks), meter, tempo, velocity and program."""
    first = pretty_midi.PrettyMIDI(str(before))
    second = pretty_midi.PrettyMIDI(str(after))
    kinds, ticks = _notes_of(first)
    kinds_after, ticks_after = _notes_of(second)
    same_count = len(kinds) == len(kinds_after)
    worst = float("inf")
    if same_count:
        ticks_after = ticks_after * first.resolution / second.resolution
        worst = float(np.abs(ticks - ticks_after).max(initial=0))
    velocities, velocities_after = kinds[:, 3], kinds_after[:, 3]
    return RoundTrip(
        n_notes=len(kinds),
        n_notes_after=len(kinds_after),
        worst_ticks=worst,
        notes_equal=worst <= 1
        and np.array_equal(kinds[:, :3], kinds_after[:, :3]),
        velocities_equal=np.array_equal(velocities, velocities_after),
        programs_equal=np.array_equal(kinds[:, :2], kinds_after[:, :2]),
        meters_equal=_meters_of(first) == _meters_of(second),
        tempos_equal=_tempos_equal(first, second),
    )


def _notes_of(
    midi: pretty_midi.PrettyMIDI,
) -> tuple[np.ndarray, np.ndarray]:
    """Return (drums, program, pitch, velocity) and (start, end) in ticks."""
    rows = sorted(
        (
            part.is_drum,
            part.program,
            note.pitch,
            midi.time_to_tick(note.start),
            midi.time_to_tick(note.end),
            note.velocity,
        )
        for part in midi.instruments
        for note in part.notes
    )
    table = np.array(rows, np.int64).reshape(-1, 6)
    return table[:, [0, 1, 2, 5]], table[:, 3:5]


def _meters_of(midi: pretty_midi.PrettyMIDI) -> list[tuple]:
    """Return (tick, numerator, denominator); nothing means 4/4."""
    meters = {0: (4, 4)}
    for mark in midi.time_signature_changes:
        signature = (mark.numerator, mark.denominator)
        meters[midi.time_to_tick(mark.time)] = signature
    return sorted(meters.items())


def _tempos_equal(
    first: pretty_midi.PrettyMIDI, second: pretty_midi.PrettyMIDI
) -> bool:
    """Compare the tempo changes: their ticks and their quarters per minute."""
    (times, qpm), (times_after, qpm_after) = (
        first.get_tempo_changes(),
        second.get_tempo_changes(),
    )
    if len(qpm) != len(qpm_after):
        return False
    ticks = [first.time_to_tick(time) for time in times]
    ticks_after = [second.time_to_tick(time) for time in times_after]
    close = np.allclose(qpm, qpm_after, rtol=TEMPO_RTOL, atol=0)
    return close and ticks == ticks_after
