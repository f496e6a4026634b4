"""Convert the ticks of a MIDI file to seconds and back, through its tempos.

A tick is a fraction of a quarter note; how long it lasts changes whenever the
tempo does. K counts the tempos of a piece.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from collections.abc import Iterable

import numpy as np

US_PER_MINUTE = 60_000_000
DEFAULT_QPM = 120.0  # what MIDI assumes where a file says nothing
MAX_US_PER_QUARTER = 2**24 - 1  # a MIDI file has three bytes for it


def qpm_to_us(qpm: float) -> int:
    """Return the whole microseconds per quarter that a MIDI file stores.

    Rounded, not cut off: 90 quarters per minute is 666,667 microseconds.
    """
    return min(max(round(US_PER_MINUTE / qpm), 1), MAX_US_PER_QUARTER)


def us_to_qpm(us_per_quarter: int) -> float:
    """Return the quarters per minute of a stored tempo."""
    return US_PER_MINUTE / us_per_quarter


class TempoMap:
    """The tempos of a piece, as a map between ticks and seconds.

    Parameters
    ----------
    changes : iterable of (int, int)
        Tick and microseconds per quarter of each change, sorted by tick. Of
        two at one tick the later counts. Before the first, 120 per minute.
    ticks_per_quarter : int
        Resolution of the file.

    Attributes
    ----------
    ticks : np.ndarray, shape (K,), int64
        Where each tempo begins; the first is 0.
    us_per_quarter : np.ndarray, shape (K,), int64
        How long a quarter note lasts from there on.
    start_s : np.ndarray, shape (K,), float64
        The same beginnings in seconds.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """

    def __init__(
        self, changes: Iterable[tuple[int, int]], ticks_per_quarter: int
    ) -> None:
        table = {0: qpm_to_us(DEFAULT_QPM)} | dict(changes)
        self.ticks_per_quarter = ticks_per_quarter
        self.ticks = np.array(list(table), np.int64)
        self.us_per_quarter = np.array(list(table.values()), np.int64)
        self._tick_s = self.us_per_quarter / 1e6 / ticks_per_quarter
        lengths_s = np.diff(self.ticks) * self._tick_s[:-1]
        self.start_s = np.concatenate([[0.0], np.cumsum(lengths_s)])

    def tick_to_s(self, tick: np.ndarray | int) -> np.ndarray:
        """Return the seconds of ticks of any shape, float64."""
        tick = np.asarray(tick, np.int64)
        i = np.searchsorted(self.ticks, tick, side="right") - 1
        return self.start_s[i] + (tick - self.ticks[i]) * self._tick_s[i]

    def s_to_tick(self, time_s: np.ndarray | float) -> np.ndarray:
        """Return the nearest ticks of seconds of any shape, int64."""
        time_s = np.asarray(time_s, np.float64)
        i = np.searchsorted(self.start_s, time_s, side="right") - 1
        i = np.maximum(i, 0)
        after = np.rint((time_s - self.start_s[i]) / self._tick_s[i])
        return self.ticks[i] + after.astype(np.int64)


def tempo_map_of(
    tempos: Iterable[tuple[float, float]], ticks_per_quarter: int
) -> TempoMap:
    """Build the map that a list of tempos in seconds asks for.

    Parameters
    ----------
    tempos : iterable of (float, float)
        Time in seconds and quarters per minute of each, sorted by time.
    ticks_per_quarter : int
        Resolution of the file to be.

    Returns
    -------
    TempoMap
        Each change lies on the nearest tick. The map is the one the file
        will have, so rounding never adds up from change to change.
    """
    changes = []
    tick, start_s, us = 0, 0.0, qpm_to_us(DEFAULT_QPM)
    for time_s, qpm in tempos:
        tick_s = us / 1e6 / ticks_per_quarter
        n_ticks = max(round((time_s - start_s) / tick_s), 0)
        tick, start_s = tick + n_ticks, start_s + n_ticks * tick_s
        us = qpm_to_us(qpm)
        changes.append((tick, us))
    return TempoMap(changes, ticks_per_quarter)
