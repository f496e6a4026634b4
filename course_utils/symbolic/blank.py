"""Begin a NoteSequence with the tempo and meter that its notes will have.

Taught in: notebooks/31_event_tokens.ipynb
"""

import warnings

from course_utils.basics.checks import CourseError, check_range
from course_utils.symbolic.midi_writing import TICKS_PER_QUARTER

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

DEFAULT_VELOCITY = 100  # what Magenta writes where an encoding has none
DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)


def blank_sequence(
    qpm: float, time_signature: tuple[int, int] | None
) -> music_pb2.NoteSequence:
    """Return a sequence without notes.

    Parameters
    ----------
    qpm : float
        Quarters per minute, from time 0.
    time_signature : (int, int) or None
        Numerator and denominator, such as (3, 4). None writes none, and
        then every MIDI program will show 4/4.

    Raises
    ------
    CourseError
        If the tempo or the time signature is impossible.
    """
    check_range("tempo", qpm, 3.5, 6_000, "quarters per minute")
    sequence = music_pb2.NoteSequence(ticks_per_quarter=TICKS_PER_QUARTER)
    sequence.tempos.add(time=0.0, qpm=qpm)
    if time_signature is not None:
        numerator, denominator = check_time_signature(time_signature)
        sequence.time_signatures.add(
            time=0.0, numerator=numerator, denominator=denominator
        )
    return sequence


def check_time_signature(time_signature: tuple[int, int]) -> tuple[int, int]:
    """Return (numerator, denominator); `CourseError` if it is none."""
    numerator, denominator = time_signature
    if not 1 <= numerator <= 255 or denominator not in DENOMINATORS:
        raise CourseError(
            "a time signature such as (3, 4), its denominator 1 to 64",
            time_signature,
            "give the numerator, then a power of 2",
        )
    return int(numerator), int(denominator)
