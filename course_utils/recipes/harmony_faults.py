"""Fifty melodies harmonised: faults, key and likelihood, against Bach.

    python -m course_utils.recipes.harmony_faults OUT.json [CHECKPOINT]

The task: keep the soprano of held-out chorales, compose the other voices.
Compared with Bach's own voices and with random harmony in the same rhythm
(`evaluation.voice_leading`). Metrics: is every melody note kept; faults per
100 chords; how near the key is to Bach's (`kept.key_score`); nats a note.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import numpy_rng
from course_utils.data.corpora import Piece
from course_utils.evaluation import musical
from course_utils.evaluation.kept import key_score
from course_utils.evaluation.voice_leading import (
    count_faults,
    random_harmony,
)
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.harmonise import (
    USUAL,
    harmonise_piece,
    under_melody,
)
from course_utils.sampling.harmony import Taste
from course_utils.symbolic.chorale import sequence_to_grid
from course_utils.symbolic.melody import melody_of

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_MELODIES = 50
WAYS = ("ours", "bach", "random")


def judge_harmonies(
    checkpoint: Path | str | None,
    pieces: Sequence[Piece],
    *,
    taste: Taste = USUAL,
    seed: int = 0,
) -> list[dict[str, object]]:
    """Harmonise the sopranos of pieces; count what went wrong.

    Returns
    -------
    list of dict
        One row a piece and way (`ours`, `bach`, `random`): `piece`, `way`,
        `melody_kept`, `key_kept` (1 is Bach's key), `nll` (of ours; else
        None) and the counts of `voice_leading.count_faults`.
    """
    rows = []
    rng = numpy_rng(seed)
    for piece in pieces:
        grid = sequence_to_grid(piece.sequence)
        best = harmonise_piece(
            checkpoint, piece.sequence, taste=taste, seed=seed
        )[0]
        grids = best.grid, grid, random_harmony(grid, rng)
        melody = melody_of(piece.sequence)
        for way, found in zip(WAYS, grids, strict=True):
            ours = way == "ours"
            sounding = best.sequence if ours else under_melody(melody, found)
            rows.append(
                {
                    "piece": piece.name,
                    "way": way,
                    "melody_kept": same_melody(melody, sounding),
                    "key_kept": _key_kept(piece.sequence, sounding),
                    "nll": best.nll if ours else None,
                    **count_faults(found),
                }
            )
    return rows


def same_melody(melody: "NoteSequence", piece: "NoteSequence") -> bool:
    """Return whether instrument 0 of a piece is a melody, note for note."""

    def spelt(notes: Iterable) -> list[tuple[int, float, float]]:
        return sorted(
            (n.pitch, round(n.start_time, 6), round(n.end_time, 6))
            for n in notes
        )

    sung = [note for note in piece.notes if note.instrument == 0]
    return spelt(melody.notes) == spelt(sung)


def _key_kept(piece: "NoteSequence", harmony: "NoteSequence") -> float:
    """Return how near the key of a harmony is to that of the piece."""
    first, second = musical.key(piece), musical.key(harmony)
    return key_score(first, second) if first and second else 0.0


def summary(rows: Sequence[dict]) -> dict[str, dict[str, float]]:
    """Return way -> shares and means over pieces, faults per 100 chords."""
    table = {}
    for way in WAYS:
        mine = [row for row in rows if row["way"] == way]
        chords = sum(row["n_chords"] for row in mine)
        faults = [
            name
            for name in mine[0]
            if isinstance(mine[0][name], int)
            and name not in ("n_chords", "melody_kept")
        ]
        table[way] = {
            "n_pieces": len(mine),
            "melody_kept": float(np.mean([r["melody_kept"] for r in mine])),
            "key_kept": float(np.mean([r["key_kept"] for r in mine])),
            **{
                name: 100 * sum(row[name] for row in mine) / chords
                for name in faults
            },
        }
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge held-out chorales; write the rows to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file")
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--data", default="jsb")
    parser.add_argument("--split", default="test")
    parser.add_argument("--melodies", type=int, default=N_MELODIES)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parsed = parser.parse_args(arguments)
    pieces = load_pieces(parsed.data, "cpu").of(parsed.split)
    taste = Taste(parsed.temperature, parsed.top_p)
    rows = judge_harmonies(
        parsed.checkpoint, pieces[: parsed.melodies], taste=taste
    )
    with atomic_file(Path(parsed.out)) as part:
        part.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
