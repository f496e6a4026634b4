"""Players for notebooks and website: a small MP3 with caption and text.

MP3 and not Ogg: every browser plays it, and the same samples always give
the same bytes, so that a clip's checksum can prove where it came from.

Taught in: notebooks/00_start_here.ipynb
"""

import base64
import io
from dataclasses import dataclass, field
from html import escape

import numpy as np
import soundfile
import torch

from course_utils.basics.checks import CourseError

LOUDNESS_DB = -20.0  # dB relative to full scale, root mean square
PEAK_LIMIT = 0.9  # full scale is 1; leaves room for what MP3 adds
SILENCE = 1e-5  # root mean square below which there is nothing to match
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True)
class Clip:
    """One sound as an HTML player; a notebook shows it by itself.

    Parameters
    ----------
    mp3 : bytes
        The encoded sound.
    caption : str
        What it is, in a few words.
    description : str
        What one hears, for readers who cannot listen.
    """

    mp3: bytes = field(repr=False)
    caption: str
    description: str

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.mp3).decode("ascii")
        spoken = f"{self.caption.removesuffix('.')}. {self.description}"
        label = escape(spoken, quote=True)
        return (
            '<figure class="course-clip">'
            f'<audio controls preload="none" aria-label="{label}" '
            f'src="data:audio/mpeg;base64,{data}"></audio>'
            f"<figcaption><strong>{escape(self.caption)}</strong> "
            f"{escape(self.description)}</figcaption></figure>"
        )


@dataclass(frozen=True)
class Gallery:
    """Several clips, one below the other."""

    clips: tuple[Clip, ...]

    def _repr_html_(self) -> str:
        players = "".join(clip._repr_html_() for clip in self.clips)
        return f'<div class="course-clips">{players}</div>'


def play(
    waveform: torch.Tensor | np.ndarray,
    sample_rate: int,
    *,
    caption: str,
    description: str,
    match_loudness: bool = True,
) -> Clip:
    """Make a player, so that a result is heard and not only plotted.

    Parameters
    ----------
    waveform : Tensor or ndarray, shape (N,) or (1, N)
        Samples; 1 is full scale.
    sample_rate : int
        In Hz; one of `MP3_RATES`.
    caption, description : str
        What it is, and what one hears.
    match_loudness : bool
        True brings every clip to the same loudness, `LOUDNESS_DB`. False
        keeps the level, for clips whose level is the point.

    Returns
    -------
    Clip
        Shown as a player when it is the last value of a cell.

    Raises
    ------
    CourseError
        If the waveform is empty, not finite, not mono, or louder than full
        scale while its level is to be kept.
    """
    samples = _mono(waveform)
    if sample_rate not in MP3_RATES:
        raise CourseError(
            f"a sample rate in Hz among {MP3_RATES}",
            sample_rate,
            "resample the sound first",
        )
    samples = _match(samples) if match_loudness else _check_level(samples)
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="MP3")
    return Clip(file.getvalue(), caption, description)


def gallery(*clips: Clip) -> Gallery:
    """Show several clips in one cell, in the order given."""
    return Gallery(clips)


def _mono(waveform: torch.Tensor | np.ndarray) -> np.ndarray:
    """Return (N,) float32 samples that can be played."""
    if isinstance(waveform, torch.Tensor):
        waveform = waveform.detach().cpu().numpy()
    samples = np.asarray(waveform, dtype=np.float32)
    if samples.ndim == 2 and samples.shape[0] == 1:
        samples = samples[0]
    if samples.ndim != 1 or samples.size == 0:
        raise CourseError(
            "a mono waveform of shape (N,), N > 0",
            f"shape {samples.shape}",
            "choose one item of the batch, or one channel",
        )
    if not np.isfinite(samples).all():
        raise CourseError(
            "finite samples",
            "NaN or infinity",
            "look for a division by zero or a diverged training",
        )
    return samples


def _match(samples: np.ndarray) -> np.ndarray:
    """Bring samples to the common loudness, without passing the peak."""
    loudness = np.sqrt(np.mean(samples**2))
    if loudness < SILENCE:
        return samples
    gain = 10 ** (LOUDNESS_DB / 20) / loudness
    return samples * min(gain, PEAK_LIMIT / np.abs(samples).max())


def _check_level(samples: np.ndarray) -> np.ndarray:
    """Refuse samples above full scale, which a player would clip."""
    peak = float(np.abs(samples).max())
    if peak > 1.0:
        raise CourseError(
            "samples within [-1, 1], because their level is kept",
            f"a peak of {peak:.2f}",
            "scale all clips of the comparison by one factor",
        )
    return samples
