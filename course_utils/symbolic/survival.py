"""Measure what a piece keeps when it passes through an encoding.

Task: compare a piece with its decoded copy, note by note and mark by mark.

Conventions: a note of the copy answers a note of the piece if it has the
same pitch and begins within `MATCH_S`; each answers one at most, the nearest
first, and of equal onsets the one with the nearer end. Errors are over the
answered notes.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from course_utils.symbolic.meter import bar_lines_s, seconds_to_quarters

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MATCH_S = 0.25
END_WEIGHT = 1e-3  # of a gap between ends, against one between onsets
TEMPO_RTOL = 0.01  # two tempos are the same to the ear
BAR_ATOL_S = 0.02  # two bar lines are the same to the eye


@dataclass(frozen=True)
class Survival:
    """What a copy kept of a piece."""

    n_notes: int  # of the piece
    notes_kept: float  # share of them that the copy answers
    onset_ms: float  # mean absolute error of onsets; NaN without answers
    length_ms: float  # mean absolute error of durations
    velocity: float  # mean absolute error of velocities
    programs_kept: float  # share of answered notes with their program
    meter_kept: bool  # the same time signatures, written as such
    bars_kept: bool  # bar lines at the same seconds
    tempo_kept: bool  # the same mean tempo, within 1 %


def compare_sequences(
    before: "NoteSequence", after: "NoteSequence"
) -> Survival:
    """Compare a piece with its copy; drums are left out.

    Parameters
    ----------
    before, after : NoteSequence
        The piece, and what came back from an encoding.

    Returns
    -------
    Survival

    Taught in: notebooks/31_event_tokens.ipynb
    """
    ours = [note for note in before.notes if not note.is_drum]
    theirs = [note for note in after.notes if not note.is_drum]
    pairs = match_notes(ours, theirs)
    table = np.array([_errors(ours[i], theirs[j]) for i, j in pairs])
    means = table.mean(axis=0) if pairs else np.full(4, np.nan)
    return Survival(
        n_notes=len(ours),
        notes_kept=len(pairs) / max(len(ours), 1),
        onset_ms=1000 * means[0],
        length_ms=1000 * means[1],
        velocity=means[2],
        programs_kept=means[3],
        meter_kept=_signatures(before) == _signatures(after),
        bars_kept=_same_bars(before, after),
        tempo_kept=bool(
            np.isclose(mean_qpm(before), mean_qpm(after), rtol=TEMPO_RTOL)
        ),
    )


def match_notes(ours: list, theirs: list) -> list[tuple[int, int]]:
    """Pair notes of one pitch by their onsets, the nearest pairs first.

    Returns
    -------
    list of (int, int)
        Index in `ours`, index in `theirs`.
    """
    places = defaultdict(lambda: ([], []))
    for side, notes in enumerate((ours, theirs)):
        for index, note in enumerate(notes):
            places[note.pitch][side].append(index)
    pairs = []
    for first, second in places.values():
        for i, j in _nearest(
            _times([ours[i] for i in first]),
            _times([theirs[j] for j in second]),
        ):
            pairs.append((first[i], second[j]))
    return pairs


def _times(notes: list) -> np.ndarray:
    """Return start and end of notes in seconds, shape (n, 2)."""
    times = [(note.start_time, note.end_time) for note in notes]
    return np.array(times, np.float64).reshape(-1, 2)


def _nearest(a: np.ndarray, b: np.ndarray) -> list[tuple[int, int]]:
    """Pair rows by their onsets; ends decide between equal onsets."""
    gaps = np.abs(a[:, None] - b[None, :])
    cost = gaps[..., 0] + END_WEIGHT * gaps[..., 1]
    cost[gaps[..., 0] > MATCH_S] = np.inf
    free_a, free_b = set(range(len(a))), set(range(len(b)))
    pairs = []
    for flat in np.argsort(cost, axis=None, kind="stable"):
        i, j = divmod(int(flat), len(b))
        if not np.isfinite(cost[i, j]):
            break
        if i in free_a and j in free_b:
            free_a.remove(i)
            free_b.remove(j)
            pairs.append((i, j))
    return pairs


def _errors(note: object, answer: object) -> tuple[float, ...]:
    """Return errors of onset, duration, velocity; 1 if the program is kept."""
    length = note.end_time - note.start_time
    answered = answer.end_time - answer.start_time
    return (
        abs(note.start_time - answer.start_time),
        abs(length - answered),
        abs(note.velocity - answer.velocity),
        float(note.program == answer.program),
    )


def mean_qpm(sequence: "NoteSequence") -> float:
    """Return the mean tempo of a piece in quarters per minute.

    Quarters of the whole piece by its duration, so that a tempo that holds
    long counts much. A piece without duration has the MIDI default.
    """
    end_s = max(sequence.total_time, 1e-3)
    return 60 * float(seconds_to_quarters(sequence, end_s)) / end_s


def _signatures(sequence: "NoteSequence") -> list[tuple[int, int]]:
    """Return the time signatures as they are written, without repetition."""
    found: list[tuple[int, int]] = []
    for mark in sequence.time_signatures:
        signature = (mark.numerator, mark.denominator)
        if not found or found[-1] != signature:
            found.append(signature)
    return found


def _same_bars(before: "NoteSequence", after: "NoteSequence") -> bool:
    """Tell whether the bar lines stand at the same seconds."""
    lines, lines_after = bar_lines_s(before), bar_lines_s(after)
    shorter = min(len(lines), len(lines_after))
    if max(len(lines), len(lines_after)) > shorter + 1:
        return False
    gaps = np.abs(lines[:shorter] - lines_after[:shorter])
    return bool(gaps.max(initial=0.0) <= BAR_ATOL_S)
