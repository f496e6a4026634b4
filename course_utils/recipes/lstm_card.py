"""The model card of a shipped LSTM: what it is, and how well it does.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from types import MappingProxyType

CARD = """# LSTM, preset {preset}, {encoding} events, {data}

Composes bars that go on from a MIDI file: `course generate lstm --checkpoint
data/checkpoints/{folder} --primer IN.mid --out OUT.mid`. Chapters 40 and 41 of
the course train and play it.

- **Network:** {n_layers} layers of {width} units, {n_parameters:,} weights,
  {vocab_size} kinds of event; dropout keeps {keep_probability:g} of the units.
- **Data:** {data_about}
- **Split:** by piece; {n_train} to learn from, {n_validation} for validation
  (the best of all evaluations on them was kept), {n_test} for the test.
- **Training:** seed {seed}, {steps:,} steps of 64 x 128 events (the best was
  step {best_step:,}) in {hours:.2f} hours on one CPU thread, Adam with
  learning rate {learning_rate:g}, gradients cut at length 5, products in
  bfloat16, every piece in a random key each epoch{varied}. The weights are
  the running average of the training's.
- **Held-out figures** (`scores.json`), each event priced in nats, the first of
  a piece given:

| split | pieces | perplexity | nats per event | per sixteenth | per note |
|---|---|---|---|---|---|
{figures}

- **Curve** (`history.csv` has more), nats per event:

| step | training, one batch | validation |
|---|---|---|
{curve}

- **Copied?** The longest run of notes and steps that 8 new bars share with
  the training pieces, in any key: median {run_made:g} events, longest
  {run_made_most}; of the last 8 bars of the same {n_runs} held-out pieces:
  median {run_real:g}, longest {run_real_most}.
- **Limits:** one part, sixteenths only, no drums; it knows this kind of music.
- **Made by:** `{command}`, then `python -m
  course_utils.recipes.lstm_shipping`.
- **Licence:** weights under the licence of the code (MIT); the music: see
  above and `data/README.md`.
"""
ABOUT_DATA = MappingProxyType(
    {
        "chorales": (
            "Bach's four-voice chorales out of the corpus in the music21 "
            "package.\n  The music is in the public domain; the encodings "
            "are read where they lie."
        ),
        "pop909": (
            "POP909 (Wang et al., 2020), 909 pop songs arranged for piano, on "
            "its\n  annotated beats, each note as long as the pedal lets it "
            "sound. The data set is\n  under the MIT licence; the songs "
            "themselves are commercial, so this is for\n  study."
        ),
    }
)
VARIED = ", loudness and\n  tempo moved at random too"
BASELINE = "counts of pairs, with hold"
N_CURVE = 10  # rows


def model_card(scores: dict, curve: list[dict], folder: str) -> str:
    """Return the text of the model card.

    Parameters
    ----------
    scores : dict
        As `lstm_shipping.score` returns it.
    curve : list of dict
        Rows `step`, `nll`, `held_out_nll` of all evaluations.
    folder : str
        Name of the folder that is shipped.
    """
    runs = scores["runs"]
    data = scores["data"]
    best = min(curve, key=lambda row: row["held_out_nll"])
    return CARD.format(
        **scores,
        folder=folder,
        data_about=ABOUT_DATA.get(data, f"`{data}`."),
        n_train=scores["n_pieces"]["train"],
        n_validation=scores["n_pieces"]["validation"],
        n_test=scores["n_pieces"]["test"],
        best_step=best["step"],
        hours=scores["seconds"] / 3600,
        varied=VARIED if scores["encoding"] == "metrical" else "",
        figures="\n".join(_figures(scores)),
        curve="\n".join(_curve(curve)),
        run_made=runs["composed_median"],
        run_made_most=runs["composed_longest"],
        run_real=runs["real_median"],
        run_real_most=runs["real_longest"],
        n_runs=runs["n"],
        command=_command(scores, folder),
    )


def _figures(scores: dict) -> list[str]:
    """Return the rows of held-out figures, the baseline's last."""
    rows = []
    for split in ("validation", "test"):
        for name, found in (
            (split, scores[split]),
            (f"{split}, {BASELINE}", scores["baseline"].get(split)),
        ):
            if found:
                rows.append(
                    "| {name} | {n_pieces} | {perplexity:.3f} | {nll:.4f} | "
                    "{nll_per_step:.3f} | {nll_per_note:.3f} |".format(
                        name=name, **found
                    )
                )
    return rows


def _curve(curve: list[dict]) -> list[str]:
    """Return some rows of the curve, evenly spread, the last among them."""
    step = max(1, -(-len(curve) // N_CURVE))
    chosen = curve[::-1][::step][::-1]
    return [
        f"| {row['step']:,} | {row['nll']:.3f} | {row['held_out_nll']:.4f} |"
        for row in chosen
    ]


def _command(scores: dict, folder: str) -> str:
    """Return the command that makes the same training."""
    words = [
        "course train lstm --preset",
        scores["preset"],
        f"--data {scores['data']} --encoding {scores['encoding']}",
        f"--keep-probability {scores['keep_probability']:g}",
        f"--learning-rate {scores['learning_rate']:g}",
        f"--steps {scores['steps']} --seed {scores['seed']}",
        f"--out runs/{folder}",
    ]
    return " ".join(words)
