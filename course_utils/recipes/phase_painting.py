"""The fair test: one net learns to paint raw phase, its twin paints IF.

Both see the levels of steady tones, the phases of the first frame, and what
each row's centre advances in a hop. They get the same first weights, tones,
steps and loss; only the angle to be painted differs.

Axes: B batch, N samples, F bins, T frames.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.basics.checks import check_choice, check_range
from course_utils.basics.pitch import A4_HZ, A4_MIDI
from course_utils.basics.runtime import torch_rng
from course_utils.models.initialise import init_weights
from course_utils.models.painter import (
    PainterConfig,
    PhasePainter,
    angle_to_pair,
    painting_loss,
    pair_to_angle,
)
from course_utils.spectral.phase import bin_advance, if_to_phase, phase_to_if
from course_utils.spectral.stft import StftConfig, waveform_to_stft

KINDS = ("raw phase", "IF")
BATCH = 8  # tones
HIGHEST_RATE = 1e-2  # learning rate in the middle of the training
SOFTEST = 1e-3  # added to magnitudes before the logarithm
NEPER_SCALE = 5.0  # brings log-magnitudes to about [-1, 1]


@dataclass(frozen=True)
class PaintingTask:
    """What tones there are, and how they become pictures."""

    sample_rate: int = 8_000  # Hz
    stft: StftConfig = StftConfig(n_fft=256, hop_length=64)  # noqa: RUF009
    n_frames: int = 32  # T in training
    low_pitch: float = 57.0  # MIDI, A3
    high_pitch: float = 81.0  # MIDI, A5
    n_partials: int = 8

    def __post_init__(self) -> None:
        check_range("n_frames", self.n_frames, 2, 100_000, "frames")
        check_range("n_partials", self.n_partials, 1, 1000)
        check_range("low_pitch", self.low_pitch, 0, self.high_pitch, "(MIDI)")


def draw_tones(
    task: PaintingTask, n_tones: int, n_frames: int, rng: torch.Generator
) -> Tensor:
    """Draw steady tones of any pitch in the range, each partial anywhere.

    Parameters
    ----------
    task : PaintingTask
        The range of pitches and the number of partials.
    n_tones, n_frames : int
        B and T.
    rng : torch.Generator
        Source of pitches and phases. Pitches are not rounded to notes, so
        that no tone comes twice.

    Returns
    -------
    Tensor, shape (B, N)
        As many samples as `n_frames` cover; partial h has amplitude 1 / (3
        h), and none is at or above half the sample rate.
    """
    span = task.high_pitch - task.low_pitch
    pitch = task.low_pitch + span * torch.rand(n_tones, 1, 1, generator=rng)
    start = torch.rand(n_tones, task.n_partials, 1, generator=rng)  # turns
    h = torch.arange(1, task.n_partials + 1)[:, None]
    time_s = torch.arange(task.stft.n_covered(n_frames)) / task.sample_rate
    f_hz = A4_HZ * 2 ** ((pitch - A4_MIDI) / 12) * h  # (B, partials, 1)
    partials = torch.sin(2 * math.pi * (f_hz * time_s + start)) / h
    return (partials * (f_hz < task.sample_rate / 2)).sum(dim=1) / 3


def known_planes(stft: Tensor, config: StftConfig) -> Tensor:
    """Collect what a painter is told about a sound.

    Parameters
    ----------
    stft : Tensor, shape (B, F, T), complex
        Of the sound.
    config : StftConfig
        With which it was made.

    Returns
    -------
    Tensor, shape (B, 5, F, T)
        Log-magnitude; cosine and sine of the phase in frame 0, and zeros in
        all later frames; cosine and sine of the advance of the bin's centre.
    """
    level = torch.log(stft.abs() + SOFTEST)[:, None] / NEPER_SCALE
    first = angle_to_pair(stft.angle())
    first[..., 1:] = 0
    centre = math.pi * bin_advance(config, level).expand(stft.shape)
    return torch.cat([level, first, angle_to_pair(centre)], dim=1)


def wanted_angle(stft: Tensor, kind: str) -> Tensor:
    """Return the angle to be painted, in radians.

    Parameters
    ----------
    stft : Tensor, shape (B, F, T), complex
        Of the sound.
    kind : str
        "raw phase", or "IF" for its advance per hop.

    Returns
    -------
    Tensor, shape (B, F, T)
        Frame 0 holds the phase in both cases.

    Raises
    ------
    CourseError
        If `kind` is unknown.
    """
    check_choice("kind", kind, KINDS)
    phase = stft.angle()
    return phase if kind == "raw phase" else math.pi * phase_to_if(phase)


def train_painter(
    task: PaintingTask,
    kind: str,
    n_steps: int,
    seed: int,
    *,
    clock: bool = False,
) -> tuple[PhasePainter, list[float]]:
    """Train one painter on new tones at every step.

    Parameters
    ----------
    task : PaintingTask
        The tones and their pictures.
    kind : str
        "raw phase" or "IF". First weights and tones are the same for both.
    n_steps : int
        Steps of Adam, eight tones each.
    seed : int
        Of weights and tones.
    clock : bool
        Let each frame learn values of its own.

    Returns
    -------
    net : PhasePainter
    losses : list of float
        One a step; 1 is the loss of a net that knows nothing.

    Raises
    ------
    CourseError
        If `kind` or `n_steps` is wrong.
    """
    check_choice("kind", kind, KINDS)
    check_range("n_steps", n_steps, 2, 10_000_000, "steps")
    config = PainterConfig(clock_frames=task.n_frames if clock else 0)
    net = PhasePainter(config)
    init_weights(net, torch_rng(seed))
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, HIGHEST_RATE, total_steps=n_steps
    )
    rng, losses = torch_rng(seed + 1), []
    for _ in tqdm(range(n_steps), desc=kind):
        sound = draw_tones(task, BATCH, task.n_frames, rng)
        stft = waveform_to_stft(sound, task.stft)
        painted = net(known_planes(stft, task.stft))
        loss = painting_loss(painted, wanted_angle(stft, kind), stft.abs())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return net, losses


@torch.no_grad()
def paint_phase(
    net: PhasePainter, stft: Tensor, config: StftConfig, kind: str
) -> Tensor:
    """Let a net paint, and return the phase this amounts to.

    Parameters
    ----------
    net : PhasePainter
        From `train_painter`.
    stft : Tensor, shape (B, F, T), complex
        Its magnitude and the phase of frame 0 are used, nothing else.
    config : StftConfig
        With which it was made.
    kind : str
        What the net was trained to paint.

    Returns
    -------
    Tensor, shape (B, F, T)
        Phase in radians; advances, if it painted those, are added up. Frame
        0 is the given one.
    """
    check_choice("kind", kind, KINDS)
    angle = pair_to_angle(net(known_planes(stft, config)))
    angle[..., 0] = stft[..., 0].angle()
    return angle if kind == "raw phase" else if_to_phase(angle / math.pi)
