"""Has the network copied? The longest run that also stands in training.

Two pieces in one style share runs without copying: so the same is measured
for real pieces that the network never saw, and a composed one is suspicious
only where its run is longer than theirs.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence

import numpy as np

from course_utils.symbolic.polyphony import (
    FIRST_CONTINUED_NOTE,
    FIRST_NEW_NOTE,
    N_CLASSES,
    N_PITCHES,
)

LONGEST = 4_096  # a longer shared run counts as this


def without_key(events: Sequence[int]) -> np.ndarray:
    """Write a piece so that it is the same in every key.

    Each note becomes its distance from the note before it.

    Parameters
    ----------
    events : sequence of int, length L
        Classes of `polyphony`.

    Returns
    -------
    np.ndarray, shape (L,), int64
        What is no note stays; the first note counts from pitch 0.
    """
    row = np.asarray(events, np.int64)
    is_note = (row >= FIRST_NEW_NOTE) & (row < N_CLASSES)
    notes = row[is_note]
    held = notes >= FIRST_CONTINUED_NOTE
    pitches = notes - np.where(held, FIRST_CONTINUED_NOTE, FIRST_NEW_NOTE)
    apart = np.diff(pitches, prepend=0) + N_PITCHES
    codes = row.copy()
    codes[is_note] = N_CLASSES + 2 * N_PITCHES * held + apart
    return codes


def longest_shared_runs(
    queries: Sequence[Sequence[int]], pieces: Sequence[Sequence[int]]
) -> list[int]:
    """Return for each query its longest run that a piece also has.

    A run in another key counts, for the network learns from all keys. All
    suffixes of all rows are sorted; the piece that shares most with a suffix
    of a query is then its neighbour.

    Parameters
    ----------
    queries, pieces : sequence of sequence of int
        Events of `polyphony`; queries are looked up in pieces.

    Returns
    -------
    list of int
        In events, one a query, at most `LONGEST`.
    """
    rows = [without_key(row) for row in (*pieces, *queries)]
    text = _joined(rows)
    lengths = np.array([len(row) + 1 for row in rows])
    owner = np.repeat(np.arange(len(rows)), lengths)
    order = _suffix_order(text)
    is_piece = owner[order] < len(pieces)
    longest = np.zeros(len(rows), np.int64)
    for direction in (1, -1):
        before = _last_piece(order[::direction], is_piece[::direction])
        chosen = (~is_piece[::direction]) & (before >= 0)
        places = order[::direction][chosen]
        shared = _common(text, places, before[chosen])
        np.maximum.at(longest, owner[places], shared)
    return longest[len(pieces) :].tolist()


def _joined(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Join rows to one line; each ends with a number of its own."""
    line = []
    for i, row in enumerate(rows):
        line += [row, np.array([-1 - i])]  # a run never crosses it
    return np.concatenate(line)


def _suffix_order(text: np.ndarray) -> np.ndarray:
    """Sort the suffixes of a text by their first `LONGEST` numbers.

    Manber and Myers (1993): ranks of runs of length k, taken in pairs, give
    the ranks of runs of length 2k.
    """
    rank = np.unique(text, return_inverse=True)[1]
    length = 1
    while length < LONGEST and rank.max() < len(text) - 1:
        after = np.zeros_like(rank)
        after[:-length] = rank[length:] + 1
        pairs = rank * (len(text) + 1) + after
        rank = np.unique(pairs, return_inverse=True)[1]
        length *= 2
    return np.argsort(rank, kind="stable")


def _last_piece(order: np.ndarray, is_piece: np.ndarray) -> np.ndarray:
    """Return the suffix of a piece at or before each place, else -1."""
    place = np.where(is_piece, np.arange(len(order)), -1)
    place = np.maximum.accumulate(place)
    return np.where(place >= 0, order[place], -1)


def _common(text: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how many numbers agree from places a and from places b on."""
    shared = np.zeros(len(a), np.int64)
    alive = np.arange(len(a))
    for offset in range(LONGEST):
        ends = np.maximum(a[alive], b[alive]) + offset >= len(text)
        alive = alive[~ends]
        alive = alive[text[a[alive] + offset] == text[b[alive] + offset]]
        if not len(alive):
            break
        shared[alive] += 1
    return shared
