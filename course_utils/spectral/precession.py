"""How phase turns from frame to frame, in closed form.

A frame is `hop_length` samples later than the last. In that time a tone of
f_hz makes f_hz * hop_length / sample_rate cycles. The whole cycles cannot be
seen; what is left over turns the phase, frame after frame: it precesses.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math

from course_utils.basics.checks import CourseError


def frame_advance(f_hz: float, hop_length: int, sample_rate: int) -> float:
    """Return the angle by which a tone's phase turns from frame to frame.

    Parameters
    ----------
    f_hz : float
        Frequency of the tone in Hz.
    hop_length : int
        Samples from frame to frame: hop of an STFT or stride of a layer.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        2 pi f_hz hop_length / sample_rate, less whole turns, in radians in
        [-pi, pi]. 0 if whole periods fit the hop.

    Raises
    ------
    CourseError
        If the hop or the sample rate is not positive.
    """
    frame_rate_hz = _frame_rate_hz(hop_length, sample_rate)
    left_over_hz = f_hz - nearest_line_hz(f_hz, hop_length, sample_rate)
    return 2 * math.pi * left_over_hz / frame_rate_hz


def nearest_line_hz(f_hz: float, hop_length: int, sample_rate: int) -> float:
    """Return the multiple of the frame rate that lies nearest to `f_hz`.

    Only at these frequencies can the same piece, laid once per frame, sound.

    Parameters
    ----------
    f_hz, hop_length, sample_rate
        As for `frame_advance`.

    Returns
    -------
    float
        In Hz.
    """
    frame_rate_hz = _frame_rate_hz(hop_length, sample_rate)
    return round(f_hz / frame_rate_hz) * frame_rate_hz


def beats_per_second(f_hz: float, hop_length: int, sample_rate: int) -> float:
    """Return how often a tone swells if one piece serves for every frame.

    One piece, as loud in each frame as fits best, gives the tone multiplied
    by a cosine that turns with the precession. Loudness has no sign, so two
    swells come with each turn: twice the distance to the nearest line.

    Parameters
    ----------
    f_hz, hop_length, sample_rate
        As for `frame_advance`.

    Returns
    -------
    float
        Beats per second; 0 for a tone that fits.
    """
    return 2 * abs(f_hz - nearest_line_hz(f_hz, hop_length, sample_rate))


def steady_share_lost(advance: float, n_frames: int) -> float:
    """Return what the best unchanging piece loses of a tone this long.

    The best single piece that is the same in each frame is the mean of all
    frames. Frame t of a tone is turned by t * advance, and the mean of T
    such arrows has length |sin(T advance / 2) / (T sin(advance / 2))|.

    Parameters
    ----------
    advance : float
        From `frame_advance`, in radians.
    n_frames : int
        T, the duration in frames.

    Returns
    -------
    float
        Share of the energy that is lost: 0 for a perfect copy, 1 where
        silence does as well. Exact for many cycles per frame; for few, the
        two ends of the spectrum overlap a little.

    Raises
    ------
    CourseError
        If there is no frame.

    Notes
    -----
    The ratio is the Dirichlet kernel.
    """
    if n_frames < 1:
        raise CourseError("one frame or more", n_frames, "lengthen the sound")
    half = math.sin(advance / 2)
    if abs(half) < 1e-12:
        return 0.0
    length = math.sin(n_frames * advance / 2) / (n_frames * half)
    return 1 - length**2


def _frame_rate_hz(hop_length: int, sample_rate: int) -> float:
    """Return frames per second."""
    if hop_length < 1 or sample_rate < 1:
        raise CourseError(
            "a hop_length and a sample_rate of 1 or more",
            (hop_length, sample_rate),
            "give the hop in samples and the rate in Hz",
        )
    return sample_rate / hop_length
