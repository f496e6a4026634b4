"""Leave out a sustain pedal that is never lifted.

A fifth of the songs of POP909 press the pedal once and hold it to the end:
a fault of the recording, by which every note would sound for minutes.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from itertools import groupby
from typing import TYPE_CHECKING

from course_utils.symbolic.pedal import PEDAL

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

LONGEST_PRESS_S = 10.0  # a piano's middle notes have died away by then
DOWN = 64  # controller values from here on press the pedal


def drop_stuck_pedals(
    sequence: "NoteSequence", longest_s: float = LONGEST_PRESS_S
) -> None:
    """Remove each press of the pedal that lasts longer, in place.

    Parameters
    ----------
    sequence : NoteSequence
        Its `control_changes` are put in order of instrument and time.
    longest_s : float
        Seconds.
    """
    changes = sorted(
        sequence.control_changes, key=lambda c: (c.instrument, c.time)
    )
    kept = [c for c in changes if c.control_number != PEDAL]
    pedals = [c for c in changes if c.control_number == PEDAL]
    for _, moves in groupby(pedals, key=lambda c: c.instrument):
        for press in _presses(list(moves)):
            is_lifted = press[-1].control_value < DOWN
            end_s = press[-1].time if is_lifted else sequence.total_time
            if end_s - press[0].time <= longest_s:
                kept += press
    del sequence.control_changes[:]
    sequence.control_changes.extend(
        sorted(kept, key=lambda c: (c.instrument, c.time))
    )


def _presses(moves: list) -> list[list]:
    """Cut one pedal's controllers into presses, each with its lift.

    Lifts of a pedal that is up are left out.
    """
    presses, press = [], []
    for move in moves:
        if move.control_value >= DOWN or press:
            press.append(move)
        if press and move.control_value < DOWN:
            presses.append(press)
            press = []
    return [*presses, press] if press else presses
