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


def high_pass(waveforms: Tensor, cut_hz: float, sample_rate: int) -> Tensor:
    """Take out what is slower than a frequency, the constant part at all.

    Parameters
    ----------
    waveforms : Tensor, shape (..., N)
        Samples.
    cut_hz : float
        Where 3 dB are lost; 12 dB more are lost each octave below.
    sample_rate : int
        In Hz.

    Returns
    -------
    Tensor, shape (..., N)
        Filtered by Butterworth's second order, forwards only: nothing
        sounds before its cause.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    n_samples = waveforms.shape[-1]
    # Room for what rings on after the end, which would else come in in front.
    size = n_samples + round(4 * sample_rate / cut_hz)
    f_hz = torch.fft.rfftfreq(size, 1 / sample_rate, dtype=torch.float64)
    s = 1j * f_hz / cut_hz
    response = s**2 / (s**2 + math.sqrt(2) * s + 1)
    response = response.to(waveforms.device, torch.complex64)
    spectrum = torch.fft.rfft(waveforms, size) * response
    return torch.fft.irfft(spectrum, size)[..., :n_samples].contiguous()
