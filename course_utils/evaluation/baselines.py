"""What counting alone can predict: events, pairs, and what is being held.

A network is worth its training only below these. All counts begin at one, so
that nothing is impossible.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Sequence

import numpy as np

from course_utils.symbolic.polyphony import (
    FIRST_CONTINUED_NOTE,
    FIRST_NEW_NOTE,
    N_CLASSES,
    N_PITCHES,
    STEP_END,
    event_pitch,
)

NOTHING = -1  # no pitch is left that could be held


class BigramWithHold:
    """Counts pairs of events; knows which pitch could be held next.

    Within a step pitches fall. So the next pitch that can be held is the
    highest of the step before that lies below the last event. First it is
    decided whether that one is held, given the event before; if not, the
    event before decides among all others.

    Parameters
    ----------
    pieces : sequence of list of int
        Polyphony events to count.
    """

    def __init__(self, pieces: Sequence[list[int]]) -> None:
        self._held = np.ones((N_CLASSES, 2))  # by the event before: no, yes
        self._pairs = np.ones((N_CLASSES, N_CLASSES))
        for piece in pieces:
            before, event, candidate = _contexts(piece)
            can = candidate != NOTHING
            holds = can & (event == candidate)
            np.add.at(self._held, (before[can], holds[can].astype(int)), 1)
            np.add.at(self._pairs, (before[~holds], event[~holds]), 1)

    def nll(self, pieces: Sequence[list[int]]) -> float:
        """Return the mean cost of the events after the first, in nats."""
        return float(np.concatenate([self._costs(p) for p in pieces]).mean())

    def _costs(self, piece: list[int]) -> np.ndarray:
        """Return minus the log-probability of each event after the first."""
        before, event, candidate = _contexts(piece)
        can = candidate != NOTHING
        holds = can & (event == candidate)
        hold = (self._held / self._held.sum(axis=1, keepdims=True))[before, 1]
        chance = self._pairs / self._pairs.sum(axis=1, keepdims=True)
        excluded = np.where(can, chance[before, candidate], 0.0)
        other = chance[before, event] / (1 - excluded)
        p = np.where(holds, hold, np.where(can, 1 - hold, 1.0) * other)
        return -np.log(p)


def _contexts(piece: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each event after the first: before, event, could be held.

    The last is the CONTINUED_NOTE of the pitch that could be held next, or
    `NOTHING`.
    """
    sounding: list[int] = []  # pitches of the step before, falling
    now: list[int] = []
    ceiling, place = N_PITCHES, 0
    candidates = []
    for event in piece[:-1]:
        if event == STEP_END:
            sounding, now = now, []
            ceiling, place = N_PITCHES, 0
        elif event >= FIRST_NEW_NOTE:
            ceiling = event_pitch(event)
            now.append(ceiling)
        while place < len(sounding) and sounding[place] >= ceiling:
            place += 1
        candidates.append(
            FIRST_CONTINUED_NOTE + sounding[place]
            if place < len(sounding)
            else NOTHING
        )
    row = np.array(piece)
    return row[:-1], row[1:], np.array(candidates, int)
