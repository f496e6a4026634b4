"""Exercises of chapter 64: level, threshold, and the odd one out.

Taught in: notebooks/64_listening_test.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import binom

from course_utils.evaluation.binomial import fewest_right
from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

RTOL = 1e-6
PEAK = 0.9  # of full scale
RATE = 8_000  # Hz


def _pairs() -> list[tuple[np.ndarray, np.ndarray, str]]:
    """Return pairs of clips (N,) with what is special about them."""
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 220 * t)
    struck = np.exp(-8 * t) * tone
    return [
        (0.1 * tone, 0.4 * tone, "the second is a louder tone"),
        (0.5 * tone, 0.01 * struck, "the second is soft and decays"),
        (0.2 * struck, 0.3 * tone, "the first decays"),
    ]


def _rms(samples: np.ndarray) -> float:
    """Return the root mean square of samples (N,)."""
    return float(np.sqrt(np.mean(np.square(samples))))


@exercise(
    "64.1",
    hints=(
        "Divide each clip by its RMS: then both have the same level, 1.",
        "Which of the two now has the larger peak? It decides.",
        "One common factor brings that peak to 0.9.",
    ),
)
def same_level(
    answer: Callable[[np.ndarray, np.ndarray], Sequence[float]],
) -> None:
    """Take a function of two clips giving the two factors."""
    for first, second, name in _pairs():
        factors = answer(first.copy(), second.copy())
        if factors is None:
            raise Wrong(NO_ANSWER)
        if np.shape(factors) != (2,):
            raise Wrong(f"Expected two factors; got {factors!r}.")
        clips = first * factors[0], second * factors[1]
        levels = [_rms(clip) for clip in clips]
        if not np.isclose(*levels, rtol=RTOL):
            raise Wrong(
                f"Where {name}, the RMS becomes {levels[0]:.4f} and "
                f"{levels[1]:.4f}; they should be equal."
            )
        peak = max(np.abs(clip).max() for clip in clips)
        if not np.isclose(peak, PEAK, rtol=RTOL):
            raise Wrong(
                f"Where {name}, the larger peak becomes {peak:.3f}; as loud "
                f"as possible would be {PEAK}."
            )


@exercise(
    "64.2",
    hints=(
        "Write how often guessing gives at least k right, as in the text.",
        "Try k = 0, 1, 2 ... n and stop at the first that is rare enough.",
        "If even n right answers are not rare enough, return n + 1.",
    ),
)
def threshold(answer: Callable[[int, float], int]) -> None:
    """Take a function of (n, alpha) giving the fewest right answers."""
    for n, alpha in ((12, 0.05), (5, 0.05), (4, 0.05), (20, 0.01), (40, 0.2)):
        got, expected = answer(n, alpha), fewest_right(n, alpha)
        if got is None:
            raise Wrong(NO_ANSWER)
        if got != expected:
            raise Wrong(
                f"Of {n} answers, with alpha {alpha}, {expected} must be "
                f"right; your function says {got}."
            )


@exercise(
    "64.3",
    hints=(
        "A guess is right once in three times, so the coin becomes a die.",
        "C(n, i) ways, each with probability (1/3)^i (2/3)^(n - i).",
        "Add this up from i = n_right to n.",
    ),
)
def odd_one_out(answer: Callable[[int, int], float]) -> None:
    """Take a function of (n_right, n) giving a p-value."""
    for n_right, n in ((0, 3), (3, 3), (7, 12), (10, 12)):
        got = answer(n_right, n)
        expected = binom.sf(n_right - 1, n, 1 / 3)
        if got is None:
            raise Wrong(NO_ANSWER)
        if not np.isclose(got, expected, rtol=RTOL):
            raise Wrong(
                f"{n_right} of {n} right: guessing does at least as well "
                f"with probability {expected:.6f}; your function says "
                f"{float(got):.6f}."
            )
