"""Which key does a note sound like? A judge without any learned weights.

pYIN (Mauch and Dixon, 2014) looks for the period of a sound frame by frame
and follows the likeliest track. It knows nothing of instruments, so it can
judge rendered notes and generated ones alike.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Sequence

import librosa
import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.pitch import midi_to_hz

LISTEN_S = (0.05, 1.55)  # after the stroke, before weak notes are gone
LOW_PITCH, HIGH_PITCH = 21, 108  # the piano's keys
FRAME_S = 0.128  # holds three periods of the lowest key
RESOLUTION = 0.25  # semitones between candidates; finer is slower
OCTAVE = 12
HALF_SEMITONE = 0.5


def note_pitch(waveform: np.ndarray, sample_rate: int) -> float:
    """Return the pitch that one note sounds, or NaN if it has none.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        One note that begins at time 0.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        MIDI pitch with its fraction: the median over the frames that have a
        pitch between 0.05 and 1.55 s.

    Raises
    ------
    CourseError
        If the note is shorter than one frame of 0.128 s.

    References
    ----------
    Mauch and Dixon (2014), pYIN, ICASSP; as in `librosa.pyin`.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    start, end = (round(time * sample_rate) for time in LISTEN_S)
    samples = np.asarray(waveform, dtype=np.float32)[start:end]
    frame_length = round(FRAME_S * sample_rate)
    if samples.ndim != 1 or len(samples) < frame_length:
        raise CourseError(
            f"one note of {LISTEN_S[0] + FRAME_S:.2f} s or more",
            f"shape {np.shape(waveform)} at {sample_rate} Hz",
            "give one waveform of shape (N,), not a batch",
        )
    f0_hz, voiced, _ = librosa.pyin(
        samples,
        fmin=midi_to_hz(LOW_PITCH),
        fmax=midi_to_hz(HIGH_PITCH),
        sr=sample_rate,
        frame_length=frame_length,
        resolution=RESOLUTION,
    )
    if not voiced.any():
        return float("nan")
    return float(np.median(librosa.hz_to_midi(f0_hz[voiced])))


def note_pitches(waveforms: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the pitch of each of many notes; NaN where there is none.

    Parameters
    ----------
    waveforms : ndarray, shape (M, N)
        Notes that begin at time 0, 0.18 s or longer.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray, shape (M,)
        As `note_pitch`. About a tenth of a second of work a note.

    Raises
    ------
    CourseError
        If the notes are too short.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    bar = tqdm(waveforms, desc="pyin", unit="note")
    return np.array([note_pitch(note, sample_rate) for note in bar])


def pitch_shares(
    heard: Sequence[float], asked: Sequence[int]
) -> dict[str, float]:
    """Return how many notes sound the key that was asked for.

    Parameters
    ----------
    heard : sequence of float
        MIDI pitches; NaN where none was found, which counts as wrong.
    asked : sequence of int
        MIDI pitches, in the same order.

    Returns
    -------
    dict
        `exact`: share nearer to this key than to any other (within half a
        semitone); `octave`: the same, octaves not counted.

    Raises
    ------
    CourseError
        If there are no notes, or not equally many of both.
    """
    if len(heard) != len(asked) or not len(heard):
        raise CourseError(
            "equally many heard and asked pitches, at least one",
            f"{len(heard)} and {len(asked)}",
            "judge each note once",
        )
    off = np.asarray(heard, float) - np.asarray(asked, float)
    folded = off - OCTAVE * np.round(off / OCTAVE)
    return {
        "exact": float(np.mean(np.abs(off) <= HALF_SEMITONE)),
        "octave": float(np.mean(np.abs(folded) <= HALF_SEMITONE)),
    }
