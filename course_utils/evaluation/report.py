"""Real against generated: the numbers of `course compare`, and its page.

Taught in: notebooks/61_mir_features.ipynb
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file
from course_utils.evaluation import musical, tabular
from course_utils.evaluation.copying import copied_share, shared_run
from course_utils.evaluation.feature_distances import (
    FEATURES,
    extract,
    feature_distances,
)
from course_utils.evaluation.heard_in_sound import (
    key_in_sound,
    tempo_in_sound_bpm,
)
from course_utils.evaluation.instrument import timbre_distance
from course_utils.evaluation.meter_kinds import load_kind_judge
from course_utils.evaluation.report_page import (
    LABELS,
    MEANINGS,
    Picture,
    Player,
    page,
)
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.evaluation.tempo_heard import load_tempo_judge
from course_utils.evaluation.verdict import verdict
from course_utils.symbolic.meter import lies_on_grid

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

HEARD_S = 120.0  # of each clip, for tempo and key


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
        `loudness_db`, `duration_s`, `tempo_heard_bpm` and `key`, both heard
        in the sound (pairs: real, generated; of several clips the mean, and
        the most frequent key), `timbre_distance` (see `instrument`) and
        `copied_share` (see `copying`).

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
    sides = [
        [clips] if isinstance(clips, np.ndarray) else list(clips)
        for clips in (real, generated)
    ]
    pair = tuple(
        clips[0] if len(clips) == 1 else np.concatenate(clips)
        for clips in sides
    )
    gap = tabular.ks_statistic(*pair)
    return {
        "ks_score": 1.0 - gap,
        "ks_statistic": gap,
        "rms_ratio": tabular.rms_ratio(*pair),
        "power_ratio": tabular.power_ratio(*pair),
        "features": distances,
        "loudness_db": [musical.loudness_db(samples) for samples in pair],
        "duration_s": [len(samples) / sample_rate for samples in pair],
        "timbre_distance": timbre_distance(*sides, sample_rate),
        "copied_share": copied_share(*sides, sample_rate),
    } | _heard(sides, sample_rate)


def _heard(
    sides: Sequence[Sequence[np.ndarray]], sample_rate: int
) -> dict[str, list]:
    """Return tempo and key of each side, heard in the sound."""
    tempos, keys = [], []
    for clips in sides:
        heard = [clip[: round(HEARD_S * sample_rate)] for clip in clips]
        tempos.append(
            _mean([tempo_in_sound_bpm(c, sample_rate) for c in heard])
        )
        keys.append(
            _most_frequent([key_in_sound(c, sample_rate) for c in heard])
        )
    return {"tempo_heard_bpm": tempos, "key": keys}


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
        Pairs (real, generated): `meter`, `meter_heard` (one of
        `meter_kinds.KINDS`) and `key`, of several pieces the most frequent;
        `tempo_bpm` and `tempo_heard_bpm`, the mean;
        `n_notes`, the sum. None where the files say nothing. And
        `shared_run_events` and `shared_run_share`, see `copying`.

    Taught in: notebooks/61_mir_features.ipynb
    """
    sides = (real, generated)
    tempos = [[musical.tempo_bpm(piece) for piece in side] for side in sides]
    hear_meter, hear_tempo = load_kind_judge().kind, load_tempo_judge()
    heard = [
        [_or_none(hear_tempo.tempo_bpm, piece) for piece in side]
        for side in sides
    ]
    kinds = [
        [_or_none(hear_meter, piece) for piece in side if lies_on_grid(piece)]
        for side in sides
    ]
    n_events, share = shared_run(real, generated)
    return {
        "meter": [_most_frequent(map(musical.meter, s)) for s in sides],
        "meter_heard": [_most_frequent(side) for side in kinds],
        "tempo_bpm": [_mean(side) for side in tempos],
        "tempo_heard_bpm": [_mean(side) for side in heard],
        "key": [_most_frequent(map(musical.key, s)) for s in sides],
        "n_notes": [sum(map(musical.n_notes, s)) for s in sides],
        "shared_run_events": n_events,
        "shared_run_share": share,
    }


def as_text(result: dict[str, object]) -> str:
    """Return a comparison as lines to read in a terminal.

    Parameters
    ----------
    result : dict
        From `compare_waveforms` or `recipes.compare.compare`.
    """
    lines = [
        f"{LABELS[name]:27} {result[name]:.6g}"
        for name in MEANINGS
        if name in result
    ]
    lines += [
        f"{FEATURES[name].title:27} {distance:.4g} {FEATURES[name].unit}"
        for name, distance in result["features"].items()
    ]
    return "\n".join([*lines, *verdict(result), *result.get("notes", [])])


def write_report(
    result: dict[str, object],
    pictures: Sequence[Picture],
    path: Path | str,
    players: Sequence[Player] = (),
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
    players : sequence of Player
        Sounds, shown first.

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
    text = page(result, verdict(result), pictures, players)
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


def _or_none(
    hear: Callable[["NoteSequence"], object], piece: "NoteSequence"
) -> object:
    """Return what is heard in a piece; None where it is too short."""
    try:
        return hear(piece)
    except CourseError:
        return None


def _most_frequent(values: Sequence[str | None]) -> str | None:
    """Return the most frequent value that is not None."""
    counts = Counter(value for value in values if value is not None)
    return counts.most_common(1)[0][0] if counts else None


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are not None."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
