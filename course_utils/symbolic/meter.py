"""Where bars and beats lie: quarters, steps and seconds of a sequence.

Positions are counted in quarter notes (of the notes, not of the beat) along
the tempos of the sequence, so changes of tempo do not move a note off the
grid. note_seq's own `quantize_note_sequence` refuses a piece with two tempos
or two time signatures; `quantise` here takes both.

Conventions: a sequence without time signature is in 4/4, as MIDI has it. A
time signature begins a new bar where it stands, even if the bar before it is
incomplete. A beat is one unit of the denominator: 6/8 has six.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import warnings
from dataclasses import dataclass

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.symbolic.blank import check_time_signature
from course_utils.symbolic.ticks import DEFAULT_QPM

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

STEPS_PER_QUARTER = 4  # the 16th grid
DEFAULT_METER = (4, 4)
EPSILON = 1e-6  # quarters; far below a tick, far above float64's noise
ON_GRID = 0.125  # of a sixteenth


@dataclass(frozen=True)
class Meter:
    """One time signature, from where it begins."""

    start: float  # quarters from the beginning of the piece
    numerator: int  # beats in a bar
    denominator: int  # 4 means that a beat is a quarter

    @property
    def bar_quarters(self) -> float:
        """Length of a bar in quarters."""
        return 4 * self.numerator / self.denominator

    @property
    def beat_quarters(self) -> float:
        """Length of a beat in quarters."""
        return 4 / self.denominator


def _tempo_table(
    sequence: music_pb2.NoteSequence,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start in seconds, start in quarters, quarters per second."""
    table = {0.0: DEFAULT_QPM}
    table |= {t.time: t.qpm for t in sorted(sequence.tempos, key=_time)}
    start_s = np.array(list(table))
    speed = np.array(list(table.values())) / 60
    lengths = np.diff(start_s) * speed[:-1]
    return start_s, np.concatenate([[0.0], np.cumsum(lengths)]), speed


def _time(event: object) -> float:
    return event.time


def seconds_to_quarters(
    sequence: music_pb2.NoteSequence, time_s: np.ndarray | float
) -> np.ndarray:
    """Return the position in quarters of times in seconds, any shape."""
    start_s, start, speed = _tempo_table(sequence)
    time_s = np.asarray(time_s, np.float64)
    i = np.maximum(np.searchsorted(start_s, time_s, side="right") - 1, 0)
    return start[i] + (time_s - start_s[i]) * speed[i]


def quarters_to_seconds(
    sequence: music_pb2.NoteSequence, quarters: np.ndarray | float
) -> np.ndarray:
    """Return the times in seconds of positions in quarters, any shape."""
    start_s, start, speed = _tempo_table(sequence)
    quarters = np.asarray(quarters, np.float64)
    i = np.maximum(np.searchsorted(start, quarters, side="right") - 1, 0)
    return start_s[i] + (quarters - start[i]) / speed[i]


def meters_of(sequence: music_pb2.NoteSequence) -> list[Meter]:
    """Return the time signatures in order; the first begins at 0.

    Of two at one place the later in the list counts. Before the first, or
    where there is none, 4/4 holds.
    """
    table = {0.0: DEFAULT_METER}
    for mark in sorted(sequence.time_signatures, key=_time):
        start = float(seconds_to_quarters(sequence, mark.time))
        start = 0.0 if start < EPSILON else start
        table[start] = (mark.numerator, mark.denominator)
    return [Meter(start, *signature) for start, signature in table.items()]


def steps_per_bar(
    time_signature: tuple[int, int],
    steps_per_quarter: int = STEPS_PER_QUARTER,
) -> int:
    """Return how many grid steps fill one bar: 16 in 4/4, 6 in 3/8.

    Raises
    ------
    CourseError
        If a bar is no whole number of steps, as 5/32 on the 16th grid. Such
        a piece needs a finer grid; `step_positions` still places its steps.
    """
    numerator, denominator = check_time_signature(time_signature)
    steps, rest = divmod(4 * numerator * steps_per_quarter, denominator)
    if rest:
        raise CourseError(
            f"a bar that is a whole number of {steps_per_quarter} steps per "
            "quarter",
            f"{numerator}/{denominator}, {steps + rest / denominator} steps",
            "use more steps per quarter",
        )
    return steps


def bar_starts(sequence: music_pb2.NoteSequence) -> np.ndarray:
    """Return where bars begin, in quarters, up to the end of the piece.

    Returns
    -------
    np.ndarray, shape (n_bars,), float64
        Increasing, from 0. A bar that a new time signature cuts short
        counts as a bar.
    """
    end = float(seconds_to_quarters(sequence, sequence.total_time))
    meters = meters_of(sequence)
    stops = [m.start for m in meters[1:]] + [max(end, EPSILON * 2)]
    starts = [
        np.arange(meter.start, stop - EPSILON, meter.bar_quarters)
        for meter, stop in zip(meters, stops, strict=True)
    ]
    return np.concatenate(starts)


def bar_lines_s(sequence: music_pb2.NoteSequence) -> np.ndarray:
    """Return the seconds at which bars begin, shape (n_bars,)."""
    return quarters_to_seconds(sequence, bar_starts(sequence))


def step_positions(
    sequence: music_pb2.NoteSequence,
    n_steps: int,
    steps_per_quarter: int = STEPS_PER_QUARTER,
) -> np.ndarray:
    """Say for every grid step which bar, which beat and which place it is.

    Parameters
    ----------
    sequence : NoteSequence
        Its tempos and time signatures are used, not its notes.
    n_steps : int
        How many steps to place, from 0.
    steps_per_quarter : int
        4 is the 16th grid.

    Returns
    -------
    np.ndarray, shape (n_steps, 3), int64
        Bar of the piece, beat of the bar, step of the bar, all from 0. Where
        a bar line falls between two steps, the later step is step 0.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    step = np.arange(n_steps)
    quarter = step / steps_per_quarter
    positions = np.zeros((n_steps, 3), np.int64)
    first_bar = 0
    meters = meters_of(sequence)
    stops = [meter.start for meter in meters[1:]] + [np.inf]
    for meter, stop in zip(meters, stops, strict=True):
        here = (quarter >= meter.start - EPSILON) & (quarter < stop - EPSILON)
        since = quarter[here] - meter.start + EPSILON
        bar = np.floor(since / meter.bar_quarters)
        beat = (since - bar * meter.bar_quarters) / meter.beat_quarters
        line = (meter.start + bar * meter.bar_quarters) * steps_per_quarter
        place = step[here] - np.ceil(line - EPSILON * steps_per_quarter)
        positions[here] = np.stack([bar + first_bar, beat, place], axis=1)
        if np.isfinite(stop):
            length = (stop - meter.start - EPSILON) / meter.bar_quarters
            first_bar += int(np.ceil(length))
    return positions


def to_steps(
    sequence: music_pb2.NoteSequence,
    time_s: np.ndarray | float,
    steps_per_quarter: int = STEPS_PER_QUARTER,
) -> np.ndarray:
    """Return the nearest grid steps of times in seconds, int64, any shape.

    A time halfway between two steps goes to the later one, always: the
    noise of float64 does not decide.
    """
    quarters = seconds_to_quarters(sequence, time_s)
    return np.floor(quarters * steps_per_quarter + 0.5 + EPSILON).astype(int)


def lies_on_grid(sequence: music_pb2.NoteSequence) -> bool:
    """Return whether most notes are struck where the 16th grid is.

    Of a piece that knows nothing of its tempo marks, notes lie a quarter of
    a sixteenth off the grid in the median; on it is what lies less than half
    as far. False if no pitched note is there.
    """
    times = [note.start_time for note in sequence.notes if not note.is_drum]
    if not times:
        return False
    quarters = seconds_to_quarters(sequence, np.array(times))
    steps = quarters * STEPS_PER_QUARTER
    return bool(np.median(np.abs(steps - np.round(steps))) < ON_GRID)


def quantise(
    sequence: music_pb2.NoteSequence,
    steps_per_quarter: int = STEPS_PER_QUARTER,
) -> music_pb2.NoteSequence:
    """Return a copy with the grid steps of every note filled in.

    Parameters
    ----------
    sequence : NoteSequence
        With any number of tempos and time signatures.
    steps_per_quarter : int
        4 is the 16th grid.

    Returns
    -------
    NoteSequence
        `quantized_start_step`, `quantized_end_step` (at least one step
        later), `total_quantized_steps` and `quantization_info` are set, as
        note_seq's functions expect. Times in seconds stay as they were.
    """
    copy = music_pb2.NoteSequence()
    copy.CopyFrom(sequence)
    copy.quantization_info.steps_per_quarter = steps_per_quarter
    times = [(note.start_time, note.end_time) for note in copy.notes]
    table = np.array([*times, (0.0, copy.total_time)])
    steps = to_steps(sequence, table, steps_per_quarter)
    steps[:-1, 1] = np.maximum(steps[:-1, 1], steps[:-1, 0] + 1)
    for note, (start, end) in zip(copy.notes, steps.tolist(), strict=False):
        note.quantized_start_step = start
        note.quantized_end_step = end
    copy.total_quantized_steps = int(steps[:, 1].max())
    return copy
