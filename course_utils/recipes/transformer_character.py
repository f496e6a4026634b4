"""Is a primer's character kept by the Transformers? As for the LSTM.

    python -m course_utils.recipes.transformer_character OUT.json

The task, the primers, the judge and the metrics are those of
`lstm_character`: compose bars after whole held-out pieces and compare them
with their primers. The network is chosen as `course generate` chooses it.

Taught in: notebooks/52_transformer_composing.ipynb
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.basics.files import atomic_file
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.lstm_character import (
    N_BARS,
    Way,
    choose_primers,
    compare_ways,
    judge_of,
)
from course_utils.recipes.transformer_compose import (
    continue_piece,
    encoding_for,
)
from course_utils.sampling.harmony import Taste
from course_utils.symbolic.excerpt import bars_between

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TASTE = Taste(top_p=0.95)


@dataclass(frozen=True)
class TransformerWays:
    """How the Transformers compose after primers.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `transformer_compose.continue_piece`.
    """

    checkpoint: Path | str | None = None

    def all(self) -> dict[str, Way]:
        """Return name of a way -> how it composes."""

        def ours(primer: "NoteSequence", seed: int) -> "NoteSequence":
            return continue_piece(
                self.checkpoint, primer, N_BARS, taste=TASTE, seed=seed
            )

        def alone(primer: "NoteSequence", seed: int) -> "NoteSequence":
            return continue_piece(
                self.checkpoint,
                primer,
                N_BARS,
                taste=TASTE,
                seed=seed,
                n_takes=1,
                as_loud=False,
                key_pull=0.0,
            )

        def real(primer: "NoteSequence", _: int) -> "NoteSequence":
            return bars_between(primer, -N_BARS, N_BARS)

        return {
            "Transformer": ours,
            "the network alone": alone,
            "the piece's own last bars": real,
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the ways on one data set; add the rows to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file; other rows stay")
    parser.add_argument("--checkpoint")
    parser.add_argument("--data", default="chorales")
    parser.add_argument("--primers", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parsed = parser.parse_args(arguments)
    pieces = load_pieces(parsed.data, "cpu")
    primers = choose_primers(pieces, parsed.primers)
    ways = TransformerWays(parsed.checkpoint)
    read = encoding_for(parsed.checkpoint, primers[0].sequence)
    kind = {"data": parsed.data, "encoding": read}
    rows = [
        kind | row
        for row in compare_ways(ways, primers, judge_of(pieces), parsed.seed)
    ]
    out = Path(parsed.out)
    others = json.loads(out.read_text()) if out.is_file() else []
    rows = [r for r in others if not kind.items() <= r.items()] + rows
    with atomic_file(out) as part:
        part.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
