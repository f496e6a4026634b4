"""One tone, and the best that a layer with a stride makes of it, in numbers.

The beating explorer computes the same in the page
(`elements/beating_explorer/math.js`); a test holds both against each other.
What a piece, a code and a line are is said in `models.strided` and
`spectral.precession`.

Axes: N samples, T frames, K pieces, W samples of a frame (the stride).

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.basics.checks import check_choice, check_range
from course_utils.models.strided import best_pieces, cut_frames, lay_pieces
from course_utils.plots.listen import LOUDNESS_DB
from course_utils.spectral.precession import (
    beats_per_second,
    frame_advance,
    nearest_line_hz,
)

SAMPLE_RATE = 16_000  # Hz
# Tone and copy are played at this level, so that a loss is heard as one.
LEVEL = math.sqrt(2) * 10 ** (LOUDNESS_DB / 20)  # of a sine, 1 is full scale
COPIES = {
    "first": "The first frame, laid again and again",
    "steady": "The best piece, the same in every frame",
    "one": "One piece, its loudness free in every frame",
    "two": "Two pieces, both free in every frame",
}
FITS_HZ = 1e-9  # a tone that is nearer to a line than this lies on it


@dataclass(frozen=True)
class Dial:
    """A number that the reader sets.

    Parameters
    ----------
    label, unit : str
        What it is.
    low, high, step : float
        Its range, both ends included.
    """

    label: str
    unit: str
    low: float
    high: float
    step: float


DIALS = {
    "f_hz": Dial("Frequency", "Hz", 200, 1000, 0.5),
    "stride": Dial("Stride", "samples", 64, 640, 1),
    "duration_s": Dial("Duration", "s", 0.1, 2, 0.05),
}


@dataclass(frozen=True)
class Beating:
    """A tone, its copy, and what there is to say about both.

    Parameters
    ----------
    f_hz : float
        Frequency of the tone in Hz.
    stride : int
        Samples in a frame.
    duration_s : float
        Length of the tone in seconds.
    copy : str
        One of `COPIES`.

    Raises
    ------
    CourseError
        If a number is outside its dial, or the copy has another name.
    """

    f_hz: float = 503.0
    stride: int = 128
    duration_s: float = 1.0
    copy: str = "one"

    def __post_init__(self) -> None:
        check_choice("copy", self.copy, tuple(COPIES))
        for name, dial in DIALS.items():
            value = getattr(self, name)
            check_range(name, value, dial.low, dial.high, dial.unit)

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second."""
        return SAMPLE_RATE / self.stride

    @property
    def advance(self) -> float:
        """Angle by which the phase turns from frame to frame, in radians."""
        return frame_advance(self.f_hz, self.stride, SAMPLE_RATE)

    @property
    def line_hz(self) -> float:
        """The multiple of the frame rate that is nearest to the tone."""
        return nearest_line_hz(self.f_hz, self.stride, SAMPLE_RATE)

    @property
    def beats(self) -> float:
        """Beats per second of a copy made of one piece."""
        return beats_per_second(self.f_hz, self.stride, SAMPLE_RATE)

    def tone(self) -> Tensor:
        """Return the tone, shape (N,), float64, between -1 and 1."""
        n = torch.arange(round(self.duration_s * SAMPLE_RATE)).double()
        return torch.sin(2 * math.pi * self.f_hz * n / SAMPLE_RATE)

    def made(self) -> Tensor:
        """Return the copy, shape (T * W,): all whole frames of the tone."""
        frames = cut_frames(self.tone(), self.stride)  # (T, W)
        codes = torch.ones(1, len(frames), dtype=frames.dtype)
        if self.copy == "first":
            pieces = frames[:1]
        elif self.copy == "steady":
            pieces = frames.mean(dim=0, keepdim=True)
        else:
            pieces = best_pieces(frames, 1 if self.copy == "one" else 2)
            codes = (frames @ pieces.T).T  # (K, T)
        return lay_pieces(codes[None], pieces, self.stride)[0]

    def share_lost(self) -> float:
        """Return the energy of the error as a share of the tone's energy."""
        made = self.made()
        wanted = self.tone()[: len(made)]
        missed = (wanted - made).square().sum() / wanted.square().sum()
        return float(missed)

    def facts(self) -> dict[str, str]:
        """Return what can be said in numbers, with units."""
        turns = self.advance / (2 * math.pi)
        cycles = self.f_hz / self.frame_rate_hz
        rate, frame_ms = self.frame_rate_hz, 1000 / self.frame_rate_hz
        return {
            "Frames": f"{plain(rate)} a second, {plain(frame_ms)} ms each",
            "Cycles of the tone in a frame": plain(cycles, 3),
            "Turn of the phase per frame": f"{plain(turns, 3)} of a whole "
            f"turn, {plain(360 * turns, 1)} degrees",
            "Nearest line of the frame rate": f"{plain(self.line_hz)} Hz",
            "Beats of one piece": f"{plain(self.beats)} per second",
            "Energy of the error": f"{plain(100 * self.share_lost(), 1)} % "
            "of the energy of the tone",
        }

    def sentence(self) -> str:
        """Return the result in words."""
        rate, beats = plain(self.frame_rate_hz), plain(self.beats)
        lost = plain(100 * self.share_lost(), 1)
        if self.beats < 2 * FITS_HZ:
            return (
                "Whole cycles fit into a frame: the phase stands still, and "
                "the copy is the tone."
            )
        return {
            "first": f"The phase turns, the piece does not: the copy repeats "
            f"{rate} times a second and sounds only at multiples of "
            f"{rate} Hz.",
            "steady": f"The code stands still, so the copy sounds only at "
            f"multiples of {rate} Hz. It misses {lost} % of the energy; try "
            "other durations.",
            "one": f"One piece has one phase: the copy swells and fades "
            f"{beats} times a second and misses {lost} % of the energy.",
            "two": "Two pieces mix to any phase, so nothing is lost; but "
            "the code has to turn in every frame.",
        }[self.copy]


def plain(value: float, digits: int = 2) -> str:
    """Write a number with at most so many digits after the point."""
    scale = 10**digits
    return f"{round(value * scale) / scale:g}"  # `round` gives no -0
