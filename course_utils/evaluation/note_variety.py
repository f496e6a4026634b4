"""How different the notes of one kind are: does the noise matter at all?

A generator may draw every pitch and timbre right and yet only one note of
each. Scores that look at kinds of notes do not see it; this one does.

Axes: M notes, D values of a note (see `log_spectra`).

Taught in: notebooks/23_gansynth_training.ipynb
"""

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation.bins import squared_distances


def variety_within(spectra: np.ndarray, kinds: np.ndarray) -> float:
    """Return the mean distance of two notes of one kind, in dB.

    Parameters
    ----------
    spectra : np.ndarray, shape (M, D)
        From `log_spectra`; the distance of two rows is in dB.
    kinds : np.ndarray, shape (M,) or (M, 2)
        Of what kind each note is meant to be, such as pitch and timbre.

    Returns
    -------
    float
        Over all pairs of two different notes of one kind. 0 if every kind
        has but one sound. Read it beside that of real notes: noise, too, is
        different each time.

    Raises
    ------
    CourseError
        If the shapes do not fit, or no two notes are of one kind.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    kinds = np.asarray(kinds).reshape(len(kinds), -1)
    if spectra.ndim != 2 or len(spectra) != len(kinds):
        raise CourseError(
            "one row and one kind for each note",
            f"shapes {spectra.shape} and {kinds.shape}",
            "give the log_spectra of the notes whose kinds are given",
        )
    alike = (kinds[:, None] == kinds[None]).all(axis=-1)
    pairs = np.triu(alike, k=1)
    if not pairs.any():
        raise CourseError(
            "at least two notes of one kind",
            f"{len(kinds)} notes of {len(kinds)} kinds",
            "draw each pitch and timbre more than once",
        )
    values = spectra.astype(float)  # differences of large squares
    return float(np.sqrt(squared_distances(values, values)[pairs]).mean())
