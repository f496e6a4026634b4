"""Play new bars as loud as the piece they go on from.

RMS loudness depends on more than velocities: on how many notes sound, and
how high. So the sound is measured, and all velocities are moved together
until it is as loud as the primer's, without leaving the primer's range.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np

from course_utils.evaluation.musical import loudness_db
from course_utils.symbolic.synth import sequence_to_waveform

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

RENDER_RATE = 44_100  # Hz


def rendered_db(sequence: "NoteSequence") -> float:
    """Return the RMS level of a piece as the course's SoundFont plays it.

    Drums are left out, as they are when composing, and the last notes fade
    after the end of the piece. In dB re full scale.
    """
    pitched = type(sequence)()
    pitched.CopyFrom(sequence)
    del pitched.notes[:]
    pitched.notes.extend(n for n in sequence.notes if not n.is_drum)
    end = max(round(sequence.total_time * RENDER_RATE), 1)
    return loudness_db(sequence_to_waveform(pitched, RENDER_RATE)[:end])


def match_loudness(
    new: "NoteSequence", primer: "NoteSequence", target_db: float
) -> float:
    """Move the velocities of new bars until they are as loud as a primer.

    Parameters
    ----------
    new : NoteSequence
        Changed in place. Its notes keep their order of loudness.
    primer : NoteSequence
        Velocities stay in its range; if all its notes have one velocity,
        nothing is changed.
    target_db : float
        The primer's level, of `rendered_db`.

    Returns
    -------
    float
        By how many dB the new bars are still louder than the target.
    """
    heard = [note.velocity for note in primer.notes if not note.is_drum]
    softest, loudest = min(heard), max(heard)
    if softest == loudest:
        return rendered_db(new) - target_db
    velocities = np.array([note.velocity for note in new.notes])

    def error(shift: int) -> float:
        moved = np.clip(velocities + shift, softest, loudest)
        for note, velocity in zip(new.notes, moved.tolist(), strict=True):
            note.velocity = velocity
        return rendered_db(new) - target_db

    low = softest - int(velocities.max())  # all at the softest
    high = loudest - int(velocities.min())
    while high - low > 1:  # louder velocities sound louder: bisection
        middle = (low + high) // 2
        low, high = (middle, high) if error(middle) < 0 else (low, middle)
    best = min((low, high), key=lambda shift: abs(error(shift)))
    return error(best)
