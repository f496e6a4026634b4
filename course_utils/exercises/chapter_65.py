"""Exercises of chapter 65: a blind metric, the order of bars, shared runs.

Taught in: notebooks/65_known_answers.ipynb
"""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.exercises.check import Wrong, exercise


@exercise(
    "65.1",
    hints=(
        "Compute the metric of the piece with itself, and with the changed "
        "piece.",
        "np.isclose compares two numbers that rounding may have moved.",
        "bool(np.isclose(metric(piece, changed), metric(piece, piece)))",
    ),
)
def is_blind(
    answer: Callable[[Callable, np.ndarray, np.ndarray], bool],
) -> None:
    """Take a function of (metric, piece, changed) giving True or False."""
    piece = np.array([0.0, 1.0, -2.0, 3.0])

    def mean_gap(one: np.ndarray, other: np.ndarray) -> float:
        return abs(one.mean() - other.mean()) + 0.25

    def first_gap(one: np.ndarray, other: np.ndarray) -> float:
        return abs(one[0] - other[0])

    cases = (
        (mean_gap, piece[::-1], True, "a metric of means, played backwards"),
        (mean_gap, piece + 1, False, "a metric of means, with an offset"),
        (first_gap, piece[::-1], False, "a metric of first samples, reversed"),
        (first_gap, piece * 2, True, "first samples that are 0, made louder"),
    )
    for metric, changed, expected, name in cases:
        got = answer(metric, piece.copy(), changed.copy())
        if bool(got) != expected:
            raise Wrong(f"For {name} the answer is {expected}; yours {got}.")


@exercise(
    "65.2",
    hints=(
        "Compare bar 1 with bar 1, bar 2 with bar 2, and so on.",
        "zip(one, other) stops at the shorter piece; divide by the longer "
        "length.",
    ),
)
def same_places(answer: Callable[[Sequence, Sequence], float]) -> None:
    """Take a function of two lists of bars giving a share."""
    a, b, c = frozenset({1}), frozenset({2}), frozenset({3})
    cases = (
        ([a, b, c], [a, b, c], 1.0, "the same bars"),
        ([a, b, c], [c, b, a], 1 / 3, "three bars, the outer ones exchanged"),
        ([a, b, c, a], [a, b], 0.5, "a piece and its first half"),
        ([a, a], [b, b, b], 0.0, "two pieces without a common bar"),
    )
    for one, other, expected, name in cases:
        got = float(answer(list(one), list(other)))
        if not np.isclose(got, expected):
            raise Wrong(
                f"For {name} the share is {expected:.2f}; your function says "
                f"{got:.2f}."
            )


@exercise(
    "65.3",
    hints=(
        "Turn both lists into steps first: each pitch minus the one before.",
        "For every pair of places, count how far the steps agree from there "
        "on; keep the largest count.",
        "n steps that agree are n + 1 notes; two lists of notes always share "
        "one note.",
    ),
)
def shared_notes(answer: Callable[[list[int], list[int]], int]) -> None:
    """Take a function of two lists of pitches giving a number of notes."""
    tune = [60, 62, 64, 65, 67, 65, 64]
    cases = (
        (tune, [p + 5 for p in tune], 7, "a tune in another key"),
        (tune, [50, *[p - 3 for p in tune[2:6]], 90], 4, "four notes of it"),
        (tune, [60, 73, 61, 74], 1, "two tunes without a common step"),
        ([60], [72, 71], 1, "a single note and two others"),
    )
    for one, other, expected, name in cases:
        got = int(answer(list(one), list(other)))
        if got != expected:
            raise Wrong(
                f"For {name} the longest run has {expected} notes; your "
                f"function says {got}."
            )
