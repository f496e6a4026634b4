"""The three generators side by side, on the same held-out chorales.

The task of notes: go on from the first bars of a chorale that no training
has met. The real next bars are one way to go on, those of another chorale a
second; between these two ends stand the LSTM, the LSTM as the 2022 study
wrote it, and the Transformer. The task of sound: play the real bars. The
SoundFont's piano is the real sound, its trumpet the other end, GANSynth
stands between. Every measure is taken of every piece, so that a mean has an
interval over pieces.

Taught in: notebooks/63_case_study.ipynb
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Piece
from course_utils.evaluation import musical
from course_utils.evaluation.bootstrap import mean_interval
from course_utils.evaluation.copying import shared_run
from course_utils.evaluation.feature_distances import (
    extract,
    feature_distances,
)
from course_utils.evaluation.heard_in_sound import key_in_sound
from course_utils.evaluation.instrument import timbre_distance
from course_utils.evaluation.kept import key_score
from course_utils.evaluation.meter_heard import MeterJudge
from course_utils.evaluation.spectral_features import FeatureConfig
from course_utils.recipes.gansynth_midi import play_sequence
from course_utils.recipes.gansynth_player import GanPlayer
from course_utils.recipes.lstm_character import (
    as_in_2022,
    choose_primers,
    hear,
    kept,
)
from course_utils.recipes.lstm_compose import generate
from course_utils.recipes.transformer_compose import continue_piece
from course_utils.sampling.harmony import Taste
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.meter import bar_lines_s
from course_utils.symbolic.synth import sequence_to_waveform

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

RATE = 16_000  # Hz; the GAN's
TASTE = Taste(top_p=0.95)
ALONE = {"n_takes": 1, "as_loud": False, "key_pull": 0.0}
PIANO, TRUMPET = 0, 56  # programs
REAL, OTHER = "real", "another chorale"


class Pair(NamedTuple):
    """Bars to go on from, and those that really come next."""

    name: str
    primer: "NoteSequence"
    real: "NoteSequence"


Way = Callable[[Pair, int], "NoteSequence"]  # and a seed -> new bars


def held_out_pairs(
    pieces: Sequence[Piece], n_pieces: int, n_bars: int
) -> list[Pair]:
    """Cut pieces that no training has met in two.

    Parameters
    ----------
    pieces : sequence of Piece
        As many in three as in four are taken, while they last.
    n_pieces : int
        How many pairs, at least 2.
    n_bars : int
        Length of the primer, and of the real bars after it.

    Raises
    ------
    CourseError
        If there are fewer pieces that are long enough.
    """
    long = [
        piece
        for piece in choose_primers(pieces, len(pieces))
        if len(bar_lines_s(piece.sequence)) >= 2 * n_bars
    ]
    if len(long) < max(n_pieces, 2):
        raise CourseError(
            f"{max(n_pieces, 2)} held-out pieces of {2 * n_bars} bars",
            str(len(long)),
            "ask for fewer pieces or bars",
        )
    return [
        Pair(
            piece.name,
            bars_between(piece.sequence, 0, n_bars),
            bars_between(piece.sequence, n_bars, n_bars),
        )
        for piece in long[:n_pieces]
    ]


def ways_of_notes(
    checkpoints: Mapping[str, Path | str], pairs: Sequence[Pair], n_takes: int
) -> dict[str, Way]:
    """Return name of a way -> how it goes on from a primer.

    Parameters
    ----------
    checkpoints : mapping
        `lstm`, `lstm_2022` (259 events) and `transformer`.
    pairs : sequence of Pair
        Of these, the one after a piece lends its bars as another chorale.
    n_takes : int
        Of which both generators keep the one most like the primer.
    """
    n_bars = len(bar_lines_s(pairs[0].real))
    following = {
        pair.name: after.real
        for pair, after in zip(pairs, [*pairs[1:], pairs[0]], strict=True)
    }

    def lstm(pair: Pair, seed: int) -> "NoteSequence":
        words = {"seed": seed, "n_takes": n_takes}
        return generate(checkpoints["lstm"], pair.primer, n_bars, **words)

    def lstm_2022(pair: Pair, seed: int) -> "NoteSequence":
        words = {"seed": seed, **ALONE}
        return as_in_2022(
            generate(checkpoints["lstm_2022"], pair.primer, n_bars, **words)
        )

    def transformer(pair: Pair, seed: int) -> "NoteSequence":
        words = {"taste": TASTE, "seed": seed, "n_takes": n_takes}
        checkpoint = checkpoints["transformer"]
        return continue_piece(checkpoint, pair.primer, n_bars, **words)

    return {
        REAL: lambda pair, _: pair.real,
        "Transformer": transformer,
        "LSTM": lstm,
        "LSTM as in 2022": lstm_2022,
        OTHER: lambda pair, _: following[pair.name],
    }


def compose_all(
    ways: Mapping[str, Way], pairs: Sequence[Pair], seed: int
) -> list[dict[str, object]]:
    """Compose after each primer in each way.

    Returns
    -------
    list of dict
        `way`, `pair` (Pair), `new` (NoteSequence) and `seconds_per_bar`.
    """
    rows = []
    for pair in tqdm(pairs, desc="primers"):
        for name, way in ways.items():
            start = time.perf_counter()
            new = way(pair, seed)
            seconds = time.perf_counter() - start
            cost = seconds / len(bar_lines_s(pair.real))
            found = {"way": name, "pair": pair, "new": new}
            rows.append(found | {"seconds_per_bar": cost})
    return rows


def judge_notes(
    composed: Sequence[Mapping[str, object]], judge: MeterJudge
) -> list[dict[str, object]]:
    """Measure what was composed, as notes.

    Returns
    -------
    list of dict
        `way`, `piece`, `seconds_per_bar`, what `lstm_character.kept` says
        of the new bars and their primer, and beside the real bars:
        `pitch_classes` (share of the sounding time that both have, 0 to 1),
        `density` (notes, new over real) and `shared_run` (share of the new
        bars that stand in the primer in one piece).
    """
    rows = []
    for row in tqdm(composed, desc="judging"):
        pair, new = row["pair"], row["new"]
        found = {"way": row["way"], "piece": pair.name}
        found["seconds_per_bar"] = row["seconds_per_bar"]
        found |= kept(pair.primer, hear(pair.primer), new, judge)
        found["pitch_classes"] = _overlap(pair.real, new)
        found["density"] = len(new.notes) / len(pair.real.notes)
        found["shared_run"] = shared_run([pair.primer], [new])[1]
        rows.append(found)
    return rows


def _overlap(one: "NoteSequence", other: "NoteSequence") -> float:
    """Return how much of two pitch-class profiles is shared, 0 to 1."""
    profiles = [musical.pitch_class_profile(piece) for piece in (one, other)]
    shares = [profile / max(profile.sum(), 1e-9) for profile in profiles]
    return float(np.minimum(*shares).sum())


def judge_sound(
    pairs: Sequence[Pair], player: GanPlayer, timbre: str, seed: int
) -> list[dict[str, object]]:
    """Play the real bars in several ways, and measure the sound.

    Parameters
    ----------
    pairs : sequence of Pair
        Their real bars are played.
    player : GanPlayer
        From `gansynth_player.load_player`.
    timbre : str
        In which the GAN plays.
    seed : int
        Of the GAN's walk.

    Returns
    -------
    list of dict
        `way`, `piece`, `features` (mean over the ten of the distance to the
        real sound, over that between two halves of the real sound),
        `timbre_distance`, `key` (MIREX score of the key heard) and
        `loudness_db`, each against the SoundFont's piano.
    """
    rows = []
    for pair in tqdm(pairs, desc="playing"):
        real = _played(pair.real, PIANO)
        ways = {
            "SoundFont, piano, softer": _played(pair.real, PIANO, 4),
            "GANSynth": play_sequence(
                player, pair.real, timbre, seed
            ).waveform,
            "SoundFont, trumpet": _played(pair.real, TRUMPET),
        }
        for name, sound in ways.items():
            found = {"way": name, "piece": pair.name}
            rows.append(found | _sound_figures(real, sound))
    return rows


def _played(
    sequence: "NoteSequence", program: int, softer: int = 0
) -> np.ndarray:
    """Return a piece as the SoundFont plays it, (N,)."""
    piece = type(sequence)()
    piece.CopyFrom(sequence)
    for note in piece.notes:
        note.program = program
        note.velocity = max(note.velocity - softer, 1)
    return sequence_to_waveform(piece, RATE)


def _sound_figures(real: np.ndarray, sound: np.ndarray) -> dict[str, float]:
    """Return how a sound differs from the real one."""
    config = FeatureConfig(RATE)
    middle = len(real) // 2
    floor = feature_distances(
        *(extract(part, config) for part in (real[:middle], real[middle:]))
    )
    apart = feature_distances(extract(real, config), extract(sound, config))
    keys = [key_in_sound(clip, RATE) for clip in (real, sound)]
    levels = [musical.loudness_db(clip) for clip in (real, sound)]
    return {
        "features": float(np.mean([apart[n] / floor[n] for n in floor])),
        "timbre_distance": timbre_distance([real], [sound], RATE),
        "key": key_score(*keys) if all(keys) else 0.0,
        "loudness_db": levels[1] - levels[0],
    }


def summary(
    rows: Sequence[Mapping[str, object]], seed: int
) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return way -> measure -> mean, and its 95 % interval over pieces."""
    ways = dict.fromkeys(row["way"] for row in rows)
    measures = [name for name in rows[0] if name not in ("way", "piece")]
    table: dict[str, dict] = {way: {} for way in ways}
    for way in ways:
        for measure in measures:
            values = [r[measure] for r in rows if r["way"] == way]
            low, high = mean_interval(values, seed)
            table[way][measure] = (float(np.mean(values)), low, high)
    return table
