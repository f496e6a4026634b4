"""Vary notes a little, so that a judge does not learn single recordings.

A note played faster sounds higher: that is how samplers, and the SoundFont
of the course, make neighbouring keys out of one recording. So a resampled
note is a fair example of the neighbouring pitch.

Axes: B notes, N samples.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from course_utils.basics.checks import check_range

OCTAVE = 12  # semitones
ROUGH_STEP = 64  # samples between two independent values of the level


@dataclass(frozen=True)
class Variation:
    """How far notes are varied; all are drawn evenly from these ranges."""

    max_delay: int = 320  # samples of silence before the onset; 20 ms
    max_semitones: int = 2  # up or down, by resampling
    roughness: float = 0.3  # RMS of the level's fluctuation, at the most
    noise_db: tuple[float, float] = (-60.0, -20.0)  # RMS re the note's peak
    gain_db: tuple[float, float] = (-12.0, 6.0)
    share: float = 1.0  # of the notes that are roughened, soiled and scaled

    def __post_init__(self) -> None:
        check_range("max_delay", self.max_delay, 0, 10**6, "samples")
        check_range("max_semitones", self.max_semitones, 0, OCTAVE)
        check_range("share", self.share, 0, 1)


def vary_notes(
    waveforms: Tensor,
    pitches: Tensor,
    known: tuple[int, ...],
    variation: Variation,
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Delay, transpose, roughen, soil with noise and scale each note.

    Noise hisses between the partials; roughness spreads each partial to both
    sides. Sounds that a network made have both, and a judge that learnt only
    clean ones would hear nothing else.

    Parameters
    ----------
    waveforms : Tensor, shape (B, N)
        Notes.
    pitches : Tensor of int64, shape (B,)
        Their MIDI pitches.
    known : tuple of int
        A note that would leave these pitches is not transposed.
    variation : Variation
        How far.
    rng : torch.Generator
        Source of the numbers.

    Returns
    -------
    waveforms : Tensor, shape (B, N)
    pitches : Tensor of int64, shape (B,)
        What they are now.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    n_notes = len(waveforms)
    reach = variation.max_semitones
    steps = torch.randint(-reach, reach + 1, (n_notes,), generator=rng)
    allowed = torch.isin(pitches + steps, torch.tensor(known))
    steps = torch.where(allowed, steps, 0)
    delay = torch.randint(
        0, variation.max_delay + 1, (n_notes,), generator=rng
    )
    moved = resample(waveforms, 2.0 ** (steps / OCTAVE), delay)
    return soil_notes(moved, variation, rng), pitches + steps


def soil_notes(
    waveforms: Tensor, variation: Variation, rng: torch.Generator
) -> Tensor:
    """Roughen, soil with noise and scale notes: what moves no pitch or onset.

    Gradients pass, so that drawn notes can be soiled like real ones before a
    discriminator compares them: it then cannot know a few hundred recordings
    by heart (Zhao et al., 2020, arXiv:2006.10738).

    Parameters
    ----------
    waveforms : Tensor, shape (B, N)
        Notes.
    variation : Variation
        How far.
    rng : torch.Generator
        Source of the numbers; on the CPU.

    Returns
    -------
    Tensor, shape (B, N)

    Taught in: notebooks/22_losses_and_schedules.ipynb
    """
    n_notes = len(waveforms)
    rough = _uniform((-1.0, 1.0), n_notes, rng).clamp_min(0)  # half: none
    wave = _slow_noise(waveforms, rng).to(waveforms)
    rough = variation.roughness * rough.to(waveforms)
    moved = waveforms * (1 + rough * wave)
    peak = moved.detach().abs().amax(dim=1, keepdim=True)
    noise_db = _uniform(variation.noise_db, n_notes, rng).to(waveforms)
    noise = torch.randn(moved.shape, generator=rng).to(waveforms)
    gain_db = _uniform(variation.gain_db, n_notes, rng).to(waveforms)
    soiled = moved + peak * 10 ** (noise_db / 20) * noise
    soiled = 10 ** (gain_db / 20) * soiled
    if variation.share == 1:
        return soiled
    chosen = _uniform((0.0, 1.0), n_notes, rng) < variation.share
    return torch.where(chosen.to(waveforms.device), soiled, waveforms)


def resample(waveforms: Tensor, speed: Tensor, delay: Tensor) -> Tensor:
    """Play each note at another speed, after a silence; the length stays.

    Parameters
    ----------
    waveforms : Tensor, shape (B, N)
        Samples between two given ones lie on a straight line.
    speed : Tensor, shape (B,)
        2 is an octave higher; a note that ends early is followed by zeros.
    delay : Tensor of int64, shape (B,)
        In samples.

    Returns
    -------
    Tensor, shape (B, N)
        At speed 1 and delay 0 exactly the input.
    """
    n_samples = waveforms.shape[1]
    time = torch.arange(n_samples, device=waveforms.device)
    place = (time - delay[:, None]) * speed[:, None].double()
    before = place.floor().long()
    share = (place - before).to(waveforms.dtype)
    inside = (before >= 0) & (before < n_samples)
    left = waveforms.gather(1, before.clamp(0, n_samples - 1))
    right = waveforms.gather(1, (before + 1).clamp(0, n_samples - 1))
    return torch.where(inside, left + share * (right - left), 0.0)


def _slow_noise(like: Tensor, rng: torch.Generator) -> Tensor:
    """Draw noise of RMS about 1 that changes slowly, shape (B, N)."""
    n_notes, n_samples = like.shape
    n_points = 2 + n_samples // ROUGH_STEP
    points = torch.randn(n_notes, 1, n_points, generator=rng)
    return F.interpolate(points, n_samples, mode="linear")[:, 0]


def _uniform(
    bounds: tuple[float, float], n: int, rng: torch.Generator
) -> Tensor:
    """Draw n numbers evenly between two bounds, shape (n, 1)."""
    low, high = bounds
    return low + (high - low) * torch.rand(n, 1, generator=rng)
