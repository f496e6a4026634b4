"""One sound as a few bytes, as FLAC or as plain 16-bit integers.

FLAC takes about half of the space, and gives the same samples.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import io

import numpy as np
import soundfile

from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.wav import FULL_SCALE

CODECS = ("flac", "pcm16")


def pack_sound(samples: np.ndarray, codec: str) -> bytes:
    """Return a sound as bytes; 16-bit samples survive exactly.

    Parameters
    ----------
    samples : ndarray, shape (N,)
        In [-1, 1].
    codec : str
        One of `CODECS`.
    """
    whole = np.rint(np.asarray(samples, np.float64) * FULL_SCALE)
    whole = whole.clip(-FULL_SCALE, FULL_SCALE - 1).astype("<i2")
    if codec == "pcm16":
        return whole.tobytes()
    file = io.BytesIO()
    soundfile.write(file, whole, SAMPLE_RATE, "PCM_16", format="FLAC")
    return file.getvalue()


def unpack_sound(data: bytes, codec: str) -> np.ndarray:
    """Return the samples, shape (N,), float32, that `pack_sound` took.

    Parameters
    ----------
    data : bytes
        From the column `audio`.
    codec : str
        As it was packed.
    """
    if codec == "pcm16":
        return np.frombuffer(data, "<i2").astype(np.float32) / FULL_SCALE
    return soundfile.read(io.BytesIO(data), dtype="float32")[0]
