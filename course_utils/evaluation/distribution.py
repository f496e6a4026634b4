"""Scores of a whole set of notes, from what a judge heard in each.

Conventions: logits and features are arrays with one row a note. Entropies
are in nats. A score of a finite set is biased: Fréchet distances come out
too large and inception scores too small, the more so the fewer the notes.
So compare sets of one size, and give real against real beside it.

Axes: M notes, P classes, D features.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import numpy as np
from scipy.special import log_softmax

from course_utils.basics.checks import CourseError


def right_notes(logits: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Tell for each note whether the judge hears the class asked for.

    Parameters
    ----------
    logits : np.ndarray, shape (M, P)
        Of pitch or of timbre.
    asked : np.ndarray of int, shape (M,)
        Place of the class in the logits; -1 for a class that the judge does
        not know, which counts as wrong.

    Returns
    -------
    np.ndarray of bool, shape (M,)
        Its mean is the pitch accuracy or the timbre accuracy.

    Raises
    ------
    CourseError
        If there are no notes, or not equally many of both.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    logits, asked = _rows(logits), np.asarray(asked)
    if asked.shape != (len(logits),):
        raise CourseError(
            "one class asked for each note",
            f"{asked.shape} for {len(logits)} notes",
            "give the classes in the order of the notes",
        )
    return logits.argmax(axis=1) == asked


def entropies(logits: np.ndarray) -> np.ndarray:
    """Return the entropy of the judge's answer to each note, in nats, (M,).

    Its mean is the pitch entropy of GANSynth: 0 if the judge is sure of
    every note, ln(P) if it cannot tell at all. It does not ask whether the
    judge is right.

    Raises
    ------
    CourseError
        If there are no notes.

    References
    ----------
    Engel et al. (2019), GANSynth, arXiv:1902.08710, section 4.2: "the
    entropy of its output distribution", here the mean over the notes.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    log_p = log_softmax(_rows(logits), axis=1)
    return -(np.exp(log_p) * log_p).sum(axis=1)


def inception_score(logits: np.ndarray) -> float:
    """Return exp of the mean divergence of an answer from the mean answer.

    Parameters
    ----------
    logits : np.ndarray, shape (M, P)
        From a judge that was trained on real notes.

    Returns
    -------
    float
        From 1 (all notes get the same answer, or none is clear) to P (every
        answer is sure, and all classes come equally often).

    Raises
    ------
    CourseError
        If there are no notes.

    References
    ----------
    Salimans et al. (2016), arXiv:1606.03498, section 4, without their
    division into ten parts.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    log_p = log_softmax(_rows(logits), axis=1)
    p = np.exp(log_p)
    log_mean = np.log(p.mean(axis=0).clip(1e-300))
    divergence = (p * (log_p - log_mean)).sum(axis=1)  # KL, in nats
    return float(np.exp(divergence.mean()))


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return how far two clouds of features lie apart, as Gaussians.

    Parameters
    ----------
    first, second : np.ndarray, shape (M, D) and (K, D)
        Features of two sets of notes, two notes or more each.

    Returns
    -------
    float
        |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)), 0 or more; the "FID"
        of a judge's features. Only values of one judge can be compared.

    Raises
    ------
    CourseError
        If a set has fewer than two notes, or D differs.

    References
    ----------
    Dowson and Landau (1982); Heusel et al. (2017), arXiv:1706.08500, eq. 6.

    Notes
    -----
    C1 C2 is not symmetric. It has the eigenvalues of R C2 R with R the
    square root of C1, which is, so that `eigh` does and all stays real.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    first, second = _rows(first), _rows(second)
    if min(len(first), len(second)) < 2 or first.shape[1] != second.shape[1]:
        raise CourseError(
            "two sets of two or more notes with the same features",
            f"shapes {first.shape} and {second.shape}",
            "give both sets to one judge",
        )
    step = first.mean(axis=0) - second.mean(axis=0)
    spread1 = np.atleast_2d(np.cov(first, rowvar=False))
    spread2 = np.atleast_2d(np.cov(second, rowvar=False))
    root = symmetric_root(spread1)
    shared = np.linalg.eigvalsh(root @ spread2 @ root).clip(0)
    trace = np.trace(spread1) + np.trace(spread2) - 2 * np.sqrt(shared).sum()
    return float(max(step @ step + trace, 0.0))


def symmetric_root(matrix: np.ndarray) -> np.ndarray:
    """Return the square root, shape (D, D), of a covariance.

    Eigenvalues that rounding made negative count as 0.
    """
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def _rows(values: np.ndarray) -> np.ndarray:
    """Return float64 rows, one a note; refuse an empty or other array."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or not len(values):
        raise CourseError(
            "one row a note, at least one",
            f"shape {values.shape}",
            "give what the judge heard, of shape (M, P)",
        )
    return values
