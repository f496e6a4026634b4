"""Tempo and key as they are heard in sound, where no notes are known.

Both are the measures of notes, moved to sound: the tempo is that of the
onset envelope (see `kept.heard_tempo_bpm`), the key that of the pitch classes
(see `musical.key`). They err more often than from notes.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import librosa
import numpy as np

from course_utils.evaluation.kept import OCTAVES, USUAL_BPM
from course_utils.evaluation.musical import key_correlations
from course_utils.evaluation.spectral_features import (
    FeatureConfig,
    chromagram,
    rms,
)


def tempo_in_sound_bpm(waveform: np.ndarray, sample_rate: int) -> float:
    """Return the tempo that the onsets suggest, in beats per minute.

    Parameters
    ----------
    waveform : np.ndarray, shape (N,)
        Mono.
    sample_rate : int
        In Hz.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    envelope = librosa.onset.onset_strength(y=waveform, sr=sample_rate)
    tempo = librosa.feature.tempo(
        onset_envelope=envelope,
        sr=sample_rate,
        start_bpm=USUAL_BPM,
        std_bpm=OCTAVES,
    )
    return float(tempo[0])


def key_in_sound(waveform: np.ndarray, sample_rate: int) -> str | None:
    """Return the key that the pitch classes suggest, such as "C minor".

    Parameters
    ----------
    waveform : np.ndarray, shape (N,)
        Mono, tuned to 440 Hz.
    sample_rate : int
        In Hz.

    Returns
    -------
    str or None
        None if no key stands out.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    config = FeatureConfig(sample_rate)
    shares = chromagram(waveform, config) * rms(waveform, config)
    fits = key_correlations(np.nan_to_num(shares).sum(axis=1))
    return max(fits, key=fits.get, default=None)
