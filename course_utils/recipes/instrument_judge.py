"""How often does the timbre distance tell instruments apart rightly?

    python -m course_utils.recipes.instrument_judge OUT.json

The task: the first bars of chorales and pop songs, each played by eleven
instruments; every pair of two pieces is judged, whether it is one instrument.
The threshold was chosen on chorales of the validation part; these are of the
test part. Pairs of one kind of music and of two kinds are counted apart: the
register and the texture of a piece move its spectrum too.
Metric: share judged right, of pairs of one instrument and of pairs of two.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.files import atomic_file
from course_utils.data.corpora import Piece
from course_utils.evaluation.feature_distances import feature_distance
from course_utils.evaluation.instrument import (
    HEARD_RATE,
    SAME_INSTRUMENT,
    timbre,
)
from course_utils.evaluation.shares import share_right
from course_utils.recipes.data_sets import load_pieces
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.synth import sequence_to_waveform

N_BARS = 6
# Piano, harpsichord, organ, guitar, violin, strings, trumpet, alto sax, oboe,
# clarinet, flute.
PROGRAMS = (0, 6, 19, 24, 40, 48, 56, 65, 68, 71, 73)


class Played(NamedTuple):
    """What of a piece tells its instrument, and what it was."""

    data: str
    piece: str
    program: int
    timbre: np.ndarray


def play_all(
    pieces: Iterable[Piece], data: str, programs: Sequence[int] = PROGRAMS
) -> list[Played]:
    """Play the first bars of each piece by each instrument."""
    found = []
    for piece in tqdm(list(pieces), desc=data):
        music = bars_between(piece.sequence, 0, N_BARS)
        for program in programs:
            for note in music.notes:
                note.program = program
            sound = sequence_to_waveform(music, HEARD_RATE)
            heard = timbre(sound, HEARD_RATE)
            found.append(Played(data, piece.name, program, heard))
    return found


def judge_pairs(played: Sequence[Played]) -> dict[str, dict]:
    """Judge all pairs of two pieces.

    Returns
    -------
    dict
        `one kind` and `two kinds` (of music) -> `same instrument` and
        `another instrument` -> what `shares.share_right` returns; left out
        where there is no such pair.
    """
    right: dict[tuple[str, str], list[bool]] = {}
    for a, b in combinations(played, 2):
        if (a.data, a.piece) == (b.data, b.piece):
            continue
        same = a.program == b.program
        says = feature_distance(a.timbre, b.timbre) <= SAME_INSTRUMENT
        kind = "one kind" if a.data == b.data else "two kinds"
        asked = "same instrument" if same else "another instrument"
        right.setdefault((kind, asked), []).append(says == same)
    table: dict[str, dict] = {}
    for (kind, asked), found in right.items():
        table.setdefault(kind, {})[asked] = share_right(found)
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, judge, and write the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file to write")
    parser.add_argument("--pieces", type=int, default=6)
    parser.add_argument("--data", nargs="+", default=["chorales", "pop909"])
    parsed = parser.parse_args(arguments)
    played = []
    for data in parsed.data:
        held_out = load_pieces(data, "cpu").of("test")[: parsed.pieces]
        played += play_all(held_out, data)
    figures = {"threshold": SAME_INSTRUMENT, **judge_pairs(played)}
    with atomic_file(parsed.out) as part:
        text = json.dumps(figures, indent=1)
        part.write_text(text + "\n", encoding="utf-8")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
