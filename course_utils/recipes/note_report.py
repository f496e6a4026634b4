"""The report on generated notes, with the real notes' own scores beside it.

Everything is measured on sound that is analysed again, never on the image a
generator made. "Real" is the held-out notes, scored in the same way against
the same training notes. There are fewer of them; Fréchet distance and NDB
depend on how many notes there are, so the generated ones are scored a second
time on sets as small as the held-out one (keys that end in `_at_n_real`).
The Fréchet distance is in units of the mean variance of the training notes'
features.

Axes: M notes, N samples, P pitches, K timbres, D features.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.runtime import numpy_rng
from course_utils.data.note_set import NoteSet
from course_utils.evaluation.bins import (
    compare_places,
)
from course_utils.evaluation.bootstrap import (
    bootstrap_interval,
    mean_interval,
)
from course_utils.evaluation.distribution import (
    entropies,
    frechet_distance,
    inception_score,
    right_notes,
)
from course_utils.evaluation.note_pitch import note_pitches, pitch_shares
from course_utils.evaluation.note_scores import (
    sound_defects,
)
from course_utils.models.classifier import NoteClassifier
from course_utils.recipes.note_hearing import (
    Heard,
    Reference,
    hear_set,
    make_reference,
)
from course_utils.recipes.note_judge import pitch_places

SCORES = {  # key -> name in the table
    "pitch_accuracy": "pitch accuracy, judge",
    "pitch_accuracy_pyin": "pitch accuracy, pyin",
    "timbre_accuracy": "timbre accuracy, judge",
    "ndb": "NDB",
    "fid": "FID, judge's features",
    "is": "inception score, pitch",
    "pitch_entropy": "pitch entropy, nats",
}
N_DRAWS = 200  # resamples where each needs a whole Fréchet distance
N_SMALL = 10  # subsets of the size of the held-out set


def score_notes(
    waveforms: Tensor,
    pitches: Tensor,
    timbres: Tensor,
    judge: NoteClassifier,
    train: NoteSet,
    held_out: NoteSet,
    n_pyin: int = 200,
    seed: int = 0,
) -> dict[str, object]:
    """Score generated notes, and real ones in the same way.

    Parameters
    ----------
    waveforms : Tensor, shape (M, N)
        Generated notes as they would be played.
    pitches, timbres : Tensor of int64, shape (M,)
        MIDI pitch and place of the timbre, as they were asked for.
    judge : NoteClassifier
        Trained on `train`.
    train, held_out : NoteSet
        Real notes.
    n_pyin : int
        So many notes of each set, drawn at random, are judged by pyin too;
        0 for none (the score is None then).
    seed : int
        Of k-means, of the draws and of all intervals.

    Returns
    -------
    dict
        Each key of `SCORES`, and with the prefix `real_`, and both with the
        suffix `_interval` ([low, high], 95 %); `n`, `n_real`, `n_train`,
        `n_pyin`, `n_real_pyin`, `n_bins`; `fid_at_n_real`, `ndb_at_n_real`;
        `real_halves_fid`; `js_divergence`; `nearest_db_median`,
        `nearest_db_lowest`; `defects`; the last four also with `real_`. All
        are plain numbers, fit for JSON.

    Raises
    ------
    CourseError
        If the sets do not fit each other or the judge.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    _check(judge, train, held_out)
    check_range("n_pyin", n_pyin, 0, 10**6, "notes")
    reference = make_reference(judge, train, seed)
    made = hear_set(judge, waveforms, reference)
    real = hear_set(judge, held_out.waveforms, reference)
    report = set_scores(made, judge, pitches, timbres, reference, seed)
    beside = set_scores(
        real, judge, held_out.pitches, held_out.timbres, reference, seed
    )
    rate = judge.config.sample_rate
    report |= pyin_scores(waveforms, pitches, rate, n_pyin, seed)
    beside |= pyin_scores(
        held_out.waveforms, held_out.pitches, rate, n_pyin, seed
    )
    report["defects"] = sound_defects(waveforms)
    beside["defects"] = sound_defects(held_out.waveforms)
    beside["halves_fid"] = _halves_fid(reference.features, seed)
    report |= _at_size(made, len(held_out), reference, seed)
    report |= {f"real_{key}": value for key, value in beside.items()}
    report["n_real"] = report.pop("real_n")
    report["n_real_pyin"] = report.pop("real_n_pyin")
    report["n_train"] = len(train)
    report["n_bins"] = len(reference.bins.counts)
    return report


def set_scores(
    heard: Heard,
    judge: NoteClassifier,
    pitches: Tensor,
    timbres: Tensor,
    reference: Reference,
    seed: int,
) -> dict[str, object]:
    """Score one set by the judge; keys as in `score_notes`, no prefix."""
    n = len(heard.pitch)
    asked = pitch_places(pitches, judge.config.pitches).numpy()
    values = {
        "pitch_accuracy": right_notes(heard.pitch, asked),
        "timbre_accuracy": right_notes(heard.timbre, timbres.numpy()),
        "pitch_entropy": entropies(heard.pitch),
    }
    report: dict[str, object] = {"n": n}
    for key, value in values.items():
        report[key] = float(value.mean())
        report[f"{key}_interval"] = list(mean_interval(value, seed))
    report |= _distribution_scores(heard, reference, seed)
    report["nearest_db_median"] = float(np.median(heard.nearest_db))
    report["nearest_db_lowest"] = float(heard.nearest_db.min())
    return report


def _distribution_scores(
    heard: Heard, reference: Reference, seed: int
) -> dict[str, object]:
    """Return the scores that only a whole set has: NDB, FID and IS."""
    n = len(heard.pitch)
    report: dict[str, object] = {}
    sets: dict[str, Callable[[np.ndarray], float]] = {
        "ndb": lambda i: compare_places(reference.bins, heard.places[i]).ndb,
        "fid": lambda i: frechet_distance(
            heard.features[i], reference.features
        ),
        "is": lambda i: inception_score(heard.pitch[i]),
    }
    for key, statistic in sets.items():
        report[key] = statistic(np.arange(n))
        interval = bootstrap_interval(
            statistic, n, seed, n_resamples=N_DRAWS, centre=True
        )
        report[f"{key}_interval"] = [max(0.0, edge) for edge in interval]
    filled = compare_places(reference.bins, heard.places)
    report["js_divergence"] = filled.js_divergence
    return report


def pyin_scores(
    waveforms: Tensor, pitches: Tensor, rate: int, n_pyin: int, seed: int
) -> dict[str, object]:
    """Score some notes by the second judge, who never learnt anything."""
    n = min(n_pyin, len(waveforms))
    key = "pitch_accuracy_pyin"
    if not n:
        return {key: None, f"{key}_interval": None, "n_pyin": 0}
    some = np.sort(numpy_rng(seed).permutation(len(waveforms))[:n])
    heard = note_pitches(waveforms[some].numpy(), rate)
    asked = pitches[some].numpy()
    right = np.array(
        [pitch_shares([h], [a])["exact"] for h, a in zip(heard, asked)]  # noqa: B905 - of one length
    )
    return {
        key: float(right.mean()),
        f"{key}_interval": list(mean_interval(right, seed)),
        "n_pyin": n,
    }


def as_text(report: dict[str, object]) -> str:
    """Return the report as a table for a page of 79 columns.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    counts = {"notes": str(report["n"])}, {"notes": str(report["n_real"])}
    for rows, side in zip(counts, ("", "real_"), strict=True):
        for key, name in SCORES.items():
            rows[name] = _cell(report, side + key)
        rows["nearest, median dB"] = (
            f"{report[f'{side}nearest_db_median']:.2f}"
        )
        rows["nearest, lowest dB"] = (
            f"{report[f'{side}nearest_db_lowest']:.2f}"
        )
        for fault, value in report[f"{side}defects"].items():
            rows[fault.replace("_", " ")] = f"{value:.3g}"
    lines = [f"{'':24}{'generated':>27}{'held-out real':>27}"]
    lines += [f"{k:24}{v:>27}{counts[1][k]:>27}" for k, v in counts[0].items()]
    lines.append(
        f"On sets of {report['n_at_n_real']} generated notes: "
        f"NDB {report['ndb_at_n_real']:.1f}, "
        f"FID {report['fid_at_n_real']:.3g}."
    )
    lines.append(
        "Half of the training notes against the other: "
        f"FID {report['real_halves_fid']:.3g}."
    )
    return "\n".join(lines)


def _cell(report: dict[str, object], key: str) -> str:
    """Return a score with its interval, or a dash."""
    if report[key] is None:
        return "-"
    value, low, high = (
        "<0.001" if 0 < number < 1e-3 else f"{number:.3g}"
        for number in (report[key], *report[f"{key}_interval"])
    )
    return f"{value} ({low} to {high})"


def _at_size(
    heard: Heard, size: int, reference: Reference, seed: int
) -> dict[str, float]:
    """Average NDB and FID over sets of the held-out set's size."""
    n = len(heard.places)
    size, rng = min(size, n), numpy_rng(seed)
    sets = [rng.permutation(n)[:size] for _ in range(N_SMALL)]
    ndb = [compare_places(reference.bins, heard.places[i]).ndb for i in sets]
    fid = [
        frechet_distance(heard.features[i], reference.features) for i in sets
    ]
    return {
        "n_at_n_real": size,
        "ndb_at_n_real": float(np.mean(ndb)),
        "fid_at_n_real": float(np.mean(fid)),
    }


def _halves_fid(features: np.ndarray, seed: int) -> float:
    """Return the distance of two random halves of the training notes."""
    order = numpy_rng(seed).permutation(len(features))
    half = len(order) // 2
    return frechet_distance(features[order[:half]], features[order[half:]])


def _check(judge: NoteClassifier, train: NoteSet, held_out: NoteSet) -> None:
    """Refuse a judge that learnt other timbres than those of the notes."""
    heard = judge.config.timbres
    if not heard == train.timbre_names == held_out.timbre_names:
        raise CourseError(
            f"notes of the judge's timbres {', '.join(heard)}",
            ", ".join(train.timbre_names),
            "train a judge on these notes (train_judge)",
        )
