"""Exercises of chapter 23: variety, one bin of NDB, a doctor for GANs.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import math
from collections.abc import Callable, Sequence

from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

ATOL = 1e-6
Scores = dict[str, float]

# Notes of three kinds: distances 5 and 13 within kinds, others between.
ROWS = ([0.0, 0.0], [3.0, 4.0], [10.0, 0.0], [15.0, 12.0], [99.0, 99.0])
KINDS = ("C4 brass", "C4 brass", "D4 reed", "D4 reed", "E4 reed")


@exercise(
    "23.1",
    hints=(
        "Take every pair i < j once; a note is no pair with itself.",
        "Keep the pair only if kinds[i] == kinds[j].",
        "Distance: root of the sum of squared differences; mean over pairs.",
    ),
)
def variety(answer: Callable[[Sequence, Sequence], float]) -> None:
    """Take a function of (rows, kinds) giving the mean distance of a pair."""
    for rows, kinds, expected in (
        (ROWS[:2], KINDS[:2], 5.0),
        (ROWS, KINDS, 9.0),
        ([[1.0], [1.0], [4.0]], ["a", "a", "a"], 2.0),
        ([[2.0], [2.0], [7.0]], ["a", "a", "b"], 0.0),
    ):
        got = float(answer([list(row) for row in rows], list(kinds)))
        if abs(got - expected) < ATOL:
            continue
        raise Wrong(f"kinds {list(kinds)}: {_why(got, expected, rows, kinds)}")


def _why(got: float, expected: float, rows: list, kinds: list) -> str:
    """Say what went wrong with a variety, if it is a usual mistake."""
    n = len(rows)
    every = [math.dist(rows[i], rows[j]) for i in range(n) for j in range(i)]
    if abs(got - sum(every) / len(every)) < ATOL:
        return "only pairs of one kind count."
    alike = [
        math.dist(rows[i], rows[j])
        for i in range(n)
        for j in range(n)
        if kinds[i] == kinds[j]
    ]
    if abs(got - sum(alike) / len(alike)) < ATOL:
        return "a note is no pair with itself."
    return f"expected {expected:g}, got {got:g}."


@exercise(
    "23.2",
    hints=(
        "The shares are a / n and b / m; the common share is (a+b) / (n+m).",
        "The error is the root of r (1 - r) (1/n + 1/m).",
        "Drawn minus training: negative where the generator has too few.",
    ),
)
def bin_z(answer: Callable[[int, int, int, int], float]) -> None:
    """Take a function of (a, n, b, m) giving one bin's z."""
    for a, n, b, m in ((10, 100, 30, 100), (20, 160, 0, 40), (5, 50, 10, 100)):
        common = (a + b) / (n + m)
        error = math.sqrt(common * (1 - common) * (1 / n + 1 / m))
        expected = (b / m - a / n) / error
        got = float(answer(a, n, b, m))
        where = f"a={a}, n={n}, b={b}, m={m}"
        if abs(got - expected) < ATOL:
            continue
        if abs(got + expected) < ATOL:
            raise Wrong(f"{where}: the sign is wrong; drawn minus training.")
        if abs(got - (b / m - a / n) / error**2) < ATOL:
            raise Wrong(f"{where}: the error is the square root.")
        raise Wrong(f"{where}: expected {expected:.4f}, got {got:.4f}.")


HEALTHY = {
    "pitch_accuracy": 0.7,
    "chance": 1 / 13,
    "variety_db": 7.0,
    "real_variety_db": 9.0,
    "is": 8.0,
    "real_score": 0.4,
    "fake_score": -0.4,
}
PATIENTS = (
    ({}, "healthy"),
    ({"variety_db": 0.5}, "one of each kind"),
    ({"is": 1.3, "pitch_accuracy": 0.08}, "collapse over all"),
    (
        {
            "is": 1.1,
            "pitch_accuracy": 0.08,
            "real_score": 9.0,
            "fake_score": -8.0,
        },
        "discriminator wins",
    ),
    ({"pitch_accuracy": 0.09, "variety_db": 19.0}, "no pitch"),
    ({"pitch_accuracy": 0.09, "variety_db": 0.2}, "no pitch"),
    ({"real_score": 5.0, "fake_score": -5.0}, "healthy"),
    ({"variety_db": 1.0}, "healthy"),
)


@exercise(
    "23.3",
    hints=(
        "Ask for the inception score first: two of the answers need it low.",
        "Of these two, the difference of both scores decides.",
        "Then variety below a tenth with a good pitch; then the pitch alone.",
    ),
)
def diagnosis(answer: Callable[[Scores], str]) -> None:
    """Take a function of a dict of scores giving the name of the failure."""
    for changes, expected in PATIENTS:
        got = answer(HEALTHY | changes)
        if got is None:
            raise Wrong(NO_ANSWER)
        if got != expected:
            what = ", ".join(f"{k} {v:g}" for k, v in changes.items())
            raise Wrong(
                f"A healthy one but for [{what or 'nothing'}]: expected "
                f"{expected!r}, got {got!r}."
            )
