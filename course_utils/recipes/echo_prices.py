"""Does a Transformer copy what returns? Prices by how long a match is.

    python -m course_utils.recipes.echo_prices OUT.json TEXT=RUN...

The task: each note on a beat of the validation chorales, by the length of
the longest earlier match of all four voices. Metrics: how often what
followed there follows again, and the mean price, nats a note. RUN is the
folder of a training or of a shipped checkpoint; TEXT is how it is called.

Taught in: notebooks/51_transformer_training.ipynb
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils.basics.files import atomic_file
from course_utils.models.chorale_echo import N_LENGTHS, echoes_of
from course_utils.models.chorale_parts import heard_classes
from course_utils.models.chorale_past import N_VOICES, past_of
from course_utils.recipes.chorale_task import note_prices
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.music_transformer import encode_splits, load_model
from course_utils.recipes.transformer_tasks import task_of
from course_utils.symbolic.meter import STEPS_PER_QUARTER

LENGTHS = ("none", "1", "2-3", "4-7", "8-15", "16-31", "32 or more")


def echo_right(piece: Tensor, start: int) -> tuple[Tensor, Tensor]:
    """Return whether each note is as its echo, and how long that matched.

    Parameters
    ----------
    piece : Tensor of int64, shape (T, 4)
        Classes of a whole chorale.
    start : int
        Class that stands for nothing.

    Returns
    -------
    right : Tensor of bool, shape (T, 4)
    length : Tensor of int64, shape (T, 4)
        In the classes of `LENGTHS`; see `chorale_echo.echoes_of`.
    """
    classes = piece[None]
    past = past_of(classes, torch.zeros(1, dtype=torch.int64), start)
    heard = heard_classes(classes, torch.arange(N_VOICES), start)
    echoes = echoes_of(past, heard, start)
    return (echoes.whole == classes)[0], echoes.lengths[0, ..., 0]


@torch.no_grad()
def echo_prices(
    model: nn.Module, pieces: Sequence[Tensor]
) -> list[dict[str, object]]:
    """Return one row a length of match: `length`, `n_notes`, `right`, `nll`.

    Parameters
    ----------
    model : ChoraleTransformer
        In evaluation mode.
    pieces : sequence of Tensor, each (T, 4)
        Whole chorales, as classes.
    """
    sums = torch.zeros(N_LENGTHS, 3, dtype=torch.float64)
    for piece in pieces:
        prices = note_prices(model, [(piece, 0)])[0][0].double().cpu()
        right, length = echo_right(piece, model.config.start)
        told = torch.stack([torch.ones_like(prices), right, prices], dim=-1)
        beats = slice(None, None, STEPS_PER_QUARTER)
        sums.index_add_(0, length[beats].flatten(), told[beats].flatten(0, 1))
    return [
        {"length": name, "n_notes": int(n), "right": r / n, "nll": nats / n}
        for name, (n, r, nats) in zip(LENGTHS, sums.tolist(), strict=True)
        if n
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Price the validation chorales by some trainings; write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file; rows of other names stay")
    parser.add_argument("runs", nargs="+", help="TEXT=RUN of each network")
    parser.add_argument("--data", default="jsb")
    parsed = parser.parse_args(arguments)
    corpus = load_pieces(parsed.data, "cpu")
    splits, _ = encode_splits(corpus, task_of("chorale"), ("validation",))
    out = Path(parsed.out)
    found = json.loads(out.read_text()) if out.is_file() else {}
    for named in parsed.runs:
        name, _, run = named.rpartition("=")
        model, _ = load_model(run, "chorale")
        found[name] = echo_prices(model, splits["validation"])
    with atomic_file(out) as part:
        part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
