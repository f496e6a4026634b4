"""Mu-law codes: a waveform as a sequence of 256 symbols.

A network that predicts samples one by one chooses among symbols. Equal steps
would waste them: soft sounds need fine steps, loud ones hide coarse steps.

Axes: N samples, last.

Source: van den Oord et al. (2016), WaveNet, arXiv:1609.03499, section 2.2,
after the telephone standard ITU-T G.711.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError

N_CLASSES = 256  # codes, 8 bit
MU = N_CLASSES - 1
SILENCE = N_CLASSES // 2  # the code of amplitude 0


def waveform_to_mu_law(waveform: Tensor) -> Tensor:
    """Code amplitudes in 256 steps that are finer near silence.

    Parameters
    ----------
    waveform : Tensor, shape (..., N)
        In [-1, 1].

    Returns
    -------
    Tensor of int64, shape (..., N)
        Codes 0 to 255; amplitude 0 is code 128.

    Raises
    ------
    CourseError
        If an amplitude is NaN or outside [-1, 1].

    References
    ----------
    van den Oord et al. (2016), section 2.2: sign(x) ln(1 + mu |x|) /
    ln(1 + mu) with mu = 255, then equal steps.
    """
    if not bool((waveform.abs() <= 1).all()):
        peak = float(waveform.abs().max())
        raise CourseError(
            "a waveform within [-1, 1]",
            f"a peak of {peak:.3g}",
            "divide the waveform by its peak",
        )
    small = torch.log1p(MU * waveform.abs()) / math.log1p(MU)
    return torch.floor((waveform.sign() * small + 1) / 2 * MU + 0.5).long()


def mu_law_to_waveform(tokens: Tensor) -> Tensor:
    """Return the amplitude in the middle of each code's step.

    Parameters
    ----------
    tokens : Tensor of int64, shape (..., N)
        Codes 0 to 255.

    Returns
    -------
    Tensor, shape (..., N)
        float32 in [-1, 1]. Coding it again gives `tokens` back.
    """
    check_codes(tokens)
    small = 2 * tokens.float() / MU - 1
    return small.sign() * torch.expm1(small.abs() * math.log1p(MU)) / MU


def check_codes(tokens: Tensor) -> None:
    """Raise `CourseError` unless all values are mu-law codes."""
    low, high = int(tokens.min()), int(tokens.max())
    if tokens.is_floating_point() or low < 0 or high > MU:
        raise CourseError(
            f"integer codes from 0 to {MU}",
            f"{tokens.dtype} from {low} to {high}",
            "code the waveform with waveform_to_mu_law",
        )
