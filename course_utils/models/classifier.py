"""A small net that hears pitch and timbre of one note, from the waveform.

It is the ear that judges generated notes. It takes the sound and makes its
own picture of it, with logarithmic steps of frequency, so that notes of any
representation, or of another kind of model, are judged by the same ear. The
level of a note does not matter to it.

Axes: B notes, N samples, F rows of the picture (three to a semitone), T
frames, P pitches, K timbres, D features.

Sources: Engel et al. (2019), GANSynth, arXiv:1902.08710, section 4.2, judges
by a pitch classifier; the logarithmic rows follow Brown (1991), Calculation
of a constant Q spectral transform.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.pitch import A4_HZ, A4_MIDI

ROWS_PER_SEMITONE = 3
BELOW = 3  # semitones from the lowest row up to the lowest pitch
FLOOR_DB = 70.0  # below the loudest point of the note all is silence
FAINTEST = 1e-6  # magnitude; keeps a silent note from dividing by zero
KERNEL = 5  # rows; frames 3
TIME_PARTS = 4  # how much of the course in time the last layers still see


@dataclass(frozen=True)
class ClassifierConfig:
    """What is heard, and the sizes of the net. Plain numbers are counts."""

    pitches: tuple[int, ...]  # MIDI; P, in the order of the logits
    timbres: tuple[str, ...]  # names; K, in the order of the logits
    n_samples: int = 16_000  # N
    sample_rate: int = 16_000  # Hz
    n_fft: int = 2048  # samples; 7.8 Hz a bin tell C3 from its neighbours
    hop_length: int = 512  # samples
    channels: tuple[int, ...] = (16, 24, 32, 48)
    n_features: int = 64  # D

    def __post_init__(self) -> None:
        check_range("number of pitches", len(self.pitches), 1, 128)
        check_range("number of timbres", len(self.timbres), 1, 1000)
        check_range("lowest pitch", min(self.pitches), 0, 127, "(MIDI)")
        check_range("highest pitch", max(self.pitches), 0, 127, "(MIDI)")
        check_range("n_fft", self.n_fft, 4, 2**20, "samples")
        check_range("hop_length", self.hop_length, 1, self.n_fft, "samples")
        check_range("n_samples", self.n_samples, self.n_fft, 10**8, "samples")

    @property
    def row_hz(self) -> Tensor:
        """Centre of each row in Hz, shape (F,), up to half the rate."""
        lowest = min(self.pitches) - BELOW
        lowest_hz = A4_HZ * 2 ** ((lowest - A4_MIDI) / 12)
        octaves = math.log2(self.sample_rate / 2 / lowest_hz)
        n_rows = math.floor(octaves * 12 * ROWS_PER_SEMITONE)
        steps = torch.arange(n_rows) / (12 * ROWS_PER_SEMITONE)
        return lowest_hz * 2**steps


@dataclass(frozen=True)
class Hearing:
    """What the net heard in B notes.

    Parameters
    ----------
    pitch : Tensor, shape (B, P)
        Logits.
    timbre : Tensor, shape (B, K)
        Logits.
    features : Tensor, shape (B, D)
        The layer before both, for distances between sets of notes.
    """

    pitch: Tensor
    timbre: Tensor
    features: Tensor


class NoteClassifier(nn.Module):
    """Hear waveforms; draw the weights with `init_weights` first.

    Nothing is pooled over frequency before the dense layer, for the place
    on the frequency axis is the pitch.

    Parameters
    ----------
    config : ClassifierConfig
        Sizes.
    """

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        matrix = row_matrix(config)
        self.register_buffer("rows", matrix, persistent=False)
        window = torch.hann_window(config.n_fft)
        self.register_buffer("window", window, persistent=False)
        self.layers = nn.ModuleList(
            nn.Conv2d(n_in, n_out, (KERNEL, 3), (2, 1), (KERNEL // 2, 1))
            for n_in, n_out in pairwise((1, *config.channels))
        )
        n_rows = len(matrix)
        for _ in config.channels:
            n_rows = (n_rows + 1) // 2
        width = config.channels[-1] * n_rows * TIME_PARTS
        self.dense = nn.Linear(width, config.n_features)
        self.pitch = nn.Linear(config.n_features, len(config.pitches))
        self.timbre = nn.Linear(config.n_features, len(config.timbres))

    def forward(self, waveform: Tensor) -> Hearing:
        """Hear some notes.

        Parameters
        ----------
        waveform : Tensor, shape (B, N)
            At the config's sample rate, each a note from its onset on.

        Returns
        -------
        Hearing

        Raises
        ------
        CourseError
            If N is not the config's, or a sample is not finite.
        """
        x = self.picture(waveform)[:, None]
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            if x.shape[3] > 2 * TIME_PARTS:
                x = F.avg_pool2d(x, (1, 2))
        x = F.adaptive_avg_pool2d(x, (x.shape[2], TIME_PARTS))
        features = F.leaky_relu(self.dense(x.flatten(1)), 0.2)
        return Hearing(self.pitch(features), self.timbre(features), features)

    @torch.no_grad()
    def hear(self, waveforms: Tensor, batch_size: int = 64) -> Hearing:
        """Hear any number of notes, some at a time and without gradients.

        Parameters
        ----------
        waveforms : Tensor, shape (M, N)
            As for `forward`; at least one note.
        batch_size : int
            Notes at a time.

        Returns
        -------
        Hearing
            Of all M notes.
        """
        if not len(waveforms):
            raise CourseError("at least one note", "none", "give some notes")
        parts = [self(part) for part in waveforms.split(batch_size)]
        return Hearing(
            torch.cat([part.pitch for part in parts]),
            torch.cat([part.timbre for part in parts]),
            torch.cat([part.features for part in parts]),
        )

    def picture(self, waveform: Tensor) -> Tensor:
        """Return what the net sees: (B, F, T), from 0 (silence) to 1."""
        n_samples = self.config.n_samples
        if waveform.ndim != 2 or waveform.shape[1] != n_samples:
            raise CourseError(
                f"notes of shape (B, {n_samples})",
                f"shape {tuple(waveform.shape)}",
                "cut or pad the notes to the length this judge learnt from",
            )
        if not waveform.isfinite().all():
            raise CourseError(
                "finite samples", "NaN or infinity", "check how it was made"
            )
        stft = torch.stft(
            waveform,
            self.config.n_fft,
            self.config.hop_length,
            window=self.window,
            center=False,
            return_complex=True,
        )
        level = self.rows @ stft.abs()
        loudest = level.amax(dim=(1, 2), keepdim=True).clamp_min(FAINTEST)
        softest = 10 ** (-FLOOR_DB / 20)
        level_db = 20 * torch.log10((level / loudest).clamp_min(softest))
        return 1 + level_db / FLOOR_DB


def row_matrix(config: ClassifierConfig) -> Tensor:
    """Return the weights of each bin in each row, shape (F, n_fft/2 + 1).

    A row is a triangle around its centre, half as wide as a bin or as the
    step to the next row, whichever is more; it sums to 1.
    """
    bin_hz = config.sample_rate / config.n_fft
    centre = config.row_hz[:, None]
    reach = (centre * (2 ** (1 / (12 * ROWS_PER_SEMITONE)) - 1)).clamp_min(
        bin_hz
    )
    bins = bin_hz * torch.arange(config.n_fft // 2 + 1)
    triangle = (1 - (bins - centre).abs() / reach).clamp_min(0)
    return triangle / triangle.sum(dim=1, keepdim=True)
