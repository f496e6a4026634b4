"""Take the constant part out of a sound, and what is slower than any tone.

Axes: N samples.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math

import torch
from torch import Tensor

from course_utils.basics.checks import check_range


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

    Raises
    ------
    CourseError
        If the frequency is not between 0.1 Hz and half the rate.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    check_range("cut_hz", cut_hz, 0.1, sample_rate / 2, "Hz")
    n_samples = waveforms.shape[-1]
    # Room for what rings on after the end, which would else come in in front.
    size = n_samples + round(4 * sample_rate / cut_hz)
    f_hz = torch.fft.rfftfreq(size, 1 / sample_rate, dtype=torch.float64)
    s = 1j * f_hz / cut_hz
    response = s**2 / (s**2 + math.sqrt(2) * s + 1)
    response = response.to(waveforms.device, torch.complex64)
    spectrum = torch.fft.rfft(waveforms, size) * response
    return torch.fft.irfft(spectrum, size)[..., :n_samples].contiguous()
