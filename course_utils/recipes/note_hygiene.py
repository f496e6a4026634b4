"""What a drawn note goes through before it is heard.

A network's image may hold a little of anything: a level that is somewhat off,
a constant part, an end that is not silent. None of it is a matter of taste,
so it is set right: the constant part is filtered out, the level becomes that
of the training notes, and the end fades.

Axes: B notes, N samples.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math

import torch
from torch import Tensor

from course_utils.basics.checks import check_range
from course_utils.spectral.high_pass import high_pass

CUT_HZ = 30.0  # two octaves below the lowest note of the cpu preset
FADE_S = 0.01
LOUDEST_GAIN = 8.0  # 18 dB; a note softer than that stays softer


def cleaned(waveforms: Tensor, sample_rate: int, peak: float) -> Tensor:
    """Take out the constant part, set the level, let the end fade.

    Parameters
    ----------
    waveforms : Tensor, shape (B, N)
        As the generator's images sound.
    sample_rate : int
        In Hz.
    peak : float
        Wanted for every note; of full scale.

    Returns
    -------
    Tensor, shape (B, N)
        Peaks are `peak`, or less for a note that was very soft; the last
        sample is 0. Silence stays silence.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    check_range("peak", peak, 0.01, 1.0)
    waveforms = high_pass(waveforms, CUT_HZ, sample_rate)
    n_fade = min(round(FADE_S * sample_rate), waveforms.shape[-1])
    fade = torch.linspace(0, math.pi, n_fade).cos().add(1).div(2)
    waveforms[..., -n_fade:] *= fade.to(waveforms)
    loudest = waveforms.abs().amax(dim=-1, keepdim=True).clamp_min(1e-9)
    return waveforms * (peak / loudest).clamp_max(LOUDEST_GAIN)
