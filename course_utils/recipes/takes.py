"""Of several takes keep the one that is most like the primer.

A network forgets a key within some bars, for it learns from rows of 128
events. A composer writes more than is kept, and so does this: each take is
compared with the primer by key, by how much each pitch class sounds, and by
loudness.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from course_utils.evaluation import musical
from course_utils.evaluation.kept import key_score
from course_utils.recipes.loudness_match import rendered_db

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

PROFILE_WEIGHT = 0.5  # of a correlation of 1, against a key score of 1
ENOUGH_DB = 0.8  # a smaller difference of level costs nothing
LEVEL_WEIGHT = 2.0  # of each dB more


def most_like(
    primer: "NoteSequence", takes: Sequence["NoteSequence"]
) -> "NoteSequence":
    """Return the take whose key, pitch classes and loudness are nearest.

    Parameters
    ----------
    primer : NoteSequence
        What the takes go on from.
    takes : sequence of NoteSequence
        At least one; a single one is returned as it is.
    """
    if len(takes) == 1:
        return takes[0]
    key = musical.key(primer)
    profile = musical.pitch_class_profile(primer)
    level_db = rendered_db(primer)

    def likeness(take: "NoteSequence") -> float:
        theirs = musical.pitch_class_profile(take)
        other = musical.key(take)
        score = key_score(key, other) if key and other else 0.0
        if np.ptp(profile) > 0 and np.ptp(theirs) > 0:
            score += PROFILE_WEIGHT * np.corrcoef(profile, theirs)[0, 1]
        apart = abs(rendered_db(take) - level_db)
        return score - LEVEL_WEIGHT * max(apart - ENOUGH_DB, 0.0)

    return max(takes, key=likeness)
