"""Read and write single wav files, and say clearly what is wrong with one.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import io
import wave
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_file

FULL_SCALE = 32_768  # the integer that stands for 1.0 in 16 bits
MOST_VALUES = 2**27  # 46 minutes at 48 kHz; a header may claim anything


def wav_rate(path: Path | str) -> int:
    """Return the sample rate in Hz that a sound file names.

    Raises
    ------
    CourseError
        If there is no file, or it is not a sound file.
    """
    path = check_file(path, "a sound file")
    try:
        return soundfile.info(str(path)).samplerate
    except soundfile.LibsndfileError as error:
        raise _unreadable(path, error) from error


def read_wav(path: Path | str, sample_rate: int) -> Tensor:
    """Read one mono sound, and refuse what would spoil a training.

    Nothing is resampled and no channel is dropped: both change the sound,
    so the caller should know and do it.

    Parameters
    ----------
    path : Path or str
        A wav file (or another format that libsndfile reads).
    sample_rate : int
        The rate in Hz that the file must have.

    Returns
    -------
    Tensor, shape (N,), float32
        Samples in [-1, 1], N > 0.

    Raises
    ------
    CourseError
        If the file is missing, not a sound, of another rate, not mono,
        empty, silent, or holds NaN or infinity. The file is named.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    path = check_file(path, "a sound file")
    try:
        about = soundfile.info(str(path))
        if about.frames * about.channels > MOST_VALUES:
            raise CourseError(
                f"a sound of at most {MOST_VALUES} samples at {path}",
                f"{about.frames} in each of {about.channels} channels",
                "cut it into pieces, or fetch it again",
            )
        samples, rate = soundfile.read(
            str(path), dtype="float32", always_2d=True
        )
    except soundfile.LibsndfileError as error:
        raise _unreadable(path, error) from error
    problem = _problem(samples, rate, sample_rate)
    if problem is not None:
        expected, got, to_do = problem
        raise CourseError(f"{expected} in {path}", got, to_do)
    return torch.from_numpy(np.ascontiguousarray(samples[:, 0]))


def _unreadable(path: Path, error: Exception) -> CourseError:
    """Return the error for a file that is no sound."""
    return CourseError(
        f"a sound file at {path}",
        f"something else ({error})",
        "check the file, or download it again",
    )


def _problem(
    samples: np.ndarray, rate: int, wanted: int
) -> tuple[str, str, str] | None:
    """Return expected, got and to_do for a bad sound, None for a good one."""
    if rate != wanted:
        return (
            f"a sample rate of {wanted} Hz",
            f"{rate} Hz",
            "resample it, for example with librosa.load(path, sr=...)",
        )
    if samples.shape[1] != 1:
        return (
            "one channel (mono)",
            f"{samples.shape[1]} channels",
            "average the channels, or choose one",
        )
    if samples.shape[0] == 0:
        return ("at least one sample", "none", "record or fetch it again")
    if not np.isfinite(samples).all():
        return (
            "finite samples",
            "NaN or infinity",
            "look for a division by zero where it was made",
        )
    if not samples.any():
        return ("a sound", "silence", "leave this file out")
    return None


def write_wav(
    path: Path | str, waveform: Tensor | np.ndarray, sample_rate: int
) -> None:
    """Write one mono sound with 16 bits a sample, as NSynth does.

    The same samples give the same bytes. A full disk raises `OSError`,
    which `basics.files` turns into a clear error and a clean folder.

    Parameters
    ----------
    path : Path or str
        Its folder must exist.
    waveform : Tensor or ndarray, shape (N,)
        Samples in [-1, 1].
    sample_rate : int
        In Hz.

    Raises
    ------
    CourseError
        If the samples are not (N,), not finite, or beyond full scale.
    """
    samples = np.asarray(waveform, dtype=np.float64)
    peak = float(np.abs(samples).max(initial=0.0))
    if samples.ndim != 1 or not peak <= 1.0:
        raise CourseError(
            f"samples of shape (N,) within [-1, 1] for {path}",
            f"shape {samples.shape} with peak {peak:.3g}",
            "scale them, or choose one channel",
        )
    whole = np.rint(samples * FULL_SCALE).clip(max=FULL_SCALE - 1)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(whole.astype("<i2").tobytes())
    Path(path).write_bytes(file.getvalue())
