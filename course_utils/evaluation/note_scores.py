"""What can be measured on the sound of notes without any judge.

Axes: M notes, N samples, D = bins * frames values of a log-spectrogram.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.evaluation.bins import squared_distances
from course_utils.spectral.stft import StftConfig, waveform_to_stft

STFT = StftConfig(1024, 512)  # 15.6 Hz by 32 ms at 16 kHz
# What lies 60 dB below the loudest bin of a note counts as silence: a faint
# noise there is hardly heard, but would fill most of the picture.
FLOOR_DB = -60.0
FAINTEST = 1e-9  # magnitude of a silent note, so that nothing is divided by 0
BATCH = 64  # notes at a time

CLIPPED = 0.999  # of full scale
SILENT = 1e-3  # peak; 60 dB below full scale
DC = 0.01  # share of the note's own peak


def log_spectra(waveforms: Tensor, config: StftConfig = STFT) -> np.ndarray:
    """Return the log-spectrogram of each note as one row of numbers.

    Parameters
    ----------
    waveforms : Tensor, shape (M, N)
        Notes of one length.
    config : StftConfig
        Resolution.

    Returns
    -------
    np.ndarray, shape (M, D), float32
        In dB relative to the loudest bin of the note, -60 to 0, divided by
        sqrt(D): so the distance of two rows is the root mean square
        difference in dB.

    Raises
    ------
    CourseError
        If the waveforms are no finite batch, or too short.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    rows = []
    for part in waveforms.split(BATCH):
        magnitude = waveform_to_stft(part, config).abs().flatten(1)
        loudest = magnitude.amax(dim=1, keepdim=True).clamp_min(FAINTEST)
        ratio = (magnitude / loudest).clamp_min(10 ** (FLOOR_DB / 20))
        rows.append(20 * torch.log10(ratio) / magnitude.shape[1] ** 0.5)
    if not rows:
        raise CourseError("at least one note", "none", "give some notes")
    return torch.cat(rows).numpy()


def nearest_distances(spectra: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return how far each note lies from its nearest training note.

    Parameters
    ----------
    spectra, train : np.ndarray, shape (M, D) and (K, D)
        From `log_spectra`.

    Returns
    -------
    np.ndarray, shape (M,)
        In dB. A copy of a training note lies at 0; judge the rest beside
        what held-out real notes have.

    Raises
    ------
    CourseError
        If a set is empty, or D differs.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    fits = spectra.ndim == train.ndim == 2
    if not fits or spectra.shape[1] != train.shape[1] or not len(train):
        raise CourseError(
            "two sets of log-spectra of one length",
            f"shapes {spectra.shape} and {train.shape}",
            "make both with the same log_spectra",
        )
    # Differences of large squares: float64, or a copy would not be at 0.
    square = squared_distances(spectra.astype(float), train.astype(float))
    return np.sqrt(square.min(axis=1))


def sound_defects(waveforms: Tensor) -> dict[str, float]:
    """Count the notes with a technical fault.

    Parameters
    ----------
    waveforms : Tensor, shape (M, N)
        1 is full scale.

    Returns
    -------
    dict
        `not_finite`, `clipped` (a sample at 0.999 or more), `silent` (peak
        below 0.001) and `dc` (mean above 1 % of the note's peak): numbers of
        notes. `highest_peak`, and `largest_dc` as share of the peak.

    Raises
    ------
    CourseError
        If there are no notes.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    if waveforms.ndim != 2 or not waveforms.numel():
        raise CourseError(
            "notes of shape (M, N)",
            f"shape {tuple(waveforms.shape)}",
            "give at least one note",
        )
    finite = waveforms.isfinite().all(dim=1)
    sound = waveforms.nan_to_num(0.0, 0.0, 0.0)
    peak = sound.abs().amax(dim=1)
    offset = sound.double().mean(dim=1).abs() / peak.clamp_min(FAINTEST)
    return {
        "not_finite": int((~finite).sum()),
        "clipped": int((peak >= CLIPPED).sum()),
        "silent": int((peak < SILENT).sum()),
        "dc": int((offset > DC).sum()),
        "highest_peak": float(peak.max()),
        "largest_dc": float(offset.max()),
    }
