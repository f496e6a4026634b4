"""Metrics with known answers: which metric sees a change, and which lies.

A piece is changed in ways whose effect everybody knows (`known_changes`).
Every metric answers a question with yes or no: the same piece? key? tempo?
loudness? instrument? For each change the true answer is known, so a metric
is right or it is not.

Taught in: notebooks/65_known_answers.ipynb
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.runtime import numpy_rng
from course_utils.evaluation import musical
from course_utils.evaluation.copying import COPY, copied_share, shared_run
from course_utils.evaluation.feature_distances import feature_distances
from course_utils.evaluation.heard_in_sound import (
    key_in_sound,
    tempo_in_sound_bpm,
)
from course_utils.evaluation.instrument import (
    SAME_INSTRUMENT,
    timbre_distance,
)
from course_utils.evaluation.kept import heard_tempo_bpm
from course_utils.evaluation.tabular import ks_score
from course_utils.evaluation.verdict import (
    LOUDNESS_TOLERANCE_DB,
    TEMPO_TOLERANCE,
)
from course_utils.recipes.known_changes import (
    CHANGES,
    INSTRUMENT,
    KEY,
    LOUDNESS,
    PIECE,
    RATE,
    TEMPO,
    Example,
)


@dataclass(frozen=True)
class Metric:
    """A way to answer a question about two examples.

    Parameters
    ----------
    question : str
        One of `known_changes.QUESTIONS`.
    says : callable
        The piece and the changed one -> whether they are the same.
    needs_notes : bool
        Whether it reads the notes and not the sound.
    """

    question: str
    says: Callable[[Example, Example], bool]
    needs_notes: bool = False


def features_apart(one: Example, new: Example) -> float:
    """Return the mean of the ten distances, each over that of two halves.

    Parameters
    ----------
    one, new : Example
        The halves are those of the first.
    """
    apart = feature_distances(one.features, new.features)
    return float(np.mean([apart[name] / one.floor[name] for name in apart]))


def _by_ks(one: Example, new: Example) -> bool:
    floor = ks_score(*np.array_split(one.sound, 2))
    return ks_score(one.sound, new.sound) >= floor


def _by_features(one: Example, new: Example) -> bool:
    return features_apart(one, new) <= 1


def _by_samples(one: Example, new: Example) -> bool:
    return copied_share([one.sound], [new.sound], RATE) > COPY


def _by_runs(one: Example, new: Example) -> bool:
    return shared_run([one.notes], [new.notes])[1] > COPY


def _key_of_notes(one: Example, new: Example) -> bool:
    return musical.key(one.notes) == musical.key(new.notes)


def _key_of_sound(one: Example, new: Example) -> bool:
    return key_in_sound(one.sound, RATE) == key_in_sound(new.sound, RATE)


def _near(one: float, new: float) -> bool:
    return abs(new / one - 1) <= TEMPO_TOLERANCE


def _tempo_of_notes(one: Example, new: Example) -> bool:
    return _near(heard_tempo_bpm(one.notes), heard_tempo_bpm(new.notes))


def _tempo_of_sound(one: Example, new: Example) -> bool:
    sounds = one.sound, new.sound
    return _near(*(tempo_in_sound_bpm(sound, RATE) for sound in sounds))


def _by_level(one: Example, new: Example) -> bool:
    levels = [musical.loudness_db(x.sound) for x in (one, new)]
    return abs(levels[1] - levels[0]) <= LOUDNESS_TOLERANCE_DB


def _by_timbre(one: Example, new: Example) -> bool:
    distance = timbre_distance([one.sound], [new.sound], RATE)
    return distance <= SAME_INSTRUMENT


METRICS: MappingProxyType[str, Metric] = MappingProxyType(
    {
        "KS score": Metric(PIECE, _by_ks),
        "ten features": Metric(PIECE, _by_features),
        "copied samples": Metric(PIECE, _by_samples),
        "shared run": Metric(PIECE, _by_runs, needs_notes=True),
        "key, notes": Metric(KEY, _key_of_notes, needs_notes=True),
        "key, sound": Metric(KEY, _key_of_sound),
        "tempo, notes": Metric(TEMPO, _tempo_of_notes, needs_notes=True),
        "tempo, sound": Metric(TEMPO, _tempo_of_sound),
        "RMS level": Metric(LOUDNESS, _by_level),
        "timbre": Metric(INSTRUMENT, _by_timbre),
    }
)


def answers(examples: Sequence[Example], seed: int) -> list[dict[str, object]]:
    """Let every metric judge every change of every piece.

    Parameters
    ----------
    examples : sequence of Example
        At least two; the one after a piece is another piece.
    seed : int
        Of what is shuffled.

    Returns
    -------
    list of dict
        `piece` (its place), `change`, `metric`, `question`, `says` and
        `truth` (bool, or None: no certain answer). A metric of notes says
        nothing where there are none.
    """
    rows = []
    for i, one in enumerate(tqdm(examples, desc="pieces")):
        other = examples[(i + 1) % len(examples)]
        for name, change in CHANGES.items():
            new = change.make(one, other, numpy_rng(seed + i))
            for metric_name, metric in METRICS.items():
                if new.notes is None and metric.needs_notes:
                    continue
                rows.append(
                    {
                        "piece": i,
                        "change": name,
                        "metric": metric_name,
                        "question": metric.question,
                        "says": bool(metric.says(one, new)),
                        "truth": change.truth(metric.question),
                    }
                )
    return rows


def shares(rows: Sequence[dict[str, object]]) -> np.ndarray:
    """Return how often each metric says *same*, changes x metrics.

    Returns
    -------
    np.ndarray, shape (changes, metrics)
        Over the pieces; NaN where a metric said nothing.
    """
    table = np.full((len(CHANGES), len(METRICS)), np.nan)
    for i, change in enumerate(CHANGES):
        for k, metric in enumerate(METRICS):
            said = [
                row["says"]
                for row in rows
                if (row["change"], row["metric"]) == (change, metric)
            ]
            if said:
                table[i, k] = np.mean(said)
    return table


def truths() -> np.ndarray:
    """Return the true answers, shape (changes, metrics).

    Returns
    -------
    np.ndarray of float
        1 is yes, 0 is no, NaN no certain answer.
    """
    known = [
        [change.truth(metric.question) for metric in METRICS.values()]
        for change in CHANGES.values()
    ]
    return np.array(known, dtype=float)  # None becomes NaN


def add_noise(
    sound: np.ndarray, snr_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a sound with white noise so many dB below it, float32."""
    noise = rng.normal(size=sound.shape)
    power = np.mean(np.square(sound, dtype=np.float64))
    scale = np.sqrt(power * 10 ** (-snr_db / 10) / np.mean(noise**2))
    return (sound + scale * noise).astype(np.float32)
