"""Has the network copied? The longest run that also stands in training.

Two pieces in one style share runs without copying: so the same is measured
for real pieces that the network never saw, and a composed one is suspicious
only where its run is longer than theirs.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence

import numpy as np
import torch

from course_utils.symbolic.augment import transpose_events

BASE = np.uint64(1_000_003)  # of the rolling hash, modulo 2^64
ALL_KEYS = range(-11, 12)  # semitones


class TrainingRuns:
    """Looks runs of events up in training pieces.

    Parameters
    ----------
    pieces : sequence of list of int
        Events of the training pieces, START and END included.
    """

    def __init__(self, pieces: Sequence[list[int]]) -> None:
        rows = [np.asarray(piece, np.uint64) for piece in pieces]
        self._pieces = [row for row in rows if len(row)]
        self._hashes: dict[int, np.ndarray] = {}

    def holds(self, events: Sequence[int], length: int) -> bool:
        """Return whether a run of `length` events stands in a piece."""
        if length not in self._hashes:
            hashes = [_hashes(piece, length) for piece in self._pieces]
            self._hashes[length] = np.unique(np.concatenate(hashes))
        found = _hashes(np.asarray(events, np.uint64), length)
        return bool(np.isin(found, self._hashes[length]).any())

    def longest(self, events: Sequence[int]) -> int:
        """Return the length of the longest shared run, in any key.

        Parameters
        ----------
        events : sequence of int
            Of a new piece, in the encoding of the training pieces.

        Returns
        -------
        int
            In events. A run shared in another key counts: the network
            learnt from all keys.
        """
        row = torch.as_tensor(list(events))
        keys = [transpose_events(row, shift).tolist() for shift in ALL_KEYS]
        keys = [key for key in keys if min(key) >= 0 and max(key) >= 0]
        low, high = 0, len(row)
        while low < high:  # a shared run holds a shorter one: bisection
            middle = (low + high + 1) // 2
            if any(self.holds(key, middle) for key in keys):
                low = middle
            else:
                high = middle - 1
        return low


def _hashes(events: np.ndarray, length: int) -> np.ndarray:
    """Return one hash for every run of `length` events, shape (n,)."""
    n_runs = len(events) - length + 1
    if n_runs <= 0:
        return np.zeros(0, np.uint64)
    total = np.zeros(n_runs, np.uint64)
    for offset in range(length):
        total = total * BASE + events[offset : offset + n_runs] + np.uint64(1)
    return total
