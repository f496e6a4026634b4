"""Is the character of a primer kept? Key, tempo heard, repetition.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from itertools import groupby
from typing import TYPE_CHECKING

import librosa
import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.evaluation.musical import TONICS
from course_utils.symbolic.meter import quantise, step_positions

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

SAME, FIFTH, RELATIVE, PARALLEL = 1.0, 0.5, 0.3, 0.2
FRAMES_PER_SECOND = 100
USUAL_BPM, OCTAVES = 85.0, 0.7  # centre and width of what tempos are usual


def key_score(reference: str, estimated: str) -> float:
    """Return how near one key is to another, as MIREX weighs it.

    Parameters
    ----------
    reference, estimated : str
        As `musical.key` writes them, such as "Eb major".

    Returns
    -------
    float
        1 for the same key, 0.5 for a fifth above in the same mode, 0.3 for
        the relative and 0.2 for the parallel key, else 0.

    References
    ----------
    MIREX, Audio Key Detection; the weights are those of mir_eval's
    `weighted_score` (Raffel et al., 2014).
    """
    tonic, mode = _key_of(reference)
    other, other_mode = _key_of(estimated)
    apart = (other - tonic) % 12
    if mode == other_mode:
        return {0: SAME, 7: FIFTH}.get(apart, 0.0)
    if apart == 0:
        return PARALLEL
    return RELATIVE if apart == (9 if mode == "major" else 3) else 0.0


def _key_of(name: str) -> tuple[int, str]:
    """Return the pitch class of the tonic, and the mode."""
    tonic, _, mode = name.partition(" ")
    if mode not in TONICS or tonic not in TONICS[mode]:
        raise CourseError(
            "a key such as C major or G# minor", name, "see musical.TONICS"
        )
    return TONICS[mode].index(tonic), mode


def heard_tempo_bpm(sequence: "NoteSequence") -> float:
    """Return the tempo that the onsets suggest, in beats per minute.

    Each note adds its velocity where it begins, on a grid of 10 ms; the
    envelope's autocorrelation is weighed by how usual a tempo is. Often the
    double or half of what is written is heard, as people do.
    """
    end_s = max((note.end_time for note in sequence.notes), default=0.0)
    envelope = np.zeros(int(end_s * FRAMES_PER_SECOND) + FRAMES_PER_SECOND)
    for note in sequence.notes:
        envelope[round(note.start_time * FRAMES_PER_SECOND)] += note.velocity
    tempo = librosa.feature.tempo(
        onset_envelope=envelope,
        sr=FRAMES_PER_SECOND,
        hop_length=1,
        start_bpm=USUAL_BPM,
        std_bpm=OCTAVES,
    )
    return float(tempo[0])


def bars_of(sequence: "NoteSequence") -> list[frozenset[tuple[int, int]]]:
    """Return what is struck in each bar: (step of the bar, pitch)."""
    quantised = quantise(sequence)
    n_steps = max(quantised.total_quantized_steps, 1)
    positions = step_positions(sequence, n_steps)
    bars: list[set] = [set() for _ in range(int(positions[-1, 0]) + 1)]
    for note in quantised.notes:
        bar, _, place = positions[note.quantized_start_step]
        bars[bar].add((int(place), note.pitch))
    return [frozenset(bar) for bar in bars]


def repetition(sequence: "NoteSequence") -> dict[str, float]:
    """Say how much a piece repeats itself, bar by bar.

    Returns
    -------
    dict
        `distinct_bars`: share of the bars that differ from all others
        before them; `longest_loop`: how many times in a row the same bar
        comes, at most, or the same two bars, whichever is longer (1: never
        twice). Bars in which nothing is struck are left out.
    """
    bars = [bar for bar in bars_of(sequence) if bar]
    if not bars:
        return {"distinct_bars": 1.0, "longest_loop": 1}
    runs = [len(list(same)) for _, same in groupby(bars)]
    pairs = [
        bars[i] == bars[i + 2] and bars[i] != bars[i + 1]
        for i in range(len(bars) - 2)
    ]
    alternating = [len(list(g)) for hit, g in groupby(pairs) if hit]
    loops = [1 + run // 2 for run in alternating]
    return {
        "distinct_bars": len(set(bars)) / len(bars),
        "longest_loop": max(runs + loops),
    }
