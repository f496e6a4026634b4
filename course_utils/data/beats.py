"""Lay bars and tempo over a recording whose beats somebody marked.

POP909's MIDI files are played freely, and the tempo and time signature that
they write are mostly wrong; the annotated beats are right. After `follow`
each beat is a quarter note, so that notes land on the 16th grid.

Taught in: notebooks/40_lstm_training.ipynb
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import BAD_CONTENT, CourseError

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

GAP = 1.5  # an interval of more than so many median beats lacks a beat
SAME_TEMPO_S = 0.001  # intervals that differ by less share a tempo mark
FASTEST_S, LONGEST_S = 0.05, 3_000.0  # between two beats; of a piece


def read_beats(text: str) -> np.ndarray:
    """Read the lines of `beat_midi.txt`: seconds, half bar, bar line.

    Returns
    -------
    np.ndarray, shape (n, 3)
        As `follow` needs them.

    Raises
    ------
    CourseError
        If there are fewer than two lines of three numbers, or the seconds
        do not rise as those of a piece do.
    """
    try:
        beats = np.array([line.split() for line in text.splitlines()], float)
        (times, _, _) = beats.T
        steps = np.diff(times)
        rises = times[0] >= 0 and steps.min() > 0 and times[-1] <= LONGEST_S
        if not (np.isfinite(beats).all() and rises):
            raise ValueError("seconds that do not rise")
        if np.median(steps) < FASTEST_S:
            raise ValueError("beats too fast to hear")
    except BAD_CONTENT as error:
        raise CourseError(
            "three numbers a beat: rising seconds, half bar, bar line",
            error,
            "fetch the annotations again",
        ) from error
    return beats


def follow(sequence: "NoteSequence", beats: np.ndarray) -> None:
    """Replace tempos and time signatures by what the beats show, in place.

    The piece is moved forward by less than a beat, so that its first beat
    lies a whole number of beats from time 0. A bar that the beats cut short
    is followed by a new time signature, which restarts the count.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds.
    beats : np.ndarray, shape (n, 3)
        Seconds; 1 where every second or third beat falls; 1 where a bar of
        four begins.
    """
    in_threes = bool(np.median(np.diff(np.flatnonzero(beats[:, 1]))) == 3)
    is_bar_line = beats[:, 1 if in_threes else 2] == 1
    bar_lines_s = beats[is_bar_line, 0]
    times = _whole_row(beats[:, 0])
    _move(sequence, times[0])
    bar_lines_s, times = bar_lines_s - times[0], times - times[0]
    places = np.searchsorted(times, bar_lines_s - SAME_TEMPO_S)
    _write_tempos(sequence, times)
    _write_bars(sequence, times, places, 3 if in_threes else 4)


def _whole_row(times: np.ndarray) -> np.ndarray:
    """Return the beats with those that are missing, from near time 0 on."""
    beat_s = float(np.median(np.diff(times)))
    n_before = int(times[0] / beat_s)
    first = times[0] - n_before * beat_s
    row = [np.linspace(first, times[0], n_before, endpoint=False)]
    for start, stop in pairwise(times):
        length = (stop - start) / beat_s
        n = max(round(length), 1) if length > GAP else 1
        row.append(np.linspace(start, stop, n, endpoint=False))
    return np.concatenate([*row, times[-1:]])


def _move(sequence: "NoteSequence", by_s: float) -> None:
    """Move all that sounds forward; nothing begins before time 0."""
    for note in sequence.notes:
        note.start_time = max(note.start_time - by_s, 0.0)
        note.end_time = max(note.end_time - by_s, 0.0)
    for event in (*sequence.control_changes, *sequence.pitch_bends):
        event.time = max(event.time - by_s, 0.0)
    sequence.total_time -= by_s


def _write_tempos(sequence: "NoteSequence", times: np.ndarray) -> None:
    """Give each run of equal beats one tempo, so that no error adds up."""
    del sequence.tempos[:]
    intervals = np.diff(times)
    first = 0
    for i in range(1, len(times)):
        ends = i == len(intervals)
        if ends or abs(intervals[i] - intervals[first]) > SAME_TEMPO_S:
            qpm = 60.0 * (i - first) / (times[i] - times[first])
            sequence.tempos.add(time=times[first], qpm=qpm)
            first = i


def _write_bars(
    sequence: "NoteSequence",
    times: np.ndarray,
    places: np.ndarray,
    n_beats: int,
) -> None:
    """Write the meter at time 0 and wherever the count of beats restarts."""
    del sequence.time_signatures[:]
    restarts = [0]
    for place in places:
        if (place - restarts[-1]) % n_beats:
            restarts.append(int(place))
    for place in restarts:
        sequence.time_signatures.add(
            time=float(times[place]), numerator=n_beats, denominator=4
        )
