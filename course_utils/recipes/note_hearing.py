"""What the scores of notes are computed from: made once for a set of notes.

Axes: M notes, N samples, P pitches, K timbres, D features.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from course_utils.data.note_set import NoteSet
from course_utils.evaluation.bins import (
    N_BINS,
    Bins,
    fit_bins,
    nearest_centres,
)
from course_utils.evaluation.note_scores import (
    FAINTEST,
    log_spectra,
    nearest_distances,
)
from course_utils.models.classifier import NoteClassifier


@dataclass(frozen=True)
class Reference:
    """What the training notes are to the judge: made once for a report."""

    features: np.ndarray  # (M, D), their mean variance is 1
    scale: float  # what the judge's features were divided by for that
    spectra: np.ndarray  # (M, D'), see `log_spectra`
    bins: Bins


@dataclass(frozen=True)
class Heard:
    """One set of notes, as the judge heard it; the arrays of all scores."""

    pitch: np.ndarray  # (M, P) logits
    timbre: np.ndarray  # (M, K) logits
    features: np.ndarray  # (M, D), divided by the reference's scale
    places: np.ndarray  # (M,) bins of the training notes
    nearest_db: np.ndarray  # (M,) to the nearest training note


def make_reference(
    judge: NoteClassifier, train: NoteSet, seed: int
) -> Reference:
    """Let the judge hear the training notes, and put them into 50 bins.

    With fewer than ten notes a bin there are fewer bins, so that small sets
    of a quick look can be scored at all. The size of a net's activations
    means nothing, so features are brought to a mean variance of 1.
    """
    features = judge.hear(train.waveforms).features.numpy()
    scale = max(float(features.var(axis=0).mean() ** 0.5), FAINTEST)
    spectra = log_spectra(train.waveforms)
    n_bins = min(N_BINS, max(1, len(train) // 10))
    return Reference(
        features / scale,
        scale,
        spectra,
        fit_bins(spectra, seed, n_bins),
    )


def hear_set(
    judge: NoteClassifier, waveforms: Tensor, reference: Reference
) -> Heard:
    """Compute all that the scores of one set need."""
    heard = judge.hear(waveforms)
    spectra = log_spectra(waveforms)
    return Heard(
        heard.pitch.numpy(),
        heard.timbre.numpy(),
        heard.features.numpy() / reference.scale,
        nearest_centres(spectra, reference.bins.centres),
        nearest_distances(spectra, reference.spectra),
    )
