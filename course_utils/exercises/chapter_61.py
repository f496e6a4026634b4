"""Exercises of chapter 61: match levels, fool the KS score, fold octaves.

Taught in: notebooks/61_mir_features.ipynb
"""

from collections.abc import Callable

import numpy as np

from course_utils.evaluation.feature_distances import feature_distance
from course_utils.evaluation.spectral_features import (
    FeatureConfig,
    spectrogram_db,
)
from course_utils.evaluation.tabular import ks_score, rms
from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

RATE = 16_000  # Hz
FAR_DB = 20.0
LEVEL_RTOL = 1e-3


def _decaying_chord(f0_hz: float, level: float) -> np.ndarray:
    """Return a second of a decaying tone with two partials, shape (N,)."""
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * f0_hz * t) + np.sin(5 * np.pi * f0_hz * t)
    return level * np.exp(-3 * t) * tone


def _samples(answer: object) -> np.ndarray:
    """Return the answer as samples, unless the stub is untouched."""
    if answer is None:
        raise Wrong(NO_ANSWER)
    return np.asarray(answer, dtype=float)


@exercise(
    "61.1",
    hints=(
        "The RMS is the root of the mean of the squares.",
        "Which factor turns the generated RMS into the real one?",
        "Multiply by the real RMS and divide by the generated one.",
    ),
)
def match_level(answer: Callable[[np.ndarray, np.ndarray], object]) -> None:
    """Take a function of (real, generated) giving the scaled samples."""
    real = _decaying_chord(220.0, 0.05)
    generated = _decaying_chord(330.0, 0.3)[: RATE // 2]
    got = _samples(answer(real.copy(), generated.copy()))
    if got.shape != generated.shape:
        raise Wrong(
            f"Expected {generated.shape[0]} samples, as many as were "
            f"generated; got shape {got.shape}."
        )
    if abs(rms(got) / rms(real) - 1) > LEVEL_RTOL:
        raise Wrong(
            f"The RMS should be {rms(real):.4f}, as that of the real clip; "
            f"it is {rms(got):.4f}."
        )
    expected = generated * rms(real) / rms(generated)
    if not np.allclose(got, expected, rtol=LEVEL_RTOL, atol=1e-6):
        raise Wrong(
            "The RMS is right, but the wave has changed: use one factor, "
            "above 0, for all samples."
        )


@exercise(
    "61.2",
    hints=(
        "KS sees the heap of samples. So keep every one of them.",
        "Change only their order. Which order has no fast changes in it?",
        "What becomes of a sound if its samples only ever rise? Try np.sort.",
    ),
)
def fool(answer: Callable[[np.ndarray], object]) -> None:
    """Take a function of the real samples giving others, as many."""
    real = _decaying_chord(220.0, 0.1)
    real += 0.01 * np.random.default_rng(0).normal(size=RATE)
    got = _samples(answer(real.copy()))
    if got.ndim != 1 or len(got) != len(real):
        raise Wrong(f"Expected {len(real)} samples; got shape {got.shape}.")
    score = ks_score(real, got)
    if score < 1:
        raise Wrong(
            f"The KS score is {score:.4f}, not 1: some samples were changed, "
            "dropped or made up."
        )
    config = FeatureConfig(RATE)
    images = [spectrogram_db(clip, config) for clip in (real, got)]
    distance_db = feature_distance(*images)
    if distance_db < FAR_DB:
        raise Wrong(
            f"The score is 1, but the spectrogram is only {distance_db:.1f} "
            f"dB away; {FAR_DB:.0f} dB are asked."
        )


@exercise(
    "61.3",
    hints=(
        "Pitches that differ by 12 have one class: p % 12.",
        "np.bincount(classes, weights=strengths) adds up by class.",
        "Divide by the largest sum, unless that is 0.",
    ),
)
def fold(answer: Callable[[np.ndarray], object]) -> None:
    """Take a function of 128 strengths giving 12 numbers."""
    chord = np.zeros(128)
    chord[[48, 60, 64, 127]] = 0.3, 0.5, 0.2, 0.4
    expected = np.zeros(12)
    expected[[0, 4, 7]] = 1.0, 0.25, 0.5
    for strengths, wanted in ((chord, expected), (chord * 0, expected * 0)):
        got = _samples(answer(strengths.copy()))
        if got.shape != (12,):
            raise Wrong(f"Expected 12 numbers; got shape {got.shape}.")
        if not np.allclose(got, wanted):
            raise Wrong(
                "C3 0.3, C4 0.5, E4 0.2 and G9 0.4 should give C 1, E 0.25 "
                f"and G 0.5, and silence 0; got {np.round(got, 2).tolist()}."
            )
