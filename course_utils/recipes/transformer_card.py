"""The model card of a shipped Transformer: what it is, how well it does.

Taught in: notebooks/51_transformer_training.ipynb
"""

from types import MappingProxyType

from course_utils.recipes import lstm_card

CARD = """# Transformer, {encoding} events, {data}

{purpose} Chapters 51 and 52 of the course train and play it.

- **Network:** {n_parameters:,} weights of 16 bits; {sizes}.
- **Data:** {data_about}
- **Split:** by piece; {n_train} to learn from ({n_train_events:,} events),
  {n_validation} for validation (the best of all evaluations on them was
  kept), {n_test} for the test.
- **Training:** seed {seed}, {steps:,} steps (the best was step
  {best_step:,}), {epochs:.0f} epochs, {hours:.1f} hours on one CPU thread;
  AdamW with warm-up and a cosine; {settings}. Every crop is varied: {varied}.
  The weights are the running average of the training's.
- **Held-out figures** (`scores.json`) of these very weights, in nats; whole
  pieces, nothing padded is counted, one model, no tricks at test time:

{figures}

- **Curve** (`history.csv` has more), nats:

| step | training, one batch, with dropout | validation |
|---|---|---|
{curve}

- **Limits:** {limits}
- **Made by:** `{command}`, then `python -m
  course_utils.recipes.transformer_shipping ship`.
- **Licence:** {licence}
"""
PURPOSE = MappingProxyType(
    {
        "chorale": (
            "Sings in four voices: harmonises a melody, or goes on with a "
            "chorale.\n`course generate music_transformer --mode harmonise "
            "--primer IN.mid --out OUT.mid`."
        ),
        "performance": (
            "Goes on with a piano performance.\n`course generate "
            "music_transformer --mode continue --primer IN.mid --out OUT.mid`."
        ),
        "metrical": (
            "Goes on with a score or a song that lies on the 16th grid.\n"
            "`course generate music_transformer --mode continue --primer "
            "IN.mid --out OUT.mid`."
        ),
    }
)
ABOUT_DATA = MappingProxyType(
    {
        "jsb": (
            "the JSB chorales with separated voices, 16th grid (Boulanger-"
            "Lewandowski\n  et al., 2012), with the split of the papers. The "
            "music is in the public domain."
        ),
        "chorales": (
            "Bach's four-voice chorales out of the corpus in the music21 "
            "package.\n  The music is in the public domain; the encodings "
            "are read where they lie."
        ),
        "maestro": (
            "a fraction of MAESTRO v3.0.0 (Hawthorne et al., 2019), with its "
            "own\n  split. The data set is under CC BY-NC-SA 4.0."
        ),
        "pop909": lstm_card.ABOUT_DATA["pop909"],
    }
)
VARIED = MappingProxyType(
    {
        "chorale": "any key that keeps the voices in range",
        "performance": "up to 3 semitones and 5 % of tempo either way",
        "metrical": "any key, and loudness and tempo at random too",
    }
)
LIMITS = MappingProxyType(
    {
        "chorale": (
            "four voices, sixteenths, the pitches of the chorales. The "
            "embedded\n  chorales have another split than JSB: about half "
            "of their test pieces are in\n  JSB's training part."
        ),
        "performance": "seconds, not beats; it knows this kind of music.",
        "metrical": "one part, sixteenths, no drums; this kind of music.",
    }
)
LICENCE = MappingProxyType(
    {
        "maestro": (
            "weights under CC BY-NC-SA 4.0, as the data they were made "
            "from:\n  for study, not for sale."
        ),
    }
)
USUAL_LICENCE = "weights under the licence of the code (MIT)."
N_CURVE = 10  # rows


def model_card(scores: dict, curve: list[dict], folder: str) -> str:
    """Return the text of the model card.

    Parameters
    ----------
    scores : dict
        As `transformer_shipping.score` returns it.
    curve : list of dict
        Rows `step`, `nll`, `held_out_nll` of all evaluations.
    folder : str
        Name of the folder that is shipped.
    """
    data, encoding = scores["data"], scores["encoding"]
    chorale = encoding == "chorale"
    pieces = scores["n_pieces"]
    return CARD.format(
        **{k: v for k, v in scores.items() if k not in ("sizes", "settings")},
        purpose=PURPOSE[encoding],
        sizes=_words(scores["config"]),
        settings=_words(scores["settings"]) or "the preset's settings",
        data_about=ABOUT_DATA.get(data, f"`{data}`."),
        n_train=pieces["train"],
        n_validation=pieces["validation"],
        n_test=pieces["test"],
        hours=scores["seconds"] / 3600,
        varied=VARIED[encoding],
        figures=_chorale_table(scores) if chorale else _event_table(scores),
        curve="\n".join(_curve(curve)),
        limits=LIMITS[encoding],
        command=_command(scores, folder),
        licence=LICENCE.get(data, USUAL_LICENCE),
    )


def _words(numbers: dict) -> str:
    """Return names and values in one line, such as `width 192`."""
    return ", ".join(
        f"{name} {value}" for name, value in numbers.items() if value != []
    )


def _chorale_table(scores: dict) -> str:
    """Return the held-out figures of a chorale network, and of counting."""
    rows = [
        "| split | pieces | nats a note | mean of pieces | soprano | alto | "
        "tenor | bass |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for split in ("validation", "test"):
        found = scores[split]
        voices = " | ".join(f"{v:.3f}" for v in found["nll_by_voice"].values())
        rows.append(
            f"| {split} | {found['n_pieces']} | {found['nll']:.4f} | "
            f"{found['nll_piece_mean']:.4f} | {voices} |"
        )
    rows += ["", "By counting alone, nats a note (validation, test):", ""]
    both = scores["baselines"]
    for model, nll in both["validation"].items():
        rows.append(f"- {model}: {nll:.3f}, {both['test'][model]:.3f}")
    return "\n".join(rows)


def _event_table(scores: dict) -> str:
    """Return the held-out figures of a network of events."""
    rows = [
        "| split | pieces | nats an event | mean of pieces | perplexity | "
        "nats a note |",
        "|---|---|---|---|---|---|",
    ]
    for split in ("validation", "test"):
        found = scores.get(split)
        if found:
            rows.append(
                "| {split} | {n_pieces} | {nll:.4f} | {nll_piece_mean:.4f} | "
                "{perplexity:.3f} | {nll_per_note:.3f} |".format(
                    split=split, **found
                )
            )
    return "\n".join(rows)


def _curve(curve: list[dict]) -> list[str]:
    """Return some rows of the curve, evenly spread, the last among them."""
    step = max(1, -(-len(curve) // N_CURVE))
    return [
        f"| {row['step']:,} | {row['nll']:.3f} | {row['held_out_nll']:.4f} |"
        for row in curve[::-1][::step][::-1]
    ]


def _command(scores: dict, folder: str) -> str:
    """Return the command that makes the same training."""
    return (
        f"course train music_transformer --preset {scores['preset']} "
        f"--data {scores['data']} --encoding {scores['encoding']} "
        f"--steps {scores['n_steps']} --seed {scores['seed']} "
        f"--out runs/{folder}"
    )
