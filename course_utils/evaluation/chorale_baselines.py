"""What counting alone can predict of a chorale, note by note.

Each model counts what a voice sings after what is known. Where too little was
counted, it falls back on the model that knows less: the probability is
(count + STRENGTH x the simpler probability) / (counts in all + STRENGTH).
Metric: nats a note of the grid, mean over all notes of all pieces.

Source of the fallback: MacKay and Peto (1995), A hierarchical Dirichlet
language model.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence

import numpy as np

N_CLASSES = 47  # 46 pitches and the rest
START = N_CLASSES  # what came before the first sixteenth
N_PLACES = 4  # sixteenths in a beat
STRENGTH = 30.0  # imagined notes
MODELS = ("voice", "note before", "place in the beat", "voice above moved")


def contexts(classes: np.ndarray, n_known: int) -> np.ndarray:
    """Return what each note is counted after, as one number.

    Parameters
    ----------
    classes : np.ndarray, shape (T, 4), int
        Classes 0 to 46.
    n_known : int
        1 to 4, how many of these are known: which voice it is, its note a
        sixteenth before, the place in the beat, whether the voice above has
        just moved (for the soprano: the bass, a sixteenth before).

    Returns
    -------
    np.ndarray, shape (T, 4), int64
    """
    n_steps, n_voices = classes.shape
    edge = np.full((1, n_voices), START)
    before = np.concatenate([edge, classes[:-1]])
    moved = (classes != before).astype(int)
    bass = np.concatenate([[0], moved[:-1, -1]])
    facts = (
        (np.broadcast_to(np.arange(n_voices), classes.shape), n_voices),
        (before, START + 1),
        (
            np.broadcast_to(
                np.arange(n_steps)[:, None] % N_PLACES, classes.shape
            ),
            N_PLACES,
        ),
        (np.column_stack([bass, moved[:, :-1]]), 2),
    )
    number = np.zeros(classes.shape, np.int64)
    for fact, size in facts[:n_known]:
        number = number * size + fact
    return number


class ChoraleCounts:
    """Counts of what follows what, from knowing little to knowing much.

    Parameters
    ----------
    pieces : sequence of np.ndarray, each (T, 4)
        Classes to count.
    """

    def __init__(self, pieces: Sequence[np.ndarray]) -> None:
        self._counts = []
        for n_known in range(1, len(MODELS) + 1):
            known = [contexts(p, n_known).ravel() for p in pieces]
            counts = np.zeros((_n_contexts(n_known), N_CLASSES))
            notes = np.concatenate([p.ravel() for p in pieces])
            np.add.at(counts, (np.concatenate(known), notes), 1)
            self._counts.append(counts)

    def nll(self, pieces: Sequence[np.ndarray]) -> dict[str, float]:
        """Return model -> nats a note, mean over all notes."""
        prices = np.concatenate([self._prices(piece) for piece in pieces])
        return dict(zip(MODELS, prices.mean(axis=0).tolist(), strict=True))

    def _prices(self, piece: np.ndarray) -> np.ndarray:
        """Return the nats of each note by each model, (T * 4, 4)."""
        notes = piece.ravel()
        p = np.full(len(notes), 1 / N_CLASSES)
        prices = []
        for n_known, counts in enumerate(self._counts, 1):
            rows = counts[contexts(piece, n_known).ravel()]
            seen = rows[np.arange(len(notes)), notes]
            p = (seen + STRENGTH * p) / (rows.sum(axis=1) + STRENGTH)
            prices.append(-np.log(p))
        return np.stack(prices, axis=1)


def _n_contexts(n_known: int) -> int:
    """Return how many numbers `contexts` can give."""
    return int(np.prod((4, START + 1, N_PLACES, 2)[:n_known]))
