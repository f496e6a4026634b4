"""A sound and its spectrogram in step: a line in the picture is the moment.

An element of a page that works without kernel and network; see
`elements/sound_in_step/element.js`. Without script it is a picture with a
player below it.

Taught in: notebooks/10_sound_as_numbers.ipynb
"""

import base64
import io
import json
from dataclasses import dataclass, field
from html import escape

import numpy as np
import torch
from matplotlib.figure import Figure

from course_utils.basics.checks import CourseError
from course_utils.plots.listen import Clip, play
from course_utils.plots.spectral import plot_magnitude
from course_utils.spectral.stft import StftConfig, waveform_to_stft
from course_utils.widgets.page_element import element_script

TAG = "sound-in-step"
SCRIPTS = ("shared/page_parts.js", "sound_in_step/element.js")
STYLE = "sound_in_step/style.css"
SIZE = (8.0, 3.2)  # inches
DOTS_PER_INCH = 100
MIN_ALT = 15  # characters that a description of a picture takes at least


@dataclass(frozen=True)
class SoundInStep:
    """A spectrogram with a player; a notebook shows it by itself.

    Parameters
    ----------
    clip : Clip
        The sound, with caption and description.
    png : bytes
        The picture, with its axes.
    alt : str
        What the picture shows, for readers who cannot see it.
    box : tuple of float
        Where its axes lie: left, top, width and height as shares of the
        picture.
    seconds : float
        What the axis of time reaches over, from 0 on.
    """

    clip: Clip = field(repr=False)
    png: bytes = field(repr=False)
    alt: str
    box: tuple[float, float, float, float]
    seconds: float

    def _repr_html_(self) -> str:
        picture = base64.b64encode(self.png).decode("ascii")
        return (
            f'<sound-in-step data-box="{json.dumps(self.box)}" '
            f'data-seconds="{self.seconds}">'
            f'<img alt="{escape(self.alt)}" '
            f'src="data:image/png;base64,{picture}">'
            f"{self.clip._repr_html_()}</sound-in-step>"
            + element_script(TAG, SCRIPTS, STYLE)
        )


def sound_in_step(
    waveform: torch.Tensor | np.ndarray,
    sample_rate: int,
    config: StftConfig,
    *,
    caption: str,
    description: str,
    alt: str,
    max_khz: float | None = None,
) -> SoundInStep:
    """Draw a sound, and let the reader hear where in the picture it is.

    Parameters
    ----------
    waveform : Tensor or ndarray, shape (N,) or (1, N), N >= n_fft
        Samples. It is played at the loudness of all clips.
    sample_rate : int
        In Hz; see `plots.listen.play`.
    config : StftConfig
        Window and hop of the picture.
    caption, description : str
        What it is, and what one hears.
    alt : str
        What the picture shows, for readers who cannot see it.
    max_khz : float, optional
        Highest frequency shown; None is half the sample rate.

    Returns
    -------
    SoundInStep
        Shown when it is the last value of a cell.

    Raises
    ------
    CourseError
        If the picture has no description, or the sound cannot be played.

    Taught in: notebooks/10_sound_as_numbers.ipynb
    """
    if len(alt) < MIN_ALT:
        raise CourseError(
            f"alt, in {MIN_ALT} characters or more",
            repr(alt),
            "say what the picture shows",
        )
    clip = play(
        waveform, sample_rate, caption=caption, description=description
    )
    samples = torch.as_tensor(waveform).detach().cpu().float().reshape(1, -1)
    stft = waveform_to_stft(samples, config)[0]  # (F, T)
    figure = Figure(SIZE, dpi=DOTS_PER_INCH, layout="constrained")
    ax = plot_magnitude(stft, config, sample_rate, ax=figure.subplots())
    seconds = samples.shape[1] / sample_rate
    ax.set(xlim=(0, seconds), ylim=(0, max_khz or sample_rate / 2000))
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    place = ax.get_position()  # from the lower left corner
    box = (place.x0, 1 - place.y1, place.width, place.height)
    shares = tuple(round(float(share), 4) for share in box)
    return SoundInStep(clip, file.getvalue(), alt, shares, seconds)
