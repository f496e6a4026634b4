"""Exercises of chapter 40: perplexity, padding and other keys.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
from collections.abc import Callable, Sequence

from course_utils.exercises.check import Wrong, exercise
from course_utils.symbolic.polyphony import (
    END,
    START,
    STEP_END,
    continued_note,
    new_note,
)


@exercise(
    "40.1",
    hints=(
        "Take the logarithms first, then their mean.",
        "Minus the mean of the logarithms is the price in nats.",
        "np.exp(-np.mean(np.log(probabilities)))",
    ),
)
def perplexity(answer: Callable[[Sequence[float]], float]) -> None:
    """Take a function of the probabilities that the right events got."""
    for probabilities, expected in (
        ([0.5, 0.5, 0.5], 2.0),
        ([1.0, 1.0], 1.0),
        ([1.0, 0.25], 2.0),
        ([0.1, 0.01], math.sqrt(1000)),
    ):
        got = answer(probabilities)
        if not math.isclose(got, expected, rel_tol=1e-6):
            raise Wrong(
                f"Probabilities {probabilities} have the perplexity "
                f"{expected:.4g}; your function says {got:.4g}."
            )


@exercise(
    "40.2",
    hints=(
        "Take one batch: it has len(batch) rows of max(batch) places.",
        "Add up the places of all batches; the events are sum(lengths).",
        "1 - sum(lengths) / places",
    ),
)
def padding_share(answer: Callable[[list[int], int], float]) -> None:
    """Take a function of (lengths, batch size) giving a share, 0 to 1."""
    for lengths, batch_size, expected in (
        ([4, 4, 4, 4], 2, 0.0),
        ([4, 2], 2, 0.25),
        ([1, 3, 5, 5], 2, 2 / 16),
        ([1, 9, 2], 2, 8 / 20),
        ([7], 5, 0.0),
    ):
        got = answer(list(lengths), batch_size)
        if not math.isclose(got, expected, abs_tol=1e-9):
            raise Wrong(
                f"Lengths {lengths} in batches of {batch_size} need a share "
                f"of {expected:.3g} padding; your function says {got:.3g}."
            )


@exercise(
    "40.3",
    hints=(
        "Numbers from 3 on are notes; both kinds move by as much.",
        "A note of number n becomes n + semitones.",
        "[e + semitones if e >= 3 else e for e in events]",
    ),
)
def transpose(answer: Callable[[list[int], int], Sequence[int]]) -> None:
    """Take a function of (events, semitones) giving the moved events."""
    events = [START, new_note(60), continued_note(52), STEP_END, END]
    for semitones in (0, 5, -7):
        expected = [
            START,
            new_note(60 + semitones),
            continued_note(52 + semitones),
            STEP_END,
            END,
        ]
        got = list(answer(list(events), semitones))
        if got != expected:
            raise Wrong(
                f"{events} moved by {semitones} is {expected}; your function "
                f"says {got}."
            )
