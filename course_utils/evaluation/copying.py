"""Is it a copy? Notes that stand in the other piece, samples that do too.

Two measures, for two kinds of copy. Of notes: the longest run of events that
both pieces have, in any key (see `memorisation`). Of sound: pieces of one
second are looked for in the other recording, at every place and every level;
a piece that fits almost exactly has been copied. A piece played anew is no
copy of samples, even from the same notes.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import oaconvolve

from course_utils.evaluation.memorisation import longest_shared_runs
from course_utils.symbolic.polyphony import sequence_to_events

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

PIECE_S = 1.0
MAX_PIECES = 40  # that are looked for, spread over all clips
MAX_LOOKED_S = 600.0  # they are looked for in the first ten minutes
SAME = 0.9  # correlation above which a piece counts as found
COPY = 0.5  # share of a side above which it counts as a copy
QUIET = 1e-3  # energy of a place, of the loudest one, that is not compared


def shared_run(
    real: Sequence["NoteSequence"], generated: Sequence["NoteSequence"]
) -> tuple[int, float]:
    """Return the longest run of events that both sides have.

    Parameters
    ----------
    real, generated : sequence of NoteSequence
        Those without pitched notes are left out.

    Returns
    -------
    n_events : int
        Of the 259 kinds, in any key.
    share : float
        Of the generated piece that it lies in: the largest such share.
    """
    known, composed = map(_events, (real, generated))
    if not known or not composed:
        return 0, 0.0
    runs = longest_shared_runs(composed, known)
    shares = [n / len(row) for n, row in zip(runs, composed, strict=True)]
    best = int(np.argmax(shares))
    return runs[best], shares[best]


def _events(pieces: Sequence["NoteSequence"]) -> list[list[int]]:
    """Return the events of each piece, START and END left out."""
    return [
        sequence_to_events(piece)[1:-1]
        for piece in pieces
        if any(not note.is_drum for note in piece.notes)
    ]


def copied_share(
    real: Sequence[np.ndarray],
    generated: Sequence[np.ndarray],
    sample_rate: int,
) -> float:
    """Return how much of generated sound is real sound, sample for sample.

    Parameters
    ----------
    real, generated : sequence of np.ndarray, each of shape (N,)
        Mono clips.
    sample_rate : int
        In Hz, of all.

    Returns
    -------
    float
        Share of the pieces looked for that were found, 0 to 1.
    """
    pieces = _pieces(generated, round(PIECE_S * sample_rate))
    places = _first(real, round(MAX_LOOKED_S * sample_rate))
    found = [
        max(likeness(piece, clip) for clip in places) > SAME
        for piece in pieces
    ]
    return float(np.mean(found))


def likeness(piece: np.ndarray, clip: np.ndarray) -> float:
    """Return the best correlation of a piece with any place of a clip.

    Parameters
    ----------
    piece : np.ndarray, shape (K,)
        What is looked for.
    clip : np.ndarray, shape (N,)
        Where it is looked for; its end is filled up with silence
        where it is shorter.

    Returns
    -------
    float
        -1 to 1, whatever the levels; 0 for silence.
    """
    n = len(piece)
    clip = np.pad(clip.astype(np.float64), (0, max(n - len(clip), 0)))
    piece = piece.astype(np.float64)
    size = np.linalg.norm(piece)
    products = oaconvolve(clip, piece[::-1], mode="valid")
    sums = np.concatenate([[0.0], np.cumsum(clip**2)])
    energies = np.maximum(sums[n:] - sums[:-n], 0.0)
    heard = energies > QUIET * energies.max()
    if size == 0.0 or not heard.any():
        return 0.0
    return float((products[heard] / np.sqrt(energies[heard])).max() / size)


def _first(clips: Sequence[np.ndarray], n: int) -> list[np.ndarray]:
    """Return the first n samples of some clips, clip by clip."""
    kept = []
    for clip in clips:
        kept.append(clip[:n])
        n -= len(kept[-1])
        if n == 0:
            break
    return kept


def _pieces(clips: Sequence[np.ndarray], n: int) -> list[np.ndarray]:
    """Cut clips into pieces of n samples; keep some, the silent left out."""
    pieces = [
        clip[start : start + n]
        for clip in clips
        for start in range(0, max(len(clip) - n, 0) + 1, n)
    ]
    loudest = max(np.abs(piece).max() for piece in pieces)
    pieces = [p for p in pieces if np.abs(p).max() > loudest * QUIET]
    return pieces[:: -(-len(pieces) // MAX_PIECES)]
