"""Is a primer's character kept? Many primers, several ways, one table.

    python -m course_utils.recipes.lstm_character OUT.json METRICAL POLYPHONY

The task: compose bars after whole held-out pieces and compare them with
their primers. Ways: the metrical events, the 259 events with what they lose
carried over, the same as the 2022 study wrote it (no time signature,
velocity 100), and, for a yardstick, the piece's own last bars.
Metrics: see `kept`; all are shares or means over primers.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.files import atomic_file
from course_utils.data.corpora import Piece
from course_utils.data.splits import hash_share
from course_utils.evaluation import musical
from course_utils.evaluation.kept import (
    heard_tempo_bpm,
    key_score,
    repetition,
)
from course_utils.evaluation.meter_heard import (
    MeterJudge,
    fit_meter_judge,
    written_triple,
)
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.loudness_match import rendered_db
from course_utils.recipes.lstm_compose import generate
from course_utils.symbolic.blank import DEFAULT_VELOCITY
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.meter import bar_lines_s

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_BARS = 8
EXCERPTS = (0, 4)  # first bars of the excerpts that a judge learns from
SAME_TEMPO = 0.04  # share by which a heard tempo may differ
SAME_LEVEL_DB = 1.0

Way = Callable[["NoteSequence", int], "NoteSequence"]  # primer, seed -> bars


@dataclass(frozen=True)
class Ways:
    """The checkpoints that compose `n_bars` after each primer of a set."""

    metrical: Path | str
    polyphony: Path | str
    n_bars: int = N_BARS

    def all(self) -> dict[str, Way]:
        """Return name of a way -> how it composes."""
        alone = {"n_takes": 1, "as_loud": False, "key_pull": 0.0}

        def ours(primer: "NoteSequence", seed: int) -> "NoteSequence":
            return generate(self.metrical, primer, self.n_bars, seed=seed)

        def one_take(primer: "NoteSequence", seed: int) -> "NoteSequence":
            return generate(
                self.metrical, primer, self.n_bars, seed=seed, **alone
            )

        def carried(primer: "NoteSequence", seed: int) -> "NoteSequence":
            return generate(self.polyphony, primer, self.n_bars, seed=seed)

        def then(primer: "NoteSequence", seed: int) -> "NoteSequence":
            new = generate(
                self.polyphony, primer, self.n_bars, seed=seed, **alone
            )
            return as_in_2022(new)

        def real(primer: "NoteSequence", _: int) -> "NoteSequence":
            return bars_between(primer, -self.n_bars, self.n_bars)

        return {
            "metrical events": ours,
            "metrical, the network alone": one_take,
            "259 events, the rest carried over": carried,
            "259 events, as in 2022": then,
            "the piece's own last bars": real,
        }


def as_in_2022(new: "NoteSequence") -> "NoteSequence":
    """Return new bars as the 2022 study's program wrote them.

    No time signature, velocity 100 for every note, one tempo.
    """
    written = type(new)()
    written.CopyFrom(new)
    del written.time_signatures[:]
    del written.tempos[1:]
    for note in written.notes:
        note.velocity = DEFAULT_VELOCITY
    return written


def choose_primers(pieces: Iterable[Piece], n_pieces: int) -> list[Piece]:
    """Choose held-out pieces, as many in three as in four while they last.

    Pieces are taken in the order of their names' hashes; those whose meter
    changes come last.
    """
    held_out = [piece for piece in pieces if piece.split != "train"]
    held_out.sort(key=lambda piece: hash_share(piece.name))
    kinds: dict[bool | None, list[Piece]] = {True: [], False: [], None: []}
    for piece in held_out:
        kinds[written_triple(piece.sequence)].append(piece)
    pairs = zip_longest(kinds[True], kinds[False])
    turns = [piece for pair in pairs for piece in pair if piece is not None]
    return (turns + kinds[None])[:n_pieces]


def judge_of(pieces: Iterable[Piece]) -> MeterJudge:
    """Return a judge of meter that learnt from the training pieces.

    It hears each piece whole and two excerpts of the length that is judged.
    """
    heard = []
    for piece in pieces:
        if piece.split != "train":
            continue
        heard.append(piece.sequence)
        n_bars = len(bar_lines_s(piece.sequence))
        heard += [
            bars_between(piece.sequence, first, N_BARS)
            for first in EXCERPTS
            if first + N_BARS <= n_bars
        ]
    return fit_meter_judge([s for s in heard if s.notes])


@dataclass(frozen=True)
class Heard:
    """What a piece sounds like, so that it is rendered only once."""

    level_db: float  # RMS of the rendered sound
    tempo_bpm: float  # that the onsets suggest
    key: str | None


def hear(sequence: "NoteSequence") -> Heard:
    """Return what a piece sounds like, whatever its file says."""
    return Heard(
        rendered_db(sequence),
        heard_tempo_bpm(sequence),
        musical.key(sequence),
    )


def kept(
    primer: "NoteSequence",
    heard: Heard,
    new: "NoteSequence",
    judge: MeterJudge,
) -> dict[str, float]:
    """Compare new bars with their primer, and what was heard of it.

    Returns
    -------
    dict
        1 or 0: `meter_written`, `tempo_written` (the whole map, up to the
        end of the new bars), `meter_heard` (as the primer's is written),
        `tempo_heard`, `loudness` (within 1 dB); and `key` (MIREX score),
        `loudness_db` (new minus primer), `distinct_bars`, `longest_loop`.
    """
    now = hear(new)
    difference = now.level_db - heard.level_db
    is_triple = judge.is_triple(new)
    tempo_ratio = now.tempo_bpm / heard.tempo_bpm
    known = heard.key and now.key
    return {
        "meter_written": float(_same_marks(primer, new, "time_signatures")),
        "tempo_written": float(_same_marks(primer, new, "tempos")),
        "meter_heard": float(is_triple == written_triple(primer)),
        "tempo_heard": float(abs(tempo_ratio - 1) <= SAME_TEMPO),
        "key": key_score(heard.key, now.key) if known else 0.0,
        "loudness": float(abs(difference) <= SAME_LEVEL_DB),
        "loudness_db": difference,
        **repetition(new),
    }


def _same_marks(
    primer: "NoteSequence", new: "NoteSequence", name: str
) -> bool:
    """Return whether all tempos or time signatures of new bars are there."""
    end_s = new.total_time - 1e-6
    theirs = [mark for mark in getattr(primer, name) if mark.time < end_s]
    return theirs == list(getattr(new, name))


class Composers(Protocol):
    """Several ways to compose after a primer."""

    def all(self) -> dict[str, Way]:
        """Return name of a way -> how it composes."""


def compare_ways(
    ways: Composers, primers: Sequence[Piece], judge: MeterJudge, seed: int = 0
) -> list[dict[str, object]]:
    """Compose after each primer in each way; return one row a piece and way.

    Returns
    -------
    list of dict
        `way`, `piece`, and what `kept` returns.
    """
    rows = []
    for piece in tqdm(primers, desc="primers"):
        heard = hear(piece.sequence)
        for name, way in ways.all().items():
            new = way(piece.sequence, seed)
            figures = kept(piece.sequence, heard, new, judge)
            rows.append({"way": name, "piece": piece.name, **figures})
    return rows


def judge_scores(pieces: Iterable[Piece], judge: MeterJudge) -> dict:
    """Return how often a judge hears held-out pieces right.

    Returns
    -------
    dict
        `in three` and `in four`, each with `n` and `right` (share; None
        where there is none), whole and as excerpts of `N_BARS`.
    """
    right: dict[str, list[bool]] = {"in three": [], "in four": []}
    for piece in pieces:
        triple = written_triple(piece.sequence)
        if piece.split == "train" or triple is None:
            continue
        last = bars_between(piece.sequence, -N_BARS, N_BARS)
        name = "in three" if triple else "in four"
        for sequence in (piece.sequence, last):
            right[name].append(judge.is_triple(sequence) == triple)
    return {
        name: {"n": len(found), "right": float(np.mean(found))}
        if found
        else {"n": 0, "right": None}
        for name, found in right.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the ways on one data set; add the rows to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file; rows of other data stay")
    parser.add_argument("metrical", help="checkpoint")
    parser.add_argument("polyphony", help="checkpoint")
    parser.add_argument("--data", default="chorales")
    parser.add_argument("--primers", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parsed = parser.parse_args(arguments)
    pieces = load_pieces(parsed.data, "cpu")
    judge = judge_of(pieces)
    print(parsed.data, "judge:", judge_scores(pieces, judge))
    ways = Ways(parsed.metrical, parsed.polyphony)
    primers = choose_primers(pieces, parsed.primers)
    rows = [
        {"data": parsed.data, **row}
        for row in compare_ways(ways, primers, judge, parsed.seed)
    ]
    out = Path(parsed.out)
    others = json.loads(out.read_text()) if out.is_file() else []
    rows = [r for r in others if r["data"] != parsed.data] + rows
    with atomic_file(out) as part:
        part.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
