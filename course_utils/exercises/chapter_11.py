"""Exercises of chapter 11: beats, a fitting stride, and drift.

Taught in: notebooks/11_phase_and_stride_beating.ipynb
"""

import math
from collections.abc import Callable

from course_utils.exercises.check import Wrong, exercise
from course_utils.spectral.precession import beats_per_second


@exercise(
    "11.1",
    hints=(
        "Which frequencies can a piece make that is the same in each frame?",
        "Multiples of the frame rate, sample_rate / stride. Find the nearest.",
        "The loudness has no sign: each turn of the phase gives two beats.",
    ),
)
def count_beats(answer: Callable[[float, int, int], float]) -> None:
    """Take a function of (f_hz, stride, sample_rate): beats per second."""
    for case in ((503, 128, 16_000), (440, 512, 16_000), (497, 128, 16_000)):
        expected, got = beats_per_second(*case), float(answer(*case))
        if math.isclose(got, expected / 2, abs_tol=1e-6):
            raise Wrong(
                f"{got:g} turns per second are right for {case[0]} Hz, "
                "but each turn is loud twice."
            )
        _compare(got, expected, f"{case[0]} Hz at stride {case[1]}", "beats")
    fits = float(answer(500, 128, 16_000))
    _compare(fits, 0.0, "500 Hz at stride 128, which fits,", "beats")


@exercise(
    "11.2",
    hints=(
        "f * stride / sample_rate has to be a whole number for every f.",
        "For one f the shortest stride is sample_rate / gcd(f, sample_rate).",
        "math.gcd takes any number of arguments: math.gcd(*tones_hz).",
    ),
)
def fit_stride(answer: Callable[[list[int], int], int]) -> None:
    """Take a function of (tones_hz, sample_rate): the shortest stride."""
    for tones_hz, sample_rate in (
        ([500], 16_000),
        ([440], 16_000),
        ([440, 550], 16_000),
        ([300, 450], 8_000),
        ([440, 554, 659], 16_000),
    ):
        stride = answer(tones_hz, sample_rate)
        if stride < 1 or stride != int(stride):
            raise Wrong(
                f"A stride is a whole number of samples, not {stride}."
            )
        for f_hz in tones_hz:
            cycles = f_hz * int(stride) / sample_rate
            if not cycles.is_integer():
                raise Wrong(
                    f"With a stride of {stride}, {f_hz} Hz makes "
                    f"{cycles:.2f} cycles per frame: it does not fit."
                )
        expected = sample_rate // math.gcd(sample_rate, *tones_hz)
        if stride != expected:
            raise Wrong(
                f"A stride of {stride} fits {tones_hz}, but a shorter one "
                "does too."
            )


@exercise(
    "11.3",
    hints=(
        "The errors add up: after n frames the phase is wrong by n * error.",
        "Half a turn is pi. How many frames until then?",
        "One frame lasts hop_length / sample_rate seconds.",
    ),
)
def time_to_drift(answer: Callable[[float, int, int], float]) -> None:
    """Take a function of (error_rad, hop_length, sample_rate): seconds."""
    for error_rad, hop_length, sample_rate in (
        (math.pi / 10, 512, 16_000),
        (0.01, 256, 16_000),
        (-0.05, 64, 8_000),
    ):
        expected = math.pi / abs(error_rad) * hop_length / sample_rate
        got = float(answer(error_rad, hop_length, sample_rate))
        if got < 0:
            raise Wrong("A negative error drifts too; a time is positive.")
        if math.isclose(got, 2 * expected, rel_tol=1e-6):
            raise Wrong("This is the time to a whole turn, not to half one.")
        _compare(got, expected, f"an error of {error_rad:.3g} rad", "s")


def _compare(got: float, expected: float, case: str, unit: str) -> None:
    """Raise `Wrong` unless both numbers are equal."""
    if not math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-6):
        raise Wrong(
            f"For {case} {expected:g} {unit} are right; "
            f"your function says {got:g}."
        )
