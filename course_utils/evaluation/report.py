"""Real against generated: the numbers of `course compare`, and its page.

Taught in: notebooks/61_mir_features.ipynb
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file
from course_utils.evaluation import musical, tabular
from course_utils.evaluation.feature_distances import (
    FEATURES,
    extract,
    feature_distances,
)
from course_utils.evaluation.report_page import (
    LABELS,
    MEANINGS,
    Picture,
    page,
)
from course_utils.evaluation.spectral_features import FeatureConfig

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TEMPO_TOLERANCE = 0.04  # relative; accuracy 1 of Gouyon et al. (2006)
LOUDNESS_TOLERANCE_DB = 1.0  # about the smallest step one hears


def compare_waveforms(
    real: np.ndarray | Sequence[np.ndarray],
    generated: np.ndarray | Sequence[np.ndarray],
    sample_rate: int,
) -> dict[str, object]:
    """Compare two clips, or two sets of clips, by their sound.

    A set is pooled: all its samples, and all its frames, are thrown
    together, so that the two sets need no partners and no equal sizes.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,), or a sequence of them
        Mono samples, full scale 1; lengths may differ.
    sample_rate : int
        In Hz, of both.

    Returns
    -------
    dict
        `ks_score` (1 - D), `ks_statistic` (D), `rms_ratio` and `power_ratio`
        (generated over real), `features` (the ten names of
        `feature_distances.FEATURES` -> distance in the feature's unit),
        `loudness_db` and `duration_s` (pairs: real, generated).

    Raises
    ------
    CourseError
        If a clip is not mono, shorter than 4,096 samples, silent, or holds
        NaN or infinity.

    Taught in: notebooks/61_mir_features.ipynb
    """
    config = FeatureConfig(sample_rate)
    distances = feature_distances(
        extract(real, config), extract(generated, config)
    )
    pair = (_pooled(real), _pooled(generated))
    gap = tabular.ks_statistic(*pair)
    return {
        "ks_score": 1.0 - gap,
        "ks_statistic": gap,
        "rms_ratio": tabular.rms_ratio(*pair),
        "power_ratio": tabular.power_ratio(*pair),
        "features": distances,
        "loudness_db": [musical.loudness_db(samples) for samples in pair],
        "duration_s": [len(samples) / sample_rate for samples in pair],
    }


def compare_sequences(
    real: Sequence["NoteSequence"], generated: Sequence["NoteSequence"]
) -> dict[str, list]:
    """Compare two sets of pieces by what their files say and hold.

    Parameters
    ----------
    real, generated : sequence of NoteSequence
        One piece or more on each side.

    Returns
    -------
    dict
        Pairs (real, generated): `meter` and `key`, of several pieces the
        most frequent; `tempo_bpm`, the mean; `n_notes`, the sum. None where
        the files say nothing.

    Taught in: notebooks/61_mir_features.ipynb
    """
    sides = (real, generated)
    tempos = [[musical.tempo_bpm(piece) for piece in side] for side in sides]
    return {
        "meter": [_most_frequent(map(musical.meter, s)) for s in sides],
        "tempo_bpm": [_mean(side) for side in tempos],
        "key": [_most_frequent(map(musical.key, s)) for s in sides],
        "n_notes": [sum(map(musical.n_notes, s)) for s in sides],
    }


def verdict(result: dict[str, object]) -> list[str]:
    """Say in plain sentences what a comparison found.

    Parameters
    ----------
    result : dict
        From `compare_waveforms`, with the keys of `compare_sequences` or
        without.

    Returns
    -------
    list of str
        One sentence a question: meter, tempo, key, loudness.

    Taught in: notebooks/61_mir_features.ipynb
    """
    sentences = []
    for name, source in (("meter", "written"), ("key", "estimated")):
        if None not in result.get(name, [None]):
            real, generated = result[name]
            same = "Same" if real == generated else "Different"
            sentences.append(
                f"{same} {source} {name}: {real} and {generated}."
            )
    if None not in result.get("tempo_bpm", [None]):
        real, generated = result["tempo_bpm"]
        same = abs(generated / real - 1) <= TEMPO_TOLERANCE
        sentences.append(
            f"{'Same' if same else 'Different'} written tempo: {real:.1f} and "
            f"{generated:.1f} quarter notes per minute."
        )
    real, generated = result["loudness_db"]
    difference = generated - real
    if abs(difference) <= LOUDNESS_TOLERANCE_DB:
        sentences.append(f"Same loudness, within {abs(difference):.1f} dB.")
    else:
        word = "louder" if difference > 0 else "softer"
        sentences.append(f"Generated is {abs(difference):.1f} dB {word}.")
    return sentences


def as_text(result: dict[str, object]) -> str:
    """Return a comparison as lines to read in a terminal.

    Parameters
    ----------
    result : dict
        From `compare_waveforms` or `recipes.compare.compare`.
    """
    lines = [f"{LABELS[name]:24} {result[name]:.6g}" for name in MEANINGS]
    lines += [
        f"{FEATURES[name].title:24} {distance:.4g} {FEATURES[name].unit}"
        for name, distance in result["features"].items()
    ]
    return "\n".join([*lines, *verdict(result), *result.get("notes", [])])


def write_report(
    result: dict[str, object], pictures: Sequence[Picture], path: Path | str
) -> None:
    """Write a comparison as one HTML file that needs nothing else.

    Parameters
    ----------
    result : dict
        From `compare_waveforms` or `recipes.compare.compare`.
    pictures : sequence of Picture
        Shown below the tables, in this order.
    path : Path or str
        Written whole or not at all. Missing folders are made.

    Raises
    ------
    CourseError
        If the path is a folder, the disk is full or the folder cannot be
        written.

    Taught in: notebooks/61_mir_features.ipynb
    """
    if Path(path).is_dir():
        raise CourseError(
            "the path of an HTML file to write",
            f"the folder {path}",
            "add a file name, such as report.html",
        )
    text = page(result, verdict(result), pictures)
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


def _pooled(clips: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Return all samples of a clip or a set of clips as one row."""
    if isinstance(clips, np.ndarray):
        return clips
    return clips[0] if len(clips) == 1 else np.concatenate(clips)


def _most_frequent(values: Sequence[str | None]) -> str | None:
    """Return the most frequent value that is not None."""
    counts = Counter(value for value in values if value is not None)
    return counts.most_common(1)[0][0] if counts else None


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are not None."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
