"""Of several takes keep the one that is most like the primer.

A network forgets a key within some bars, for it learns from rows of 128
events. A composer writes more than is kept, and so does this: each take is
compared with the primer by key, by how much each pitch class sounds and by
rhythm, and of those that can be played as loud as the primer the nearest is
kept.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_utils.evaluation import musical
from course_utils.evaluation.kept import key_score
from course_utils.evaluation.meter_heard import self_likeness
from course_utils.recipes.loudness_match import match_loudness, rendered_db

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

PROFILE_WEIGHT = 0.5  # of a correlation of 1, against a key score of 1
RHYTHM_WEIGHT = 1.0  # likewise
ENOUGH_DB = 0.8  # a smaller difference of level is none


def most_like(
    primer: "NoteSequence", takes: Sequence["NoteSequence"], as_loud: bool
) -> "NoteSequence":
    """Return the take whose key, pitch classes and rhythm are nearest.

    Parameters
    ----------
    primer : NoteSequence
        What the takes go on from.
    takes : sequence of NoteSequence
        At least one.
    as_loud : bool
        Move the velocities of a take until it sounds as loud as the primer
        (see `recipes.loudness_match`), and pass over takes that cannot; if
        none can, the one that comes nearest is returned.
    """
    ranked = sorted(takes, key=_likeness_to(primer), reverse=True)
    if not as_loud:
        return ranked[0]
    target_db = rendered_db(primer)
    differences = []
    for take in ranked:
        differences.append(abs(match_loudness(take, primer, target_db)))
        if differences[-1] <= ENOUGH_DB:
            return take
    return ranked[int(np.argmin(differences))]


def _likeness_to(
    primer: "NoteSequence",
) -> Callable[["NoteSequence"], float]:
    """Return how to score a take: key, pitch classes and rhythm.

    Rhythm is how alike the bars are to themselves some sixteenths later.
    """
    key = musical.key(primer)
    profile = musical.pitch_class_profile(primer)
    rhythm = self_likeness(primer)

    def likeness(take: "NoteSequence") -> float:
        other = musical.key(take)
        score = key_score(key, other) if key and other else 0.0
        theirs = musical.pitch_class_profile(take)
        score += PROFILE_WEIGHT * _correlation(profile, theirs)
        return score + RHYTHM_WEIGHT * _correlation(
            rhythm, self_likeness(take)
        )

    return likeness


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Pearson's correlation, or 0 where one does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
