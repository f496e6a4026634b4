"""From a finished training of a Transformer to the folder that is shipped.

    python -m course_utils.recipes.transformer_shipping ship RUN OUT
    python -m course_utils.recipes.transformer_shipping table OUT.json RUN...

RUN is the folder of a training (`course train music_transformer`). OUT gets
`model.safetensors` with weights of 16 bits, held-out figures of just these
weights (`scores.json`), a thinned `history.csv` and the model card
`README.md`. The table holds one row a training; there RUN is TEXT=FOLDER, and
TEXT says what was changed.

Taught in: notebooks/51_transformer_training.ipynb
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from course_utils.basics.checks import check_folder
from course_utils.basics.files import atomic_file
from course_utils.data.corpora import Corpus
from course_utils.data.crops import crops_of
from course_utils.data.splits import SPLITS
from course_utils.evaluation.chorale_baselines import ChoraleCounts
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.music_transformer import (
    encode_splits,
    load_model,
    model_about,
    recipe_of,
)
from course_utils.recipes.runs import MODEL_FILE, TRAINING_FILE
from course_utils.recipes.shipped_history import ship_history
from course_utils.recipes.transformer_card import model_card
from course_utils.recipes.transformer_tasks import task_of
from course_utils.training.checkpoint import load_state, save_state

TOLD = ("preset", "data", "encoding", "seed", "n_steps", "sizes", "settings")


def score(run: Path, weights: Path) -> dict[str, object]:
    """Return what a model card says of a training.

    Parameters
    ----------
    run : Path
        Folder of the training; its data set must be there.
    weights : Path
        The model file that is shipped.
    """
    about = model_about(weights)
    training = load_state(run / TRAINING_FILE)
    task = task_of(about["encoding"])
    model, _ = load_model(weights, task.name)
    corpus = load_pieces(about["data"], about["data_preset"])
    pieces, skipped = encode_splits(corpus, task)
    held_out = {
        split: task.figures(model, pieces[split])
        for split in ("validation", "test")
        if pieces[split]
    }
    if task.name == "chorale":
        held_out["baselines"] = baselines(corpus)
    return held_out | {
        **{name: about[name] for name in TOLD},
        "config": about["config"],
        "n_parameters": sum(w.numel() for w in model.parameters()),
        "best_step": about["step"],
        "steps": training["step"],
        "seconds": training["seconds"],
        "epochs": epochs(about, training["step"], pieces["train"]),
        "n_train_events": sum(piece.numel() for piece in pieces["train"]),
        "n_pieces": {split: len(corpus.of(split)) for split in SPLITS},
        "skipped": len(skipped),
    }


def epochs(about: dict, n_steps: int, pieces: Sequence[Tensor]) -> float:
    """Return how often a training has met its pieces."""
    recipe = recipe_of(about)
    return n_steps * recipe.batch_size / len(crops_of(pieces, recipe.length))


def baselines(corpus: Corpus) -> dict[str, dict[str, float]]:
    """Return split -> model -> nats a note, by counting."""
    pieces, _ = encode_splits(corpus, task_of("chorale"))
    grids = {name: [p.numpy() for p in some] for name, some in pieces.items()}
    counts = ChoraleCounts(grids["train"])
    return {s: counts.nll(grids[s]) for s in ("validation", "test")}


def ship(run: Path | str, out: Path | str) -> Path:
    """Write everything that is shipped of one training; return `out`."""
    run, out = check_folder(run, "a training"), Path(out)
    state = load_state(run / MODEL_FILE)
    state["weights"] = {k: w.half() for k, w in state["weights"].items()}
    save_state(out / MODEL_FILE, state)
    scores = score(run, out / MODEL_FILE)
    curve = ship_history(run / "history.csv", out / "history.csv")
    with atomic_file(out / "scores.json") as part:
        text = json.dumps(scores, indent=1, sort_keys=True)
        part.write_text(text + "\n", encoding="utf-8")
    with atomic_file(out / "README.md") as part:
        card = model_card(scores, curve, out.name)
        part.write_text(card, encoding="utf-8")
    return out


def trial_row(named: str) -> dict[str, object]:
    """Return what one training changed, and its best held-out nats.

    Parameters
    ----------
    named : str
        TEXT=RUN: what was changed, and the folder of the training, of a
        Transformer or of an LSTM beside it.
    """
    text, _, folder = named.rpartition("=")
    run = check_folder(folder, "a training")
    about = load_state(run / MODEL_FILE)
    training = load_state(run / TRAINING_FILE)
    weights = training["weights"].values()
    return {
        "told": text,
        **{name: about.get(name) for name in TOLD},
        "n_parameters": sum(w.numel() for w in weights),
        "best_step": about["step"],
        "steps": training["step"],
        "hours": training["seconds"] / 3600,
        "validation": about["held_out_nll"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Ship one training, or tell of many."""
    parser = argparse.ArgumentParser(description=__doc__)
    words = parser.add_subparsers(dest="word", required=True)
    one = words.add_parser("ship", help="fill the folder that is shipped")
    one.add_argument("run", help="folder of the training")
    one.add_argument("out", help="folder to fill")
    many = words.add_parser("table", help="one row a training")
    many.add_argument("out", help="JSON file; rows of other trainings stay")
    many.add_argument("runs", nargs="+", help="TEXT=RUN of each training")
    parsed = parser.parse_args(arguments)
    if parsed.word == "ship":
        print(ship(parsed.run, parsed.out))
        return
    out = Path(parsed.out)
    rows = json.loads(out.read_text()) if out.is_file() else []
    new = [trial_row(named) for named in parsed.runs]
    told = {row["told"] for row in new}
    rows = [row for row in rows if row["told"] not in told] + new
    with atomic_file(out) as part:
        part.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
