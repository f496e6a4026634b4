"""Exercises of chapter 20: a note's name, a decaying note, a fair split.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from course_utils.exercises.check import NO_ANSWER, Wrong, exercise

RATE = 16_000
TIME_S = np.arange(4 * RATE) / RATE


def _given(value: object) -> object:
    """Return what an answer gave; None means that it is not written yet."""
    if value is None:
        raise Wrong(NO_ANSWER)
    return value


@exercise(
    "20.1",
    hints=(
        "Three numbers, three digits each: f-strings can fill with zeros.",
        "f'{7:03d}' gives '007'.",
        "f'{instrument_str}-{pitch:03d}-{velocity:03d}'",
    ),
)
def note_name(answer: Callable[[str, int, int], str]) -> None:
    """Take a function of (instrument, pitch, velocity) giving note_str."""
    for instrument, pitch, velocity, expected in (
        ("keyboard_acoustic_004", 60, 25, "keyboard_acoustic_004-060-025"),
        ("brass_acoustic_016", 108, 127, "brass_acoustic_016-108-127"),
        ("bass_synthetic_134", 9, 100, "bass_synthetic_134-009-100"),
    ):
        got = _given(answer(instrument, pitch, velocity))
        if got != expected:
            raise Wrong(
                f"for {instrument}, pitch {pitch}, velocity {velocity} the "
                f"file is called {expected}; your function says {got}."
            )


def _note(fall_db_per_s: float, attack_s: float = 0.0) -> np.ndarray:
    """Return a tone that falls steadily until the key is released at 3 s."""
    level_db = -fall_db_per_s * np.minimum(TIME_S, 3.0)
    level_db = level_db - 200 * np.maximum(TIME_S - 3.0, 0.0)
    rise = np.clip(TIME_S / attack_s, 0, 1) if attack_s else 1.0
    tone = np.sin(2 * np.pi * 440 * TIME_S)
    return (rise * tone * 10 ** (level_db / 20)).astype(np.float32)


@exercise(
    "20.2",
    hints=(
        "Compare two stretches: the loudest 0.2 s, and the 0.2 s before 3 s.",
        "levels_db(waveform, sample_rate) gives the level of every 0.2 s.",
        "Stretch number 14 ends at 3 s: levels[14] < levels.max() - 30.",
    ),
)
def is_percussive(answer: Callable[[np.ndarray, int], bool]) -> None:
    """Take a function that tells notes which fade while the key is held."""
    cases = (
        (_note(0.0), False, "goes on at one level until the key is released"),
        (_note(40.0), True, "falls by 40 dB a second"),
        (_note(5.0), False, "falls by 14 dB in all, less than 30"),
        (_note(0.0, 1.0), False, "rises slowly and then goes on"),
        (0.001 * _note(0.0), False, "is very quiet, but goes on"),
        (0.001 * _note(40.0), True, "is very quiet, and fades"),
    )
    for waveform, expected, why in cases:
        if bool(_given(answer(waveform, RATE))) != expected:
            raise Wrong(
                f"a note that {why} should give {expected}. Compare levels "
                "within the note, not with a fixed number."
            )


@exercise(
    "20.3",
    hints=(
        "The instrument is the part of the name before the first '-'.",
        "hash_share(instrument) is a number in [0, 1) that never changes.",
        "'validation' if hash_share(instrument) < 0.2 else 'train'",
    ),
)
def split_by_instrument(
    answer: Callable[[Sequence[str]], Sequence[str]],
) -> None:
    """Take a function from note names to one split a note."""
    instruments = [f"reed_acoustic_{i:03d}" for i in range(400)]
    notes = [f"{i}-{p:03d}-100" for i in instruments for p in (60, 61)]
    sides = list(_given(answer(notes)))
    if len(sides) != len(notes) or set(sides) != {"train", "validation"}:
        raise Wrong(
            "give 'train' or 'validation' for each note, and use both; got "
            f"{dict(Counter(sides))} for {len(notes)} notes."
        )
    if any(a != b for a, b in zip(sides[::2], sides[1::2], strict=True)):
        raise Wrong("an instrument has notes on both sides: this leaks.")
    if list(answer(notes[::-1]))[::-1] != sides:
        raise Wrong("the split changes with the order of the notes.")
    if list(answer(notes[:20])) != sides[:20]:
        raise Wrong("the split of a note changes when other notes come.")
    held = sides.count("validation") / len(sides)
    if not 0.1 < held < 0.3:
        raise Wrong(f"hold out about 0.2 of the instruments, not {held:.2f}.")
