import json
from pathlib import Path

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation.kept import (
    bars_of,
    heard_tempo_bpm,
    key_score,
    repetition,
)
from course_utils.evaluation.musical import TONICS
from course_utils.symbolic.blank import blank_sequence

# Written by reference/make_muspy_figures.py, which imports nothing of ours.
MIR_EVAL = json.loads(
    (Path(__file__).parent / "reference" / "muspy_figures.json").read_text()
)["key_scores"]


def piece(steps, meter=(4, 4), qpm=120.0, length=1, velocity=80):
    """Notes are (sixteenth, pitch)."""
    sequence = blank_sequence(qpm, meter)
    step_s = 15 / qpm
    for step, pitch in steps:
        sequence.notes.add(
            pitch=pitch,
            velocity=velocity,
            start_time=step * step_s,
            end_time=(step + length) * step_s,
        )
    sequence.total_time = max(n.end_time for n in sequence.notes)
    return sequence


@pytest.mark.parametrize(
    ("reference", "estimated", "score"),
    [
        ("C major", "C major", 1.0),
        ("C major", "G major", 0.5),
        ("G major", "C major", 0.0),  # as mir_eval: a fifth above only
        ("C major", "A minor", 0.3),
        ("A minor", "C major", 0.3),
        ("C major", "C minor", 0.2),
        ("Eb major", "C minor", 0.3),
        ("B minor", "F# minor", 0.5),
        ("C major", "D major", 0.0),
        ("C major", "E minor", 0.0),
    ],
)
def test_keys_are_weighed_as_mirex_does(reference, estimated, score):
    assert key_score(reference, estimated) == score


def test_all_576_pairs_of_keys_score_as_in_mir_eval():
    keys = [f"{t} {mode}" for mode, tonics in TONICS.items() for t in tonics]
    for reference in keys:
        for estimated in keys:
            expected = MIR_EVAL.get(f"{reference}, {estimated}", 0.0)
            assert key_score(reference, estimated) == expected


def test_what_is_no_key_is_refused():
    with pytest.raises(CourseError, match="a key such as"):
        key_score("C major", "H major")


@pytest.mark.parametrize("qpm", [65.0, 80.0, 95.0])
def test_a_steady_beat_is_heard(qpm):
    steps = [(4 * i, 60) for i in range(40)]
    assert heard_tempo_bpm(piece(steps, qpm=qpm)) == pytest.approx(
        qpm, rel=0.03
    )


def test_bars_hold_what_is_struck_in_them():
    bars = bars_of(piece([(0, 60), (4, 64), (12, 60), (14, 62)], (3, 4)))
    assert bars == [{(0, 60), (4, 64)}, {(0, 60), (2, 62)}]


def test_a_loop_of_one_bar_is_counted():
    looped = [
        (16 * bar + 4 * beat, 60 + beat)
        for bar in range(8)
        for beat in range(4)
    ]
    figures = repetition(piece(looped))
    assert figures == {"distinct_bars": 1 / 8, "longest_loop": 8}


def test_a_loop_of_two_bars_is_counted():
    looped = [(16 * bar, 60 + bar % 2) for bar in range(8)]
    figures = repetition(piece(looped))
    assert figures == {"distinct_bars": 2 / 8, "longest_loop": 4}


def test_ever_new_bars_do_not_loop():
    rng = np.random.default_rng(0)
    steps = [(4 * i, int(rng.integers(40, 80))) for i in range(60)]
    figures = repetition(piece(steps))
    assert figures == {"distinct_bars": 1.0, "longest_loop": 1}


def test_silence_does_not_repeat_itself():
    assert repetition(blank_sequence(120.0, (4, 4)))["longest_loop"] == 1
