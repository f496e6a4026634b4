"""How often do the judges of a piece hear its meter, tempo and key right?

    python -m course_utils.recipes.musical_judges OUT.json --judges FOLDER

The task: judge pieces whose answer somebody wrote down, none of which the
judges learnt from, and count. Meter: chorales and folk tunes against their
time signatures. Tempo: pop songs as played against annotated beats. Key:
chorales against their written key.

Conventions. The split is that of the data sets. Everything that can be chosen
(weights, penalties, which profiles) is chosen on training pieces, penalties
on validation pieces; the figures here come from the rest and were looked at
after that. Which piece is judged follows from the hash of its name. What a
known key is, see `judged_keys`.
Metrics: shares with Wilson's interval, mean scores with a bootstrap interval,
both 95 %.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.files import atomic_file
from course_utils.data.abc_tunes import tunes
from course_utils.data.corpora import Piece
from course_utils.data.splits import SPLITS
from course_utils.evaluation.kept import heard_tempo_bpm
from course_utils.evaluation.meter_heard import self_likeness
from course_utils.evaluation.meter_kinds import (
    KINDS,
    KindJudge,
    learn_kinds,
    save_kind_judge,
    written_kind,
)
from course_utils.evaluation.shares import share_right
from course_utils.evaluation.tempo_heard import (
    TempoJudge,
    fit_tempo_judge,
    save_tempo_judge,
)
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.judged_keys import by_hash, measure_key
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.meter import bar_lines_s

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_SONGS = 60  # to judge; of the scores, all that are held out
N_BARS = 8  # of the excerpts, as long as what is composed
PENALTIES = (1.0, 10.0, 100.0)
SAME_TEMPO = 0.04  # a share


def first_bars(sequence: "NoteSequence") -> "NoteSequence":
    """Return the first bars of a piece, or all where it is shorter."""
    if len(bar_lines_s(sequence)) <= N_BARS:
        return sequence
    return bars_between(sequence, 0, N_BARS)


def measure_meter(pieces: Iterable[Piece]) -> tuple[dict, KindJudge]:
    """Learn to hear the kind of a meter, and count on all test pieces.

    The judge learns from every training piece, whole and as its first eight
    bars.

    Returns
    -------
    dict
        `learnt_from`, `penalty`, `validation` (penalty -> share), `test`,
        `test_first_bars`, `kinds` (kind -> share), `confusion` (rows: as
        written, columns: as heard, in the order of `order`), `pieces`.
    KindJudge
    """
    kinds = {piece.name: written_kind(piece.sequence) for piece in pieces}
    known = [piece for piece in pieces if kinds[piece.name]]
    names = {s: [p.name for p in known if p.split == s] for s in SPLITS}
    whole, begun = {}, {}
    for piece in tqdm(known, desc="listening to bars"):
        whole[piece.name] = self_likeness(piece.sequence)
        begun[piece.name] = self_likeness(first_bars(piece.sequence))
    rows = [table[n] for table in (whole, begun) for n in names["train"]]
    labels = [kinds[n] for n in names["train"]] * 2

    def right(judge: KindJudge, table: dict, side: str) -> dict:
        heard = [kind_of(judge, table[n]) == kinds[n] for n in names[side]]
        return share_right(heard)

    judges = {p: learn_kinds(rows, labels, p) for p in PENALTIES}
    tried = {p: right(j, whole, "validation") for p, j in judges.items()}
    penalty = max(tried, key=lambda p: tried[p]["share"])
    judge = judges[penalty]
    return {
        "learnt_from": len(names["train"]),
        "penalty": penalty,
        "validation": {str(p): found for p, found in tried.items()},
        "test": right(judge, whole, "test"),
        "test_first_bars": right(judge, begun, "test"),
        **_table_of_kinds(judge, {n: whole[n] for n in names["test"]}, kinds),
    }, judge


def kind_of(judge: KindJudge, row: np.ndarray) -> str:
    """Return the kind that a judge hears in a row of `self_likeness`."""
    chances = judge.chances_of(row)
    return max(chances, key=chances.get)


def _table_of_kinds(
    judge: KindJudge, rows: dict, kinds: dict
) -> dict[str, object]:
    """Return what was taken for what."""
    heard = {name: kind_of(judge, row) for name, row in rows.items()}
    table = np.zeros((len(KINDS), len(KINDS)), int)
    for name, kind in heard.items():
        table[KINDS.index(kinds[name]), KINDS.index(kind)] += 1
    rights = {
        kind: share_right(
            [heard[n] == kind for n in heard if kinds[n] == kind]
        )
        for kind in KINDS
        if any(kinds[n] == kind for n in heard)
    }
    return {
        "kinds": rights,
        "order": list(KINDS),
        "confusion": table.tolist(),
        "pieces": {n: [kinds[n], kind] for n, kind in heard.items()},
    }


def meter_of_songs(
    songs: Iterable[Piece], judge: KindJudge
) -> dict[str, object]:
    """Return how a judge of meter does on music of another kind.

    Returns
    -------
    dict
        What `share_right` returns, of the songs outside the training split
        by hash, up to 60, whose beats put them in one kind of meter.
    """
    held_out = [song for song in by_hash(songs) if song.split != "train"]
    kinds = [(song, written_kind(song.sequence)) for song in held_out]
    chosen = [(song, kind) for song, kind in kinds if kind][:N_SONGS]
    return share_right(
        [judge.kind(song.sequence) == kind for song, kind in chosen]
    )


def annotated_tempo_bpm(sequence: "NoteSequence") -> float:
    """Return the median tempo of a song, by the time that each holds.

    The songs' tempo marks are their annotated beats (see `data.beats`).
    """
    marks = sorted(sequence.tempos, key=lambda mark: mark.time)
    starts = np.array([mark.time for mark in marks])
    ends = np.append(starts[1:], max(sequence.total_time, starts[-1]))
    qpm = np.array([mark.qpm for mark in marks])
    n_beats = (ends - starts) * qpm / 60
    order = np.argsort(qpm)
    middle = np.searchsorted(np.cumsum(n_beats[order]), n_beats.sum() / 2)
    return float(qpm[order][min(middle, len(qpm) - 1)])


def measure_tempo(songs: Sequence[Piece]) -> tuple[dict, TempoJudge]:
    """Learn to hear a tempo, and count on 60 test songs.

    Returns
    -------
    dict
        `learnt_from`, `tolerance`; `test` and `validation`, each with
        `judge` and, for comparison, `before` (`kept.heard_tempo_bpm`, one
        prior set by hand) and `octaves_allowed` (half and double right
        too); `songs`: name -> annotated and heard, beats per minute.
    TempoJudge
    """
    train = [song for song in songs if song.split == "train"]
    tempos = [annotated_tempo_bpm(song.sequence) for song in train]
    judge = fit_tempo_judge([song.sequence for song in train], tempos)
    found: dict[str, object] = {
        "learnt_from": len(train),
        "tolerance": SAME_TEMPO,
    }
    for side in ("validation", "test"):
        chosen = [s for s in by_hash(songs) if s.split == side][:N_SONGS]
        found[side], heard = _tempo_shares(chosen, judge)
    return {**found, "songs": heard}, judge


def _tempo_shares(
    songs: Sequence[Piece], judge: TempoJudge
) -> tuple[dict, dict]:
    """Return the shares on some songs, and what was heard."""
    written = [annotated_tempo_bpm(song.sequence) for song in songs]
    hears: dict[str, Callable] = {
        "judge": judge.tempo_bpm,
        "before": heard_tempo_bpm,
    }
    heard = {
        name: [hear(song.sequence) for song in tqdm(songs, desc=name)]
        for name, hear in hears.items()
    }
    shares = {
        name: share_right(
            [near(a, b) for a, b in zip(found, written, strict=True)]
        )
        for name, found in heard.items()
    }
    pairs = zip(heard["judge"], written, strict=True)
    shares["octaves_allowed"] = share_right(
        [any(near(a * k, b) for k in (0.5, 1, 2)) for a, b in pairs]
    )
    rows = zip(songs, written, heard["judge"], strict=True)
    return shares, {s.name: [round(w, 2), round(h, 2)] for s, w, h in rows}


def near(heard_bpm: float, written_bpm: float) -> bool:
    """Return whether two tempos are the same, within `SAME_TEMPO`."""
    return abs(heard_bpm / written_bpm - 1) <= SAME_TEMPO


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all three judges; write the figures, and the judges if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file to write")
    parser.add_argument("--judges", help="folder for what was learnt")
    parser.add_argument("--seed", type=int, default=0)
    parsed = parser.parse_args(arguments)
    chorales = load_pieces("chorales", "cpu")
    meter, kind_judge = measure_meter([*chorales, *tunes()])
    songs = load_pieces("pop909", "cpu")
    meter["pop_songs"] = meter_of_songs(songs, kind_judge)
    tempo, tempo_judge = measure_tempo(songs)
    key = measure_key(chorales, parsed.seed)
    figures = {"seed": parsed.seed, "meter": meter, "tempo": tempo, "key": key}
    with atomic_file(parsed.out) as part:
        text = json.dumps(figures, indent=1)
        part.write_text(text + "\n", encoding="utf-8")
    if parsed.judges:
        save_kind_judge(kind_judge, Path(parsed.judges) / "meter.json")
        save_tempo_judge(tempo_judge, Path(parsed.judges) / "tempo.json")
    for name, found in (("meter", meter), ("tempo", tempo), ("key", key)):
        print(name, found["test"])


if __name__ == "__main__":
    main()
