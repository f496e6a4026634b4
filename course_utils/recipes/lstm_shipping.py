"""From a finished training of the LSTM to the folder that is shipped.

    python -m course_utils.recipes.lstm_shipping RUN OUT

RUN is the folder of a training (`course train lstm`). OUT gets
`model.safetensors`, its held-out figures beside a baseline's (`scores.json`),
a thinned `history.csv` and the model card `README.md`.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import check_folder
from course_utils.basics.files import atomic_file
from course_utils.data.corpora import Corpus
from course_utils.data.splits import SPLITS
from course_utils.evaluation.baselines import BigramWithHold
from course_utils.evaluation.likelihood import perplexity
from course_utils.evaluation.memorisation import longest_shared_runs
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.lstm import encode_splits, load_model
from course_utils.recipes.lstm_card import model_card
from course_utils.recipes.lstm_character import N_BARS, choose_primers
from course_utils.recipes.lstm_compose import generate
from course_utils.recipes.lstm_session import held_out_figures
from course_utils.recipes.runs import MODEL_FILE, TRAINING_FILE
from course_utils.recipes.shipped_history import ship_history
from course_utils.symbolic.encodings import encoding_of
from course_utils.symbolic.excerpt import bars_between
from course_utils.symbolic.polyphony import count_notes, sequence_to_events
from course_utils.training.checkpoint import load_state, save_state

N_RUNS = 20  # pieces whose new bars are looked up in the training pieces


def score(run: Path, seed: int = 0) -> dict[str, object]:
    """Return what a model card says of a training.

    Parameters
    ----------
    run : Path
        Folder of the training; its data set must be there.
    seed : int
        Of the new bars that are looked up.
    """
    model, about = load_model(run)
    training = load_state(run / TRAINING_FILE)
    encoding = encoding_of(about["encoding"])
    corpus = load_pieces(about["data"], about["data_preset"])
    splits = encode_splits(corpus, SPLITS, encoding.name)
    held_out = ("validation", "test")
    return {
        "preset": about["preset"],
        "data": about["data"],
        "encoding": encoding.name,
        "seed": about["seed"],
        "learning_rate": about["learning_rate"],
        **about["config"],
        "n_parameters": sum(w.numel() for w in model.parameters()),
        "steps": training["step"],
        "seconds": training["seconds"],
        "n_pieces": {split: len(corpus.of(split)) for split in SPLITS},
        "skipped": len(corpus.skipped),
        **{
            split: held_out_figures(model, splits[split], encoding)
            for split in held_out
        },
        "baseline": baseline(corpus),
        "runs": shared_runs(run, corpus, seed),
    }


def baseline(corpus: Corpus) -> dict[str, dict[str, float]]:
    """Return split -> figures of counting, on the 259 events."""
    splits = encode_splits(corpus)
    counts = BigramWithHold(splits["train"])
    spelling = encoding_of("polyphony")
    found = {}
    for split in ("validation", "test"):
        pieces = splits[split]
        nll = counts.nll(pieces)
        total = nll * sum(len(piece) - 1 for piece in pieces)
        n_steps = sum(spelling.count_steps(piece) for piece in pieces)
        n_notes = sum(map(count_notes, pieces))
        found[split] = {
            "nll": nll,
            "perplexity": perplexity(nll),
            "nll_per_step": total / n_steps,
            "nll_per_note": total / n_notes,
            "n_pieces": len(pieces),
        }
    return found


def shared_runs(run: Path, corpus: Corpus, seed: int) -> dict[str, float]:
    """Compare new bars with real ones: how long a run is in training too?

    All are written as the 259 events, so that loudness and bars, which an
    epoch changes at random, break no run.
    """
    learnt = [sequence_to_events(p.sequence) for p in corpus.of("train")]
    bars = []
    primers = choose_primers(corpus, N_RUNS)
    for piece in tqdm(primers, desc="composing"):
        new = generate(run, piece.sequence, N_BARS, seed=seed, n_takes=1)
        last = bars_between(piece.sequence, -N_BARS, N_BARS)
        bars += [sequence_to_events(part)[1:-1] for part in (new, last)]
    found = longest_shared_runs(bars, learnt)
    composed, real = found[::2], found[1::2]
    return {
        "n": len(primers),
        "composed_median": float(np.median(composed)),
        "composed_longest": max(composed),
        "real_median": float(np.median(real)),
        "real_longest": max(real),
    }


def ship(
    run: Path | str, out: Path | str, seed: int = 0, weights: bool = True
) -> Path:
    """Write everything that is shipped of one training.

    Parameters
    ----------
    run : Path or str
        Folder of the training.
    out : Path or str
        Folder to fill; files of the same names are replaced.
    seed : int
        See `score`.
    weights : bool
        False leaves out the weights and the card: an experiment to look at.

    Returns
    -------
    Path
        `out`.
    """
    run, out = check_folder(run, "a training"), Path(out)
    scores = score(run, seed)
    curve = ship_history(run / "history.csv", out / "history.csv")
    with atomic_file(out / "scores.json") as part:
        text = json.dumps(scores, indent=1, sort_keys=True)
        part.write_text(text + "\n", encoding="utf-8")
    if not weights:
        return out
    save_state(out / MODEL_FILE, load_state(run / MODEL_FILE))
    with atomic_file(out / "README.md") as part:
        card = model_card(scores, curve, out.name)
        part.write_text(card, encoding="utf-8")
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    """Ship one training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of the training")
    parser.add_argument("out", help="folder to fill")
    parser.add_argument(
        "--no-weights", action="store_true", help="history and scores only"
    )
    parsed = parser.parse_args(arguments)
    print(ship(parsed.run, parsed.out, weights=not parsed.no_weights))


if __name__ == "__main__":
    main()
